// Traces as tables: comma, tab or semicolon between the columns, a header that names them.
#pragma once

#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

/// Requests in the order of the rows; arrivals as written. Errors: kInvalidFile with the line.
[[nodiscard]] Result<Trace> parse_csv_trace(std::string_view text, const std::string& name);

}  // namespace octavo
