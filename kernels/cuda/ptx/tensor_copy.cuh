// Hopper's copies of whole tiles into shared memory, and the barriers that count their bytes
// (sm_90). PTX ISA, "cp.async.bulk.tensor" and "mbarrier". Addresses are those of shared memory.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace octavo::kernels::cuda {

#if __CUDA_ARCH__ >= 900

__device__ __forceinline__ void init_barrier(std::uint32_t barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
/// Makes barriers that were just made known to the copies.
__device__ __forceinline__ void publish_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
/// Arrives, and says how many bytes are still to come.
__device__ __forceinline__ void expect_bytes(std::uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void arrive(std::uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
/// Until the phase of this parity is over.
__device__ __forceinline__ void wait_for_barrier(std::uint32_t barrier, std::uint32_t parity) {
  asm volatile(
      "{.reg .pred done;"
      "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;"
      "@!done bra again;}" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

/// A box of the tensor at (x, y, z, w), innermost first; counted at `barrier`. Beyond the tensor's
/// ends are zeros.
__device__ __forceinline__ void copy_box(std::uint32_t target, const CUtensorMap& tensor,
                                         std::uint32_t barrier, int x, int y, int z, int w,
                                         std::uint64_t policy) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%2, %3, %4, %5}], [%6], %7;" ::"r"(target),
      "l"(&tensor), "r"(x), "r"(y), "r"(z), "r"(w), "r"(barrier), "l"(policy)
      : "memory");
}
/// The same of a tensor of two dimensions, which is wanted again.
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
