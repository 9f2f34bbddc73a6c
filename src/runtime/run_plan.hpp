// Decided before anything is taken: on which device a model will run, in which types, and how the
// memory is divided. `octavo inspect` shows it, loading follows it.
#pragma once

#include <optional>

#include "kernels/backend.hpp"
#include "src/core/result.hpp"
#include "src/runtime/memory_plan.hpp"
#include "src/runtime/model_executor.hpp"

namespace octavo {

struct RunPlan {
  std::optional<kernels::CudaDevice> gpu;  ///< None: the CPU.
  kernels::DType dtype = kernels::DType::kF32;
  kernels::DType kv_dtype = kernels::DType::kF32;
  StepLimits limits;
  MemoryPlan memory;
  std::int64_t num_blocks = 0;       ///< 0: the memory does not hold one.
  std::int64_t num_host_blocks = 0;  ///< Blocks in the second tier.
};

/// stored: the checkpoint's type. Errors: kInvalidValue for a device that is not there.
[[nodiscard]] Result<RunPlan> plan_run(const ExecutorOptions& options, const DecoderSpec& spec,
                                       kernels::DType stored);

/// The same on a device that has been chosen: this GPU, or the CPU.
RunPlan plan_run_on(std::optional<kernels::CudaDevice> gpu, const ExecutorOptions& options,
                    const DecoderSpec& spec, kernels::DType stored);

/// A hostile or oversized model is refused before it starts to fill memory that the system only
/// promised. Errors: kOutOfMemory; kInvalidValue when no block fits.
[[nodiscard]] Result<void> check_fits(const RunPlan& plan);

/// Errors: kInvalidValue for a type of keys and values that a GPU cannot take beside its
/// activations.
[[nodiscard]] Result<void> check_types(const RunPlan& plan);

/// Once weights and activations are there: as many blocks as what a GPU has really left. Errors:
/// kOutOfMemory when that is none.
[[nodiscard]] Result<void> fit_blocks(const ExecutorOptions& options,
                                      const kernels::DeviceMemory& memory, RunPlan& plan);

}  // namespace octavo
