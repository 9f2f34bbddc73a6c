// The path of a request's target as it is meant: a client may write any character of a path as `%`
// and two digits (RFC 3986, section 2.1), and must do so with the slash in a model's name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace octavo {

/// target: in origin-form, as "/v1/models/acme%2Fdemo?x=1". Answers the path without its query,
/// each escape replaced by its byte; nothing where an escape is broken or stands for a NUL.
std::optional<std::string> decoded_path(std::string_view target);

/// Each escape replaced by its byte; nothing where one is broken or stands for a NUL.
std::optional<std::string> decoded(std::string_view text);

}  // namespace octavo
