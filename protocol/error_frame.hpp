// How a client learns that something is refused or has failed: as a frame of the WebSocket, or as
// the body of an HTTP answer. Whatever a message quotes, what goes out is UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/core/error.hpp"

namespace octavo {

/// The HTTP status and the `type` that belong to a code.
int http_status(Errc code);
std::string_view error_type(Errc code);
std::string_view error_type_of(int http_status);
/// Seconds after which the client should ask again, 1 or more, for errors that pass by themselves.
std::optional<std::int64_t> retry_after_of(const Error& error);

/// {"type":"error","status","stream_id"?,"error":{"type","code","message","param","headers"?}}.
/// stream_id: echoes the lane; empty for none. 429 and 503 carry a header `retry-after`.
std::string error_frame(const Error& error, std::string_view stream_id);

/// {"error":{"message","type","param","code"}}
std::string error_body(const Error& error);
std::string error_body(std::string_view message, std::string_view type, std::string_view code);

}  // namespace octavo
