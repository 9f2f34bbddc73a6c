// The body of a request for a response, as the Responses API has it: that of `response.create` over
// the WebSocket and that of POST /v1/responses are the same object.
#pragma once

#include <boost/json/object.hpp>

#include "protocol/standard_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/result.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// Errors: kInvalidValue, kUnsupportedParameter. The lane is the caller's to fill in, and over HTTP
/// `stream` to read.
[[nodiscard]] Result<ResponseCreate> parse_create(const boost::json::object& body,
                                                  Transport transport);

// These read what other endpoints take alike; faults stay in the reader.
/// `octavo` and `cache_salt`.
void read_extensions(JsonReader& fields, ResponseCreate& create);
void read_metadata(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
