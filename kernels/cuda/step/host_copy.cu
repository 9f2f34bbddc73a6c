#include "kernels/cuda/step/host_copy.hpp"

#include <algorithm>

#include "kernels/cuda/device/launch.cuh"

namespace octavo::kernels::cuda {
namespace {

constexpr unsigned kThreads = 128;

struct HostCopies {
  HostCopy parts[kMaxHostCopies];
};

/// A thread has 16 bytes, a row of the grid a part.
template <bool kFromHost>
__global__ void __launch_bounds__(kThreads) copy_parts(const HostCopies copies) {
  let_next_start();
  const HostCopy& part = copies.parts[blockIdx.y];
  const std::size_t at = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x;
  const bool is_inside = at * sizeof(uint4) < part.bytes;
  const auto* from = static_cast<const uint4*>(part.from) + at;
  uint4 piece{};
  if (kFromHost && is_inside) piece = __ldcv(from);
  wait_for_inputs();
  if (!is_inside) return;
  if (!kFromHost) piece = *from;
  static_cast<uint4*>(part.to)[at] = piece;
}

template <bool kFromHost>
void start(std::span<const HostCopy> copies, cudaStream_t stream) {
  HostCopies parts;
  unsigned count = 0;
  std::size_t longest = 0;
  for (const HostCopy& copy : copies) {
    if (copy.bytes == 0) continue;
    parts.parts[count++] = copy;
    longest = std::max(longest, copy.bytes);
  }
  if (count == 0) return;
  const std::size_t blocks = (longest + kThreads * sizeof(uint4) - 1) / (kThreads * sizeof(uint4));
  launch(copy_parts<kFromHost>, dim3(static_cast<unsigned>(blocks), count), kThreads, 0, stream,
         parts);
}

}  // namespace

void copy_from_host(std::span<const HostCopy> copies, cudaStream_t stream) {
  start<true>(copies, stream);
}

void copy_to_host(const HostCopy& copy, cudaStream_t stream) { start<false>({&copy, 1}, stream); }

}  // namespace octavo::kernels::cuda
