// octavo replay, of a recording: its decisions once more, and whether they are the same.
#pragma once

#include <string>

#include "src/core/result.hpp"

namespace octavo {

/// Answers the process's exit status: 0, or 1 when a decision differs. `bytes`: the file's.
Result<int> repeat_recording(const std::string& name, const std::string& bytes, bool json);

}  // namespace octavo
