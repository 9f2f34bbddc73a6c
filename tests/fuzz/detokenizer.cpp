// Tokens as a model makes them, one at a time: the deltas are the text of all of them together, and
// stop strings end it where they first become whole. Input: the tokenizer, two stop strings, then
// tokens of two bytes each.
#include <algorithm>
#include <vector>

#include "src/core/utf8.hpp"
#include "src/text/completion_text.hpp"
#include "tests/fuzz/tokenizers.hpp"

namespace octavo::fuzz {
namespace {

/// The text until the first stop string that becomes whole, byte by byte; of several that become
/// whole together the longest counts.
std::string until_stop(const std::string& text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::size_t longest = 0;
    for (const std::string& stop : stops) {
      if (!stop.empty() && std::string_view(text).substr(0, end).ends_with(stop))
        longest = std::max(longest, stop.size());
    }
    if (longest > 0) return text.substr(0, end - longest);
  }
  return text;
}

void check_deltas(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens, bool skips) {
  Detokenizer detokenizer(tokenizer, skips);
  std::string text;
  for (const TokenId token : tokens) {
    std::string delta;
    detokenizer.append(token, delta);
    expect(is_valid_utf8(delta), "a delta ends inside a character");
    text += delta;
  }
  detokenizer.finish(text);
  expect(text == tokenizer.decode(tokens, skips), "the deltas are another text");
}

void check_stops(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens,
                 const std::vector<std::string>& stops) {
  CompletionText whole(tokenizer, {}, 0);
  CompletionText stopped(tokenizer, stops, 0);
  std::string text;
  std::string shown;
  for (const TokenId token : tokens) {
    (void)whole.append(token, text);
    (void)stopped.append(token, shown);
  }
  (void)whole.finish(text);
  (void)stopped.finish(shown);
  expect(shown == until_stop(text, stops), "a text ends at another place than its stop string");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const Tokenizer& tokenizer = *fuzz::pick_tokenizer(input).tokenizer;
  std::vector<std::string> stops;
  for (int i = 0; i < 2; ++i) stops.emplace_back(input.take(input.pick(8)));
  std::vector<TokenId> tokens;
  while (!input.is_empty()) {
    const int high = input.byte();
    // A little beyond the vocabulary, and below it.
    tokens.push_back((high << 8 | input.byte()) % (tokenizer.vocab_size() + 8) - 4);
  }
  fuzz::check_deltas(tokenizer, tokens, false);
  fuzz::check_deltas(tokenizer, tokens, true);
  fuzz::check_stops(tokenizer, tokens, stops);
  return 0;
}
