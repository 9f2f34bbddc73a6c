// Host memory to the device at the speed of the link: several threads read, each into pinned
// buffers of its own, whose copies run while it reads on.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "kernels/cuda/device/runtime.hpp"
#include "kernels/host/thread_pool.hpp"

namespace octavo::kernels::cuda {

class BulkUpload {
 public:
  explicit BulkUpload(int device);
  /// Waits for its copies.
  ~BulkUpload();
  BulkUpload(const BulkUpload&) = delete;
  BulkUpload& operator=(const BulkUpload&) = delete;

  /// Returns when `host` has been read; what is on `device` may come later.
  void send(const void* host, void* device, std::size_t bytes);
  /// What `stream` does from now on comes after all that was sent.
  void join(cudaStream_t stream);

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
  static constexpr std::size_t kBuffersPerLane = 2;

  /// What one thread works with.
  struct Lane {
    std::array<Event, kBuffersPerLane> sent;
    std::size_t turn = 0;
    Stream stream;
  };

  int device_;
  ThreadPool pool_;
  std::vector<Lane> lanes_;
  Memory buffers_;  ///< [lanes][kBuffersPerLane][kChunkBytes]; empty: none was to be had.
};

}  // namespace octavo::kernels::cuda
