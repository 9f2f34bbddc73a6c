// The small arrays of a step, between pinned host memory and the device. A kernel moves them, since
// a copy engine serves its queue in order: after the blocks of a sequence that comes back, a step's
// few bytes would wait for milliseconds, and the step with them.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace octavo::kernels::cuda {

/// Both ends at multiples of 16 bytes, with room for `bytes` rounded up to such.
struct HostCopy {
  void* to = nullptr;
  const void* from = nullptr;
  std::size_t bytes = 0;
};

inline constexpr std::size_t kMaxHostCopies = 5;

/// The room for `count` elements that a HostCopy asks for.
template <class T>
constexpr std::size_t host_copy_bytes(std::int64_t count) {
  return (static_cast<std::size_t>(count) * sizeof(T) + 15) / 16 * 16;
}

/// Enqueues `copies`, kMaxHostCopies at most, as one launch. The host's memory is read before the
/// kernels ahead in the stream have ended.
void copy_from_host(std::span<const HostCopy> copies, cudaStream_t stream);
/// The other way; the host may read it when an event that was recorded afterwards has happened.
void copy_to_host(const HostCopy& copy, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
