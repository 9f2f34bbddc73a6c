// The small arrays that every step brings: written by the host into pinned memory, copied in one
// piece, in the order of the stream, to an address that stays the same from step to step, so that a
// recorded step finds them. Several pinned copies take turns, because the host writes the next
// while the device may not have read the last.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/step/host_copy.hpp"

namespace octavo::kernels::cuda {

class Upload {
 public:
  /// Room for `bytes`; grows when more is asked for.
  explicit Upload(std::size_t bytes) { grow(bytes); }

  /// Host memory for the next `send`; waits for the send three before. `moved` is set when the
  /// device's address has changed.
  std::byte* begin(std::size_t bytes, bool& moved);
  /// What brings the first `bytes` of it to the device; `mark_sent` must follow it.
  HostCopy copy(std::size_t bytes) const {
    return {device_.data(), slots_[next_].host.data(), bytes};
  }
  void mark_sent(cudaStream_t stream) { slots_[next_].sent.record(stream); }
  std::byte* device() const { return device_.data(); }

 private:
  struct Slot {
    Memory host;
    Event sent;
  };

  void grow(std::size_t bytes);

  std::array<Slot, 3> slots_;
  std::size_t next_ = 0;
  Memory device_;
};

/// Places arrays one after the other, each at a multiple of 16 bytes.
class Layout {
 public:
  template <class T>
  std::size_t add(std::int64_t count) {
    const std::size_t at = bytes_;
    bytes_ += host_copy_bytes<T>(count);
    return at;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace octavo::kernels::cuda
