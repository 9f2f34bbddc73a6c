// What things cost, learnt from the steps that have been: how many tokens a step can take within a
// time, so that a long prompt does not stall the streams that run; how long the prompts that wait
// will take; and whether it is cheaper to move a sequence's blocks to the host and back or to
// compute them again. Pure: it is given what steps cost and reads no clock.
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
    learn(static_cast<double>(elapsed.count()) / num_tokens, token_);
  }

  /// num_blocks were copied between the tiers, one way, in `elapsed`.
  void observe_transfer(std::int32_t num_blocks, std::chrono::nanoseconds elapsed) {
    if (num_blocks > 0 && elapsed.count() > 0)
      learn(static_cast<double>(elapsed.count()) / num_blocks, block_);
  }

  /// A prompt of num_prompt tokens began with num_cached that the prefix cache had.
  void observe_prompt(std::int32_t num_cached, std::int32_t num_prompt) {
    hit_share_ += 0.05 * (static_cast<double>(num_cached) / num_prompt - hit_share_);
  }

  /// Tokens that fit `time`, at least kSmallestChunk so that a prefill always moves.
  std::int32_t tokens_within(std::chrono::nanoseconds time) const {
    if (token_ == 0) return kFirstGuess;
    const double fitting = static_cast<double>(time.count()) / token_;
    return static_cast<std::int32_t>(std::clamp(fitting, double{kSmallestChunk}, 1e6));
  }

  /// Time to compute so many tokens of prompts, as far as they will not be found in the prefix
  /// cache; zero while nothing has been learnt.
  std::chrono::nanoseconds prefill_time(std::int64_t num_tokens) const {
    const auto num_to_compute =
        static_cast<std::int64_t>(static_cast<double>(num_tokens) * (1.0 - hit_share_));
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(token_ * static_cast<double>(num_to_compute)));
  }
  /// Moving num_blocks out and back in, against computing num_tokens again. Untried, moving wins:
  /// that is how its rate becomes known.
  bool swaps_faster(std::int32_t num_blocks, std::int32_t num_tokens) const {
    if (token_ == 0 || block_ == 0) return true;
    return 2.0 * block_ * num_blocks < token_ * num_tokens;
  }

 private:
  static constexpr std::int32_t kSmallestLesson = 24;
  static constexpr std::int32_t kFirstGuess = 64;
  static void learn(double sample, double& estimate) {
    estimate = estimate == 0 ? sample : 0.75 * estimate + 0.25 * sample;
  }

  // Nanoseconds; 0: nothing learnt yet.
  double token_ = 0;        ///< A token of a large step.
  double block_ = 0;        ///< A block copied one way.
  double hit_share_ = 0.0;  ///< Part of the prompt tokens of late that the prefix cache had.
};

}  // namespace octavo
