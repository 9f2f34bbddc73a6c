#include "src/text/token_bound.hpp"

#include <algorithm>

#include "src/text/tokenizer_parts.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

std::size_t num_dark_bytes(std::string_view text) {
  std::size_t num = 0;
  while (!text.empty()) {
    const Utf8Unit unit = read_utf8(text);
    if (!is_white_space(unit.character)) num += unit.length;
    text.remove_prefix(unit.length);
  }
  return num;
}

}  // namespace

std::size_t TokenBound::min_tokens(std::string_view text) const {
  if (max_bytes == 0) return 0;
  const std::size_t num_bytes = skips_blanks ? num_dark_bytes(text) : text.size();
  return num_bytes / max_bytes + (num_bytes % max_bytes > 0 ? 1 : 0);
}

TokenBound token_bound_of(const TokenizerParts& parts) {
  const auto shrink = parts.normalizer.max_shrink();
  const auto longest = parts.bpe.max_piece_bytes();
  if (!shrink || !longest || parts.pre_tokenizer.removes_text()) return {};
  TokenBound bound{*longest * *shrink, parts.normalizer.strips_blanks()};
  for (const auto& [content, token] : parts.added_tokens) {
    const std::size_t normalized = parts.normalizer.apply(content).text.size() * *shrink;
    bound.max_bytes = std::max({bound.max_bytes, content.size(), normalized});
    bound.skips_blanks = bound.skips_blanks || token.lstrip || token.rstrip;
  }
  return bound;
}

}  // namespace octavo::text
