// A device meets the first step of a kind with work of its own: code is loaded, a library chooses
// among its ways to multiply, a recording is prepared. Together that is a good part of a second,
// which the first requests would wait for: made-up steps of growing size take it beforehand.
#pragma once

#include "src/runtime/model_executor.hpp"

namespace octavo {

/// Runs prompts of growing length and batches of growing number, as far as the executor's limits
/// go, and forgets them; the cache's blocks hold nonsense afterwards. Before the executor's first
/// step. Errors: the step's.
[[nodiscard]] Result<void> warm_up(ModelExecutor& executor, std::int64_t max_num_seqs);

}  // namespace octavo
