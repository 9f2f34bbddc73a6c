// Whoever finds the queue full wants to know when to come again. That depends on how fast prompts
// leave it, which is decided by whatever is short: computing them, the memory, or the places in the
// batch that long answers hold. So the rate is not derived but measured, at the end of the queue
// where they leave. Pure: it is given times and reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "src/core/request.hpp"

namespace octavo {

class QueueDrain {
 public:
  /// After each plan. num_tokens: of the prompts that have left the queue with it; is_waiting:
  /// others still wait. Only prompts that had to wait teach something.
  void observe(std::int64_t num_tokens, bool is_waiting, TimePoint now) {
    if (num_tokens > 0 && since_) {
      tokens_ = kMemory * tokens_ + static_cast<double>(num_tokens);
      time_ = kMemory * time_ + static_cast<double>((now - *since_).count());
    }
    if (!is_waiting)
      since_.reset();
    else if (num_tokens > 0 || !since_)
      since_ = now;
  }

  /// Until prompts of so many tokens have left; nothing while no rate is known.
  std::optional<std::chrono::nanoseconds> time_for(std::int64_t num_tokens) const {
    if (tokens_ <= 0 || time_ <= 0) return std::nullopt;
    const double nanoseconds = static_cast<double>(num_tokens) * time_ / tokens_;
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(nanoseconds < kLongest ? nanoseconds : kLongest));
  }

 private:
  static constexpr double kMemory = 0.9;    ///< What each departure leaves of those before.
  static constexpr double kLongest = 1e18;  ///< Some thirty years.

  std::optional<TimePoint> since_;  ///< When the last one left, or the first began to wait.
  double tokens_ = 0;
  double time_ = 0;  ///< Nanoseconds in which they left.
};

}  // namespace octavo
