// Words that an answer must not hold: before each draw the tokens that would complete one of them
// are taken out, beside whatever else holds the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/core/result.hpp"
#include "src/core/token_constraint.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

/// inner: what else holds the answer; null: nothing. A word is its tokens, at the beginning of a
/// text and after a blank, as vLLM has it. Errors: kInvalidValue for a word without tokens.
[[nodiscard]] Result<std::shared_ptr<const TokenConstraint>> without_words(
    const Tokenizer& tokenizer, const std::vector<std::string>& words,
    std::shared_ptr<const TokenConstraint> inner);

}  // namespace octavo
