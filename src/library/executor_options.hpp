// What a person says of how a model is to be loaded, checked and as the runtime and the scheduler
// take it.
#pragma once

#include "src/core/result.hpp"
#include "src/library/model_options.hpp"
#include "src/runtime/model_executor.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

/// The options as the runtime takes them, `model` as it stands. Errors: kInvalidValue, naming the
/// flag.
[[nodiscard]] Result<ExecutorOptions> executor_options(const ModelOptions& options);

/// The limits that the scheduler plans within. Errors: kInvalidValue when --max-model-len is larger
/// than the cache.
[[nodiscard]] Result<SchedulerConfig> scheduler_config(const ModelOptions& options,
                                                       const ModelInfo& info);

}  // namespace octavo
