// Hopper's copies of whole boxes of a tensor into shared memory, asked for by one thread and
// counted by a barrier (barrier.cuh). PTX ISA: "cp.async.bulk.tensor". Addresses are those of
// shared memory; the tensor is described by the host (cuTensorMapEncodeTiled).
#pragma once

#include <cuda.h>

#include <cstdint>

namespace octavo::kernels::cuda {

#if __CUDA_ARCH__ >= 900

/// A box of a tensor of four dimensions at (x, y, z, w), innermost first; its bytes are counted at
/// `barrier`. Beyond the tensor's ends are zeros. `policy`: see cache_policy.cuh.
__device__ __forceinline__ void copy_box(std::uint32_t target, const CUtensorMap& tensor,
                                         std::uint32_t barrier, int x, int y, int z, int w,
                                         std::uint64_t policy) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%2, %3, %4, %5}], [%6], %7;" ::"r"(target),
      "l"(&tensor), "r"(x), "r"(y), "r"(z), "r"(w), "r"(barrier), "l"(policy)
      : "memory");
}
/// The same of a tensor of two dimensions, which the L2 cache should keep.
__device__ __forceinline__ void copy_box(std::uint32_t target, const CUtensorMap& tensor,
                                         std::uint32_t barrier, int x, int y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3}], [%4];" ::"r"(target),
      "l"(&tensor), "r"(x), "r"(y), "r"(barrier)
      : "memory");
}

#endif

}  // namespace octavo::kernels::cuda
