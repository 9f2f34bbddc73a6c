#include "src/recording/recording_counts.hpp"

#include <chrono>

namespace octavo {

void RecordingCounts::submitted(const RecordedSubmission&) { ++num_requests; }

void RecordingCounts::planned(const StepPlan& plan, TimePoint) {
  for (const Preemption& each : plan.preempted)
    ++(each.mode == PreemptionMode::kSwap ? num_preempted_by_swap : num_preempted_by_recompute);
}

void RecordingCounts::executed(const StepBatch& batch, const StepResult& result, TimePoint,
                               std::int64_t) {
  busy_seconds += std::chrono::duration<double>(result.elapsed).count();
  if (batch.scheduled.empty()) return;
  ++num_batches;
  num_scheduled += static_cast<std::int64_t>(batch.scheduled.size());
  for (const ScheduledSequence& each : batch.scheduled) num_computed_tokens += each.num_tokens;
}

void RecordingCounts::told(const RequestEvent& event, TimePoint) {
  if (std::holds_alternative<RequestRejected>(event)) ++num_rejected;
  const auto* finished = std::get_if<RequestFinished>(&event);
  if (finished == nullptr) return;
  switch (finished->reason) {
    case FinishReason::kStop:
    case FinishReason::kLength:
      ++num_finished;
      break;
    case FinishReason::kSteered:
    case FinishReason::kCancelled:
    case FinishReason::kDeadline:
      ++num_cancelled;
      break;
    case FinishReason::kError:
      ++num_failed;
      break;
  }
  num_prompt_tokens += finished->usage.num_prompt_tokens;
  num_cached_tokens += finished->usage.num_cached_tokens;
  num_output_tokens += finished->usage.num_completion_tokens;
}

}  // namespace octavo
