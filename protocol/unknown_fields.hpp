// Members that a server does not know are ignored, for clients may be newer than it. Each is worth
// a line in the log, and no frame is worth more than a few.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/json_reader.hpp"

namespace octavo {

/// Adds the members that nobody has asked for, each once, with `path` before their names; at most
/// 16 names stay in the list.
void note_unknown(const JsonReader& reader, std::string_view path,
                  std::vector<std::string>& unknown_fields);

}  // namespace octavo
