#include "src/replay/run/recording_outcome.hpp"

#include <algorithm>
#include <chrono>

namespace octavo {

double RecordingOutcome::seconds_at(TimePoint now) const {
  return std::chrono::duration<double>(now - origin_).count();
}

void RecordingOutcome::submitted(const RecordedSubmission& submission) {
  if (num_submitted_ == 0) origin_ = submission.now;
  account_.submitted(submission.request.id, num_submitted_++);
}

void RecordingOutcome::planned(const StepPlan& plan, TimePoint now) {
  planned_.push_back({plan.id, seconds_at(now), plan.released, plan.preempted});
}

void RecordingOutcome::executed(const StepBatch& batch, const StepResult&, TimePoint now,
                                std::int64_t num_waiting) {
  double began_s = account_.now_s();
  while (!planned_.empty() && planned_.front().step <= batch.id) {  // Failed ones before it, too.
    account_.leave(planned_.front().released, planned_.front().preempted);
    began_s = std::max(began_s, planned_.front().at_s);
    planned_.pop_front();
  }
  if (began_s > account_.now_s()) account_.idle_until(began_s, 0);
  account_.run(batch);
  account_.elapse(std::max(0.0, seconds_at(now) - began_s), num_waiting);
}

void RecordingOutcome::told(const RequestEvent& event, TimePoint now) {
  account_.told(event, seconds_at(now));
}

Outcome RecordingOutcome::report() const {
  Outcome outcome = account_.report();
  outcome.label = "recorded";
  return outcome;
}

}  // namespace octavo
