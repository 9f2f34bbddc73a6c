// What a request wants its answer to be: `text.format` of the Responses API, `response_format` of
// chat completions and completions, and vLLM's `structured_outputs`.
#pragma once

#include "src/core/json_reader.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// format: the object that has a `type`; its members beside it for the Responses API, in
/// `json_schema` for the others. Fills create.format and answers the format as a response repeats
/// it; faults stay in the reader.
boost::json::object read_text_format(JsonReader& format, ResponseCreate& create);
void read_response_format(JsonReader& fields, ResponseCreate& create);
/// {json | json_object | regex | choice | grammar}, one of them.
void read_structured_outputs(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
