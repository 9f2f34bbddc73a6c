// What the scheduler knows of one token stream and of the group it belongs to. The scheduler is its
// only writer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/core/request.hpp"

namespace octavo {

enum class SequenceStatus : std::uint8_t { kWaiting, kRunning, kPreempted, kFinished };

/// The sequences of one request, and the times and counts that its end reports.
struct SequenceGroup {
  RequestId id;
  std::vector<SequenceId> sequences;  ///< Those that have not finished.
  std::vector<TokenId> stop_token_ids;
  TimePoint arrival;
  std::optional<TimePoint> deadline;
  std::optional<TimePoint> first_scheduled;
  std::optional<TimePoint> first_token;
  TimePoint last_token;
  Usage usage;
  std::int32_t num_preemptions = 0;
};

struct Sequence {
  SequenceId id;
  SequenceGroup* group = nullptr;
  std::int32_t choice = 0;
  SequenceStatus status = SequenceStatus::kWaiting;
  std::vector<TokenId> tokens;  ///< Prompt, then completion.
  std::int32_t num_prompt_tokens = 0;
  std::int32_t num_planned_tokens =
      0;  ///< Positions whose keys and values are computed or in flight.
  std::int32_t num_samples_in_flight = 0;
  std::int32_t num_steps_in_flight = 0;
  std::int32_t num_blocks = 0;  ///< Blocks that the plans so far gave it.
  SamplingParams sampling;      ///< With seed and max_tokens set.

  std::int32_t num_tokens() const { return static_cast<std::int32_t>(tokens.size()); }
  std::int32_t num_completion_tokens() const { return num_tokens() - num_prompt_tokens; }
  /// Tokens once the steps in flight have returned.
  std::int32_t num_expected_tokens() const { return num_tokens() + num_samples_in_flight; }
  /// Positions that could be computed next; 0 when the completion already has all its tokens in
  /// flight.
  std::int32_t num_schedulable() const {
    if (num_expected_tokens() - num_prompt_tokens >= sampling.max_tokens) return 0;
    return num_expected_tokens() - num_planned_tokens;
  }
  bool is_decoding() const {
    return num_schedulable() == 1 && num_planned_tokens >= num_prompt_tokens;
  }
};

}  // namespace octavo
