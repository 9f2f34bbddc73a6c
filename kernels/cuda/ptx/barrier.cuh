// Barriers beside __syncthreads(): of some of a block's warps, and those in shared memory that
// count arrivals and bytes of copies (sm_90). PTX ISA: "bar.sync", "mbarrier". A barrier in shared
// memory is named by its address there.
#pragma once

#include <cstdint>

namespace octavo::kernels::cuda {

/// The barrier `kBarrier` (1 to 15) of `kThreads` threads of the block, whole warps.
template <int kBarrier, int kThreads>
__device__ __forceinline__ void sync_threads_at() {
  asm volatile("bar.sync %0, %1;" ::"n"(kBarrier), "n"(kThreads) : "memory");
}
/// The same where only the device knows which barrier.
template <int kThreads>
__device__ __forceinline__ void sync_threads_at(int barrier) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "n"(kThreads) : "memory");
}

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
/// Until the phase of this parity is over: phases take turns, the first has parity 0.
__device__ __forceinline__ void wait_for_barrier(std::uint32_t barrier, std::uint32_t parity) {
  asm volatile(
      "{.reg .pred done;"
      "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;"
      "@!done bra again;}" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

#endif

}  // namespace octavo::kernels::cuda
