// Templates and lists of messages come from files that somebody named: read whole, within a limit.
#pragma once

#include <string>

#include "src/core/result.hpp"

namespace octavo {

/// A template, a list of messages and the like. Errors: kIo, for a folder too; kInvalidFile when it
/// is too large to be one.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace octavo
