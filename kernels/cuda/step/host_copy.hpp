// The small arrays of a step, between pinned host memory and the device. A kernel moves them, since
// a copy engine serves its queue in order: behind the blocks of a sequence that comes back, a
// step's few bytes would wait for milliseconds, and the step with them.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <span>

namespace octavo::kernels::cuda {

/// Both ends at multiples of 16 bytes, with room for `bytes` rounded up to such.
struct HostCopy {
  void* to = nullptr;
  const void* from = nullptr;
  std::size_t bytes = 0;
};

inline constexpr std::size_t kMaxHostCopies = 4;

/// Enqueues `copies`, kMaxHostCopies at most, as one launch. What lies on the host is read before
/// the kernels ahead in the stream have ended.
void copy_from_host(std::span<const HostCopy> copies, cudaStream_t stream);
/// The other way; the host reads it when an event behind it has happened.
void copy_to_host(const HostCopy& copy, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
