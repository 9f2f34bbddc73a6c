// Threads that show each other how far they are without a barrier: what was written before a
// release is seen after the acquire that reads its value. PTX ISA: "Memory Consistency Model".
#pragma once

#include <cstdint>

#include "kernels/cuda/ptx/shared_memory.cuh"

namespace octavo::kernels::cuda {

/// Among the threads of a block, through shared memory.
__device__ __forceinline__ void release_in_block(std::int32_t* shared, std::int32_t value) {
  asm volatile("st.release.cta.shared.b32 [%0], %1;" ::"r"(shared_address(shared)), "r"(value)
               : "memory");
}
__device__ __forceinline__ std::int32_t acquire_in_block(const std::int32_t* shared) {
  std::int32_t value;
  asm volatile("ld.acquire.cta.shared.b32 %0, [%1];"
               : "=r"(value)
               : "r"(shared_address(shared))
               : "memory");
  return value;
}

/// Among all threads of the device, through global memory.
__device__ __forceinline__ void release_on_device(std::uint32_t* global, std::uint32_t value) {
  asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(global), "r"(value) : "memory");
}
__device__ __forceinline__ std::uint32_t acquire_on_device(const std::uint32_t* global) {
  std::uint32_t value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(global) : "memory");
  return value;
}

}  // namespace octavo::kernels::cuda
