// From a folder on disk to a model that runs: the one entry.
#pragma once

#include <memory>

#include "src/runtime/device_executor.hpp"

namespace octavo {

/// Reads config, generation config and weights (dummy weights need only config.json), takes all
/// memory. Errors: kIo, kInvalidFile, kUnsupportedModel, kInvalidValue for options out of range,
/// kOutOfMemory; `detail` names the file, key or option.
/// On one device, whatever `tensor_parallel_size` says.
[[nodiscard]] Result<std::unique_ptr<DeviceExecutor>> load_device_executor(
    const ExecutorOptions& options);

/// The same on as many devices as asked for. Errors: also kUnsupportedModel when its heads do not
/// divide among them.
[[nodiscard]] Result<std::unique_ptr<ModelExecutor>> load_executor(const ExecutorOptions& options);

}  // namespace octavo
