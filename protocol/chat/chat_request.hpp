// The body of POST /v1/chat/completions as values: the same `ResponseCreate` as every other
// endpoint makes, and what its encoder must know.
#pragma once

#include <boost/json/object.hpp>

#include "protocol/completion_fields.hpp"
#include "src/core/result.hpp"

namespace octavo {

struct ChatRequest {
  ResponseCreate create;
  AnswerOptions options;
};

/// Errors: kInvalidValue, kUnsupportedParameter.
[[nodiscard]] Result<ChatRequest> parse_chat_request(const boost::json::object& body);

/// `chat_template_kwargs`, `add_generation_prompt` and `continue_final_message`; faults stay in
/// `fields`.
void read_prompt_shape(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
