// octavo replay, of a recording: its decisions once more, and whether they are the same; or, with
// flags of its own, what its requests would have met otherwise.
#pragma once

#include <string>

#include "src/app/cli/flags/replay_flags.hpp"
#include "src/core/result.hpp"

namespace octavo {

/// Answers the process's exit status: 0, or 1 when a decision differs. `bytes`: the file's.
[[nodiscard]] Result<int> replay_recording(const ReplayOptions& options, const std::string& bytes);

}  // namespace octavo
