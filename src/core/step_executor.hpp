// The place where a batch becomes tokens, as the ring sees it: the model on its device, or a fake
// one in a test.
#pragma once

#include "src/core/result.hpp"
#include "src/core/step.hpp"

namespace octavo {

class StepExecutor {
 public:
  virtual ~StepExecutor() = default;
  /// Runs one step to its end. Blocks the caller, who is the executor's own thread. Errors:
  /// kEngineError, kOutOfMemory.
  virtual Result<StepResult> execute(const StepBatch& batch) = 0;
};

}  // namespace octavo
