// A device knows how long it was between two events, the host wants to know when: one event whose
// time is known anchors the others. CUDA counts in float milliseconds, so the anchor moves on
// before the difference becomes coarse.
#pragma once

#include <array>
#include <chrono>

#include "kernels/cuda/device/runtime.hpp"

namespace octavo::kernels::cuda {

class DeviceClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Waits for the stream.
  explicit DeviceClock(cudaStream_t stream) {
    anchors_[0].record(stream);
    anchors_[0].wait();
    time_ = std::chrono::steady_clock::now();
  }

  /// When an event happened that was recorded after the anchor's last move.
  TimePoint time_of(const Event& event) const { return time_ + since(anchors_[current_], event); }

  /// Now and then, between steps.
  void keep_up(cudaStream_t stream) {
    if (moves_ && anchors_[1 - current_].has_happened()) {
      time_ = time_of(anchors_[1 - current_]);
      current_ = 1 - current_;
      moves_ = false;
    }
    if (moves_ || std::chrono::steady_clock::now() - time_ < kSpan) return;
    anchors_[1 - current_].record(stream);
    moves_ = true;
  }

 private:
  /// Within which a float of milliseconds resolves a microsecond.
  static constexpr std::chrono::seconds kSpan{8};

  static std::chrono::nanoseconds since(const Event& from, const Event& to) {
    float milliseconds = 0.0F;
    OCTAVO_CUDA(cudaEventElapsedTime(&milliseconds, from, to));
    return std::chrono::nanoseconds(static_cast<std::int64_t>(double{milliseconds} * 1e6));
  }

  std::array<Event, 2> anchors_;
  std::size_t current_ = 0;
  bool moves_ = false;
  TimePoint time_{};
};

}  // namespace octavo::kernels::cuda
