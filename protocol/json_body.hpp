// A body or a frame from a client is one JSON object, and nested no deeper than anybody needs.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

/// what: how the fault names the text, as "the body". Errors: kInvalidJson.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text,
                                                            std::string_view what);

}  // namespace octavo
