// What a recorded run was like, counted while it is repeated.
#pragma once

#include <cstdint>

#include "src/recording/recording_replay.hpp"

namespace octavo {

class RecordingCounts final : public RecordingListener {
 public:
  void submitted(const RecordedSubmission& submission) override;
  void planned(const StepPlan& plan, TimePoint now) override;
  void executed(const StepBatch& batch, const StepResult& result, TimePoint now,
                std::int64_t num_waiting) override;
  void told(const RequestEvent& event, TimePoint now) override;

  std::int64_t num_requests = 0;   ///< Submitted.
  std::int64_t num_finished = 0;   ///< To their end.
  std::int64_t num_cancelled = 0;  ///< Steered and late ones included.
  std::int64_t num_failed = 0;
  std::int64_t num_rejected = 0;
  std::int64_t num_prompt_tokens = 0;  ///< In requests that were not rejected and have ended.
  std::int64_t num_cached_tokens = 0;  ///< How many of these were cached.
  std::int64_t num_output_tokens = 0;
  std::int64_t num_preempted_by_swap = 0;  ///< Sequences.
  std::int64_t num_preempted_by_recompute = 0;
  std::int64_t num_batches = 0;    ///< Steps that computed something.
  std::int64_t num_scheduled = 0;  ///< Sequences in all of them together.
  std::int64_t num_computed_tokens = 0;
  double busy_seconds = 0;  ///< That the model worked.

  double batch_mean() const {
    return num_batches == 0 ? 0
                            : static_cast<double>(num_scheduled) / static_cast<double>(num_batches);
  }
  double prefix_hit_fraction() const {
    return num_prompt_tokens == 0
               ? 0
               : static_cast<double>(num_cached_tokens) / static_cast<double>(num_prompt_tokens);
  }
};

}  // namespace octavo
