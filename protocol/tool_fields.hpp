// Which functions a model may call, and whether it must: `tools`, `tool_choice` and
// `parallel_tool_calls`, which the Responses API and chat completions spell differently.
#pragma once

#include "src/core/json_reader.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

// Both fill `create`; faults stay in `fields`.
/// {type, name, description, parameters, strict}; what was asked is repeated in the answer.
void read_response_tools(JsonReader& fields, ResponseCreate& create);
/// {type, function: {name, description, parameters, strict}}.
void read_chat_tools(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
