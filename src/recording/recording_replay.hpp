// Repeats a recording: the real scheduler and the real block manager, given the recorded events at
// the recorded times; in the model's place stands what the model answered then. Every plan is held
// against the recorded one, so that the first decision that differs is named, and nothing recorded
// is fed to a scheduler that has gone another way.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "src/engine/engine_loop.hpp"
#include "src/recording/decision_hash.hpp"
#include "src/recording/recording_reader.hpp"

namespace octavo {

/// Hears what happens while a recording is repeated.
class RecordingListener {
 public:
  virtual ~RecordingListener() = default;
  virtual void submitted(const RecordedSubmission& submission) = 0;
  virtual void planned(const StepPlan& plan, TimePoint now) = 0;
  /// num_waiting: sequences that wait or are preempted while the step ends.
  virtual void executed(const StepBatch& batch, const StepResult& result, TimePoint now,
                        std::int64_t num_waiting) = 0;
  virtual void told(const RequestEvent& event, TimePoint now) = 0;
};

/// The first decision that is not the recorded one.
struct DecisionDifference {
  StepId step;
  std::string what;
};

/// What came out.
struct RecordingRepeat {
  std::uint64_t decision_hash = 0;
  std::optional<std::uint64_t> recorded_hash;  ///< None: the file was cut off.
  std::optional<DecisionDifference> difference;
  std::int64_t num_steps = 0;         ///< Planned.
  std::int64_t num_failed_steps = 0;  ///< Those of them that the model failed.
  double seconds = 0;                 ///< Recorded time, from the first event to the last.

  bool is_equal() const { return !difference; }
  bool is_truncated() const { return !recorded_hash && !difference; }
};

/// Stands in the model's place: a step ends as it did when it was recorded.
class RecordedResults final : public StepExecutor {
 public:
  /// What the next collected step ends with.
  void set_next(Result<StepResult> result) { next_ = std::move(result); }

  [[nodiscard]] Result<LaunchedStep> launch(const StepBatch&) override { return LaunchedStep{}; }
  bool has_ended(const LaunchedStep&) override { return true; }
  void wait(const LaunchedStep&) override {}
  [[nodiscard]] Result<StepResult> collect(const LaunchedStep&) override { return next_; }

 private:
  Result<StepResult> next_ = StepResult{};
};

class RecordingReplay final : private StepObserver {
 public:
  /// engine: the recording's own, or another to see where decisions part. The reader must outlive
  /// it.
  RecordingReplay(RecordingReader& reader, const SchedulerConfig& engine,
                  RecordingListener* listener = nullptr);

  /// Once. Errors: kInvalidFile, also when the records contradict each other.
  [[nodiscard]] Result<RecordingRepeat> run();

 private:
  [[nodiscard]] Result<void> apply(const RecordedSubmission& event);
  [[nodiscard]] Result<void> apply(const RecordedCancellation& event);
  [[nodiscard]] Result<void> apply(const RecordedPreemption& event);
  [[nodiscard]] Result<void> apply(const RecordedPlan& event);
  [[nodiscard]] Result<void> apply(const RecordedCompletion& event);
  [[nodiscard]] Result<void> apply(const RecordedFailure& event);
  [[nodiscard]] Result<void> apply(const RecordedTransfers& event);
  [[nodiscard]] Result<void> apply(const RecordedEnd& event);

  Error contradiction(const std::string& what) const;
  [[nodiscard]] Result<void> check_samples(const StepBatch& batch, const StepResult& result) const;
  [[nodiscard]] Result<void> take_transfers(const std::vector<TransferId>& finished);
  void planned(const StepPlan& plan) override;
  void reserved(const StepBatch& batch) override;
  void hear();
  void differ(StepId step, std::string what);

  RecordingReader& reader_;
  RecordingListener* listener_;
  RecordedResults results_;
  EngineLoop loop_;
  DecisionHash hash_;
  std::optional<std::uint64_t> expected_;   ///< The hash after the plan at hand.
  std::deque<StepBatch> batches_;           ///< In flight.
  std::set<TransferId> transfers_;          ///< Begun, not finished.
  std::unordered_set<RequestId> requests_;  ///< That have not ended.
  TimePoint now_;
  std::optional<TimePoint> began_;
  RecordingRepeat repeat_;
};

}  // namespace octavo
