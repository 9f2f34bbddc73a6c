// The recorded run in the figures of a replay, to stand beside what would have been otherwise: a
// second repeat, when it is known how long every request became.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "src/replay/memory_account.hpp"
#include "src/replay/outcome.hpp"
#include "src/replay/recording_replay.hpp"
#include "src/replay/trace.hpp"
#include "src/replay/usage_clock.hpp"

namespace octavo {

class RecordingOutcome final : public RecordingListener {
 public:
  /// trace: the recording's own, in the order of its submissions; outlives this.
  RecordingOutcome(const Trace& trace, const SchedulerConfig& engine);

  void submitted(const RecordedSubmission& submission) override;
  void planned(const StepPlan& plan, TimePoint now) override;
  void executed(const StepBatch& batch, const StepResult& result, TimePoint now,
                std::int64_t num_waiting) override;
  void told(const RequestEvent& event, TimePoint now) override;

  /// Labelled "recorded".
  Outcome report() const;

 private:
  /// Of a plan, until its step has ended.
  struct Planned {
    StepId step;
    double at_s = 0;
    std::vector<SequenceId> leaving;
  };

  double seconds_at(TimePoint now) const;
  void enter(SequenceId id, std::size_t index, const SequenceStart& start);
  /// Answers whether a prompt was computed.
  bool account(const StepBatch& batch);
  StepUsage usage(std::int64_t num_waiting) const;

  const Trace& trace_;
  SchedulerConfig engine_;
  MemoryAccount account_;
  UsageClock clock_;
  Outcome outcome_;
  TimePoint origin_;
  std::size_t num_submitted_ = 0;
  std::unordered_map<RequestId, std::size_t> index_of_;
  std::unordered_map<SequenceId, SequenceFate> fates_;
  std::deque<Planned> planned_;
  std::vector<std::uint64_t> batched_in_;  ///< [index in the trace]: the last step that had it.
  std::int32_t num_batched_ = 0;
  std::vector<double> normalized_s_;
  std::int64_t num_prompt_tokens_ = 0;
  std::int64_t num_cached_tokens_ = 0;
};

}  // namespace octavo
