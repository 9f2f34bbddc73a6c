// The answers of POST /v1/completions: chunks as server-sent events, or one `text_completion`. The
// choices of all prompts stand in one list: those of prompt i begin at i times `n`.
#pragma once

#include <memory>

#include "protocol/completions/completion_request.hpp"
#include "protocol/http_answer.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

/// model: its tokenizer gives a prompt of token ids back as text; outlives the answer.
std::unique_ptr<HttpAnswer> make_completion_answer(const CompletionOptions& options,
                                                   const ServedModel& model);

}  // namespace octavo
