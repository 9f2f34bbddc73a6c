#include "src/grammar/continuation_tokens.hpp"

#include <string>
#include <utility>

namespace octavo {
namespace {

constexpr std::size_t kMaxBytes = 1024;  ///< Of a text that is looked at.

/// What stands before a text so that a tokenizer's own blank comes before that: it joins with
/// nothing but other breaks of the line.
constexpr std::string_view kLineBreak = "\n";

struct Cut {
  std::vector<TokenId> tokens;
  std::size_t num_bytes = 0;  ///< That they stand for.
};

// The tokens of the text where it stands after `before`, as long as they stand for its bytes.
Cut cut_after(std::string_view before, std::string_view text, const Tokenizer& tokenizer,
              std::int32_t vocab_size) {
  const TextSpan span{std::string(before) + std::string(text), false};
  const auto encoded = tokenizer.encode(std::span(&span, 1), false);
  if (!encoded) return {};  // Its expressions give this text up.
  auto token = encoded->begin();
  while (!before.empty() && token != encoded->end()) {
    if (tokenizer.token_bytes(*token++).ends_with(before)) break;
  }
  Cut cut;
  for (; token != encoded->end(); ++token) {
    const std::string_view bytes = tokenizer.token_bytes(*token);
    const bool is_text = *token < vocab_size && !tokenizer.is_special(*token);
    if (!is_text || bytes.empty() || !text.substr(cut.num_bytes).starts_with(bytes)) break;
    cut.num_bytes += bytes.size();
    cut.tokens.push_back(*token);
  }
  return cut;
}

}  // namespace

std::vector<TokenId> continuation_tokens(const Tokenizer& tokenizer, std::int32_t vocab_size,
                                         std::string_view text) {
  text = text.substr(0, kMaxBytes);
  Cut best = cut_after("", text, tokenizer, vocab_size);
  if (best.num_bytes < text.size()) {
    Cut after_break = cut_after(kLineBreak, text, tokenizer, vocab_size);
    if (after_break.num_bytes > best.num_bytes) best = std::move(after_break);
  }
  if (!best.tokens.empty()) best.tokens.pop_back();
  return best.tokens;
}

}  // namespace octavo
