// Traces as JSON: an object a line, with hashes of the prompt's spans where the publisher has them,
// or one object with lists of lengths.
#pragma once

#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

/// Requests in the order of the rows; arrivals as written. Errors: kInvalidFile with the line.
[[nodiscard]] Result<Trace> parse_json_trace(std::string_view text, const std::string& name);

}  // namespace octavo
