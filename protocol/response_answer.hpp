// The answers of POST /v1/responses: the events of the WebSocket as server-sent events, or the
// `response` alone at its end.
#pragma once

#include <memory>

#include "protocol/http_answer.hpp"

namespace octavo {

std::unique_ptr<HttpAnswer> make_response_answer(bool is_stream);

/// An event as the Responses API names it: `event: TYPE`, `data: JSON`, an empty line. json: begins
/// with its `type`.
std::string sse_event(std::string_view json);

}  // namespace octavo
