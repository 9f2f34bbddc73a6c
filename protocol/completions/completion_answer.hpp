// The answers of POST /v1/completions: chunks as server-sent events, or one `text_completion`. The
// choices of all prompts stand in one list: those of prompt i begin at i times `n`.
#pragma once

#include <memory>

#include "protocol/completions/completion_request.hpp"
#include "protocol/http_answer.hpp"

namespace octavo {

std::unique_ptr<HttpAnswer> make_completion_answer(const CompletionOptions& options);

}  // namespace octavo
