// Kernels that begin while the one before them drains (sm_90; elsewhere nothing happens and
// launches follow each other as ever). PTX ISA: "griddepcontrol". The rule for kernels stands in
// device/launch.cuh.
#pragma once

namespace octavo::kernels::cuda {

/// Until the kernels ahead in the stream have ended and what they wrote is seen.
__device__ inline void wait_for_inputs() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// The next kernel in the stream may begin as soon as all blocks have come here or ended.
__device__ inline void let_next_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

}  // namespace octavo::kernels::cuda
