// Copies from global into shared memory that pass no register and are waited for later, in groups:
// a thread begins some, commits them as one group, and waits until at most so many of its groups
// are still on their way. PTX ISA: "cp.async". Both addresses are multiples of the size; `shared`
// is an address in shared memory (`shared_address`).
//
// Pieces of 16 bytes pass by the L1 cache. Unless it is said otherwise, the L2 cache is asked to
// fetch the 128 bytes around a piece, since neighbours follow.
#pragma once

#include <cstdint>

namespace octavo::kernels::cuda {

__device__ __forceinline__ void copy_async_16(std::uint32_t shared, const void* global) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" ::"r"(shared), "l"(global)
               : "memory");
}
/// With a policy of the L2 cache, see cache_policy.cuh.
__device__ __forceinline__ void copy_async_16(std::uint32_t shared, const void* global,
                                              std::uint64_t policy) {
  asm volatile(
      "cp.async.cg.shared.global.L2::cache_hint.L2::128B [%0], [%1], 16, %2;" ::"r"(shared),
      "l"(global), "l"(policy)
      : "memory");
}
/// Zeros unless `is_inside`: then nothing is read, though `global` must be a valid address.
__device__ __forceinline__ void copy_async_16_or_zeros(std::uint32_t shared, const void* global,
                                                       bool is_inside, std::uint64_t policy) {
  asm volatile(
      "cp.async.cg.shared.global.L2::cache_hint.L2::128B [%0], [%1], 16, %2, %3;" ::"r"(shared),
      "l"(global), "r"(is_inside ? 16 : 0), "l"(policy)
      : "memory");
}
/// The same of what lies in the L2 cache already: nothing is fetched around it.
__device__ __forceinline__ void copy_async_16_or_zeros(std::uint32_t shared, const void* global,
                                                       bool is_inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global),
               "r"(is_inside ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void copy_async_4(std::uint32_t shared, const void* global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared), "l"(global) : "memory");
}

__device__ __forceinline__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Until at most kPending of this thread's groups, the latest ones, are still on their way.
template <int kPending>
__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

}  // namespace octavo::kernels::cuda
