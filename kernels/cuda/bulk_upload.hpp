// Host memory to the device at the speed of the link: several threads read, each into pinned
// buffers of its own whose copies run while it reads on.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/runtime.hpp"

namespace octavo::kernels::cuda {

class BulkUpload {
 public:
  explicit BulkUpload(int device) : device_(device) {}

  /// Copies and waits for that.
  void run(const void* host, void* device, std::size_t bytes);

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{8} << 20;
  static constexpr std::size_t kMaxThreads = 8;

  /// What one thread works with.
  struct Lane {
    std::array<Memory, 2> buffers;
    std::array<Event, 2> sent;
    std::size_t turn = 0;
    Stream stream;

    void copy(const std::byte* from, std::byte* to, std::size_t bytes);
  };

  int device_;
  std::array<Lane, kMaxThreads> lanes_;
};

}  // namespace octavo::kernels::cuda
