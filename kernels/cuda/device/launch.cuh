// How every kernel here is started: it may begin while the one before it drains, so each waits, on
// the device, before it touches what another kernel wrote. The rule for a kernel: every thread that
// works calls `wait_for_inputs()` before it reads anything but weights (decode attention: see
// attention.hpp) and before it writes; `let_next_start()` comes as early as the next one's prologue
// is worth overlapping. (Programmatic dependent launch: CUDA C++ Programming Guide.)
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/device_limits.hpp"

namespace octavo::kernels::cuda {

__device__ inline void wait_for_inputs() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

__device__ inline void let_next_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

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
