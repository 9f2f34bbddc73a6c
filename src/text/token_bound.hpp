// Tokenizing a text takes far longer than counting its bytes. This says from the bytes alone how
// many tokens a text has at least, so that what can never fit is refused before the work is done.
#pragma once

#include <cstddef>
#include <string_view>

namespace octavo::text {

struct TokenizerParts;

struct TokenBound {
  std::size_t max_bytes = 0;  ///< The longest text of one token. 0: without a bound.
  bool skips_blanks = false;  ///< White space may vanish beside a token, so it counts for nothing.

  /// Never more than the tokens that encoding gives; 0 when nothing is known. O(bytes).
  std::size_t min_tokens(std::string_view text) const;
};

/// There is no bound when a part of the tokenizer may drop any amount of text: a normalizer that
/// deletes, a split whose matches are removed, characters that the vocabulary lacks.
TokenBound token_bound_of(const TokenizerParts& parts);

}  // namespace octavo::text
