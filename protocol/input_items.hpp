// The `input` of a response as chat messages: a string is one user message; a list holds messages
// whose content is a string or a list of text parts.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "src/core/result.hpp"

namespace octavo {

/// [{"role", "content"}, ...] with plain string contents; `developer` becomes `system`. Errors:
/// kInvalidValue for a wrong shape, kUnsupportedParameter for items and parts that are not text.
[[nodiscard]] Result<boost::json::array> messages_of(const boost::json::value& input);

}  // namespace octavo
