// octavo replay: a request trace through the real scheduler and cache, by paging and by the
// reservations that paging replaced; and a server's recording, as it was or as it would have been.
#pragma once

#include "src/app/cli/flags/replay_flags.hpp"
#include "src/core/result.hpp"

namespace octavo {

[[nodiscard]] Result<int> replay_trace(const ReplayOptions& options);

}  // namespace octavo
