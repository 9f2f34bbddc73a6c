// A schema says more than a mask can hold a model to, and what is not held would be promised all
// the same. This finds every keyword of JSON Schema 2020-12 that the masks would ignore, where it
// stands, so that the request is refused by name.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

/// param: the member of the request that has the schema, for errors. Errors: kInvalidValue for what
/// is no schema; kUnsupportedParameter for keywords, and combinations of keywords, that are not
/// enforced. Annotations (title, description, default, examples and their like) are always fine.
[[nodiscard]] Result<void> check_schema(const boost::json::value& schema, std::string_view param);

}  // namespace octavo
