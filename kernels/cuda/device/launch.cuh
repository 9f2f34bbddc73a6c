// How every kernel here is started: it may begin while the one before it drains, so each waits, on
// the device, before it touches what another kernel wrote. The rule for a kernel: every thread that
// works calls `wait_for_inputs()` before it reads anything but weights and before it writes;
// `let_next_start()` comes as early as the next one's prologue is worth overlapping. Decode
// attention may read more, see `attention` in attention/attention.hpp. (Programmatic dependent
// launch: CUDA C++ Programming Guide.)
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/ptx/dependent_launch.cuh"

namespace octavo::kernels::cuda {

/// Enqueues kernel<<<grid, block, shared_bytes, stream>>>(args...), overlapping its start with the
/// end of the kernel before it.
template <class... Params, class... Args>
void launch(void (*kernel)(Params...), dim3 grid, dim3 block, std::size_t shared_bytes,
            cudaStream_t stream, Args&&... args) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  config.attrs = &attribute;
  config.numAttrs = has_dependent_launch() ? 1 : 0;
  OCTAVO_CUDA(cudaLaunchKernelEx(&config, kernel, static_cast<Params>(args)...));
}

}  // namespace octavo::kernels::cuda
