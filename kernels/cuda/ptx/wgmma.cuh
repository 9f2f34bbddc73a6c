// Hopper's matrix instructions of four warps together (sm_90a): descriptors of tiles in shared
// memory, and the order of products and copies. Descriptors and layouts: PTX ISA, "Asynchronous
// warpgroup level matrix instructions". Tiles lie in columns of 64 elements, each [rows][64] with
// the 128-byte swizzle.
#pragma once

#include <cstdint>

namespace octavo::kernels::cuda {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

/// `shared`: an address in shared memory. `next_column`: bytes from one column of 64 to the next,
/// where the operand runs across columns.
__device__ __forceinline__ std::uint64_t tile_descriptor(std::uint32_t shared, int next_column) {
  constexpr std::uint64_t kNextRows = 1024;  // eight rows of 128 bytes
  return (shared & 0x3ffffU) >> 4 | static_cast<std::uint64_t>(next_column >> 4) << 16 |
         kNextRows >> 4 << 32 | std::uint64_t{1} << 62;
}

__device__ __forceinline__ void begin_products() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ __forceinline__ void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Until all but the last kPending groups of products are done.
template <int kPending>
__device__ __forceinline__ void wait_for_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}
/// Makes this thread's finished copies visible to the matrix unit, once a barrier follows.
__device__ __forceinline__ void publish_copies() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

#endif

}  // namespace octavo::kernels::cuda
