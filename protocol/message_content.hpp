// What a message says, as every endpoint has it: one string, or a list of parts of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/json_reader.hpp"

namespace octavo {

/// Reads the member `name` of a message: the text of all its parts. where: how faults of parts
/// name it, as "input[2].content"; they are kept by `root`. unknown_fields: null where nobody wants
/// to know.
std::string read_content(JsonReader& message, JsonReader& root, const std::string& where,
                         std::vector<std::string>* unknown_fields,
                         std::string_view name = "content");

}  // namespace octavo
