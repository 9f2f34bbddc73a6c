// The recorded run in the figures of a replay, to stand beside what would have been otherwise: a
// second repeat, when it is known how long every request became.
#pragma once

#include <deque>
#include <vector>

#include "src/recording/recording_replay.hpp"
#include "src/replay/run/outcome.hpp"
#include "src/replay/run/run_account.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

class RecordingOutcome final : public RecordingListener {
 public:
  /// trace: the recording's own, in the order of its submissions; outlives this.
  RecordingOutcome(const Trace& trace, const SchedulerConfig& engine) : account_(trace, engine) {}

  void submitted(const RecordedSubmission& submission) override;
  void planned(const StepPlan& plan, TimePoint now) override;
  void executed(const StepBatch& batch, const StepResult& result, TimePoint now,
                std::int64_t num_waiting) override;
  void told(const RequestEvent& event, TimePoint now) override;

  /// Labelled "recorded".
  Outcome report() const;

 private:
  /// What a plan held, until its step has ended.
  struct Planned {
    StepId step;
    double at_s = 0;
    std::vector<SequenceId> released;
    std::vector<Preemption> preempted;
  };

  double seconds_at(TimePoint now) const;

  RunAccount account_;
  TimePoint origin_;
  std::size_t num_submitted_ = 0;
  std::deque<Planned> planned_;
};

}  // namespace octavo
