// What a client sends is JSON, nested no deeper than anybody needs: a frame of the WebSocket and a
// body over HTTP alike.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

/// what: how the fault names the text, as "the body". Errors: kInvalidJson.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text, std::string_view what);
/// The same for a text that must be one object.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text,
                                                            std::string_view what);

}  // namespace octavo
