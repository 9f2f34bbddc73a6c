// The answers of POST /v1/completions: chunks as server-sent events, or one `text_completion`. The
// choices of all prompts stand in one list: those of prompt i begin at i times `n`.
#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <memory>
#include <vector>

#include "protocol/completions/completion_request.hpp"
#include "protocol/http_answer.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

/// tokenizer: gives a prompt of token ids back as text; outlives the answer, null without one.
std::unique_ptr<HttpAnswer> make_completion_answer(const CompletionOptions& options,
                                                   const Tokenizer* tokenizer);

}  // namespace octavo
