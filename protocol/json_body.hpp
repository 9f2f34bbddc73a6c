// What a client sends is JSON, nested no deeper than anybody needs: a frame of the WebSocket and a
// body over HTTP alike.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

inline constexpr std::size_t kMaxJsonDepth = 32;

/// what: how the fault names the text, as "the body". max_depth: arrays and objects within one
/// another. A name that stands twice in one object is a fault, because others on the way might go
/// by the other of the two. Errors: kInvalidJson.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text, std::string_view what,
                                                    std::size_t max_depth = kMaxJsonDepth);
/// The same for a text that must be one object.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text,
                                                            std::string_view what,
                                                            std::size_t max_depth = kMaxJsonDepth);

}  // namespace octavo
