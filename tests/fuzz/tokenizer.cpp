// Any text through tokenizers of several kinds, and back. The first byte chooses the tokenizer, the
// second where the text is cut into a trusted and an untrusted part.
#include <algorithm>
#include <array>
#include <span>

#include "src/core/utf8.hpp"
#include "src/text/tokenizer.hpp"
#include "tests/fuzz/tokenizers.hpp"

namespace octavo::fuzz {
namespace {

/// Each hand's text is made whole by itself.
std::string joined(std::span<const TextSpan> spans) {
  std::string text;
  for (const TextSpan& span : spans) text += replace_broken_utf8(span.text);
  return text;
}

void check(const NamedTokenizer& named, std::span<const TextSpan> spans) {
  const Tokenizer& tokenizer = *named.tokenizer;
  const auto tokens = tokenizer.encode(spans, false);
  if (!tokens) return;  // Its own expressions took too long.
  const std::string text = joined(spans);
  for (const TokenId token : *tokens) expect(tokenizer.has_token(token), "an id that is no token");
  expect(tokenizer.min_tokens(text) <= tokens->size(), "fewer tokens than the bound promises");
  if (named.is_lossless)
    expect(tokenizer.decode(*tokens, false) == text, "a text did not come back");
  const std::size_t limit = tokens->size() / 2;
  const auto cut = tokenizer.encode(spans, false, limit);
  expect(cut && (cut->size() > limit || *cut == *tokens), "a limit changed a text that fits");
  const bool is_untrusted = std::ranges::none_of(spans, &TextSpan::trusted);
  for (const TokenId token : *tokens)
    expect(!is_untrusted || !tokenizer.is_special(token), "a user wrote a control token");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const fuzz::NamedTokenizer& named = fuzz::pick_tokenizer(input);
  const std::size_t cut = input.byte();
  const std::string trusted(input.take(cut % 64));
  const std::string untrusted(input.rest());
  const std::array<TextSpan, 2> both{TextSpan{trusted, true}, TextSpan{untrusted, false}};
  fuzz::check(named, both);
  fuzz::check(named, std::span(both).subspan(1));
  return 0;
}
