// What the L2 cache should do with what is read. PTX ISA: "createpolicy".
#pragma once

#include <cstdint>

namespace octavo::kernels::cuda {

/// For what is read once (weights, keys and values): it leaves the cache before all else does.
__device__ __forceinline__ std::uint64_t evict_first_policy() {
  std::uint64_t policy;
  asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}

}  // namespace octavo::kernels::cuda
