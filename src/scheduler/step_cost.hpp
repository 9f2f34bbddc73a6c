// A long prompt must not stall the streams that run: how many tokens a step can take within a time,
// learnt from the steps that have been. Pure: it is told what steps cost, it reads no clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace octavo {

class StepCost {
 public:
  static constexpr std::int32_t kSmallestChunk = 16;

  /// A step of num_tokens took `elapsed`. Small steps are bound by the weights, not by their
  /// tokens, and teach nothing.
  void observe(std::int32_t num_tokens, std::chrono::nanoseconds elapsed) {
    if (num_tokens < kSmallestLesson || elapsed.count() <= 0) return;
    const double per_token = static_cast<double>(elapsed.count()) / num_tokens;
    nanoseconds_per_token_ =
        nanoseconds_per_token_ == 0 ? per_token : 0.75 * nanoseconds_per_token_ + 0.25 * per_token;
  }

  /// Tokens that fit `time`, at least kSmallestChunk so that a prefill always moves.
  std::int32_t tokens_within(std::chrono::nanoseconds time) const {
    if (nanoseconds_per_token_ == 0) return kFirstGuess;
    const double fitting = static_cast<double>(time.count()) / nanoseconds_per_token_;
    return static_cast<std::int32_t>(std::clamp(fitting, double{kSmallestChunk}, 1e6));
  }

 private:
  static constexpr std::int32_t kSmallestLesson = 24;
  static constexpr std::int32_t kFirstGuess = 64;
  double nanoseconds_per_token_ = 0;  // 0: nothing learnt yet
};

}  // namespace octavo
