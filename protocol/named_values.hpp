// Members whose value is one of a standard's names, of which this server knows all and can do some:
// a name that is none is a bad value, one that cannot be done is refused as such.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/core/json_reader.hpp"

namespace octavo {

using Names = std::span<const std::string_view>;

bool is_among(Names names, std::string_view name);
/// The names in backticks, with commas between them.
std::string list_of(Names names);
/// A member that is one of `known`, of which this server can do `done`. Nothing when it is absent
/// or faulty.
std::optional<std::string> read_name(JsonReader& fields, std::string_view name, Names known,
                                     Names done);
/// A member that this server cannot do, whatever it says; the type is checked all the same.
void refuse(JsonReader& fields, std::string_view name, bool is_right_type,
            std::string_view expected);

}  // namespace octavo
