// Keeps the journal of a scheduler as a recording, and the hash of its decisions. Bytes gather here
// and are handed on in pieces of whole records: when there are many, when some time has passed, and
// when the scheduler runs out of work. Reads no clock and does no I/O: the sink does, elsewhere.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "src/recording/decision_hash.hpp"
#include "src/recording/recording_writer.hpp"
#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

class Recorder final : public SchedulerJournal {
 public:
  /// Takes a piece of the file; false: no more can be taken, and the recording ends there.
  using Sink = std::function<bool(std::string)>;

  Recorder(const RecordingHeader& header, Sink sink);

  void submitted(const Request& request, TimePoint now) override;
  void cancelled(RequestId request, CancelReason reason, TimePoint now,
                 std::int32_t choice) override;
  void asked_to_preempt(RequestId request, PreemptionMode mode) override;
  void planned(const StepPlan* plan, TimePoint now) override;
  void completed(const StepReceipt& receipt, const StepResult& result, TimePoint now) override;
  void failed(StepId step, const Error& error, TimePoint now) override;
  void transferred(const std::vector<TransferId>& finished) override;

  /// Writes the end; nothing may follow. Thread: any, once the scheduler has ended.
  void close(TimePoint now);

  /// Whether the sink has taken everything so far.
  bool is_recording() const { return is_recording_; }
  /// The hash of the steps that were recorded.
  std::uint64_t decision_hash() const { return hash_.value(); }
  std::uint64_t num_steps() const { return num_steps_; }

 private:
  void follow_beams(const StepPlan& plan);
  void hand_on_if_due(TimePoint now);
  void hand_on(TimePoint now);

  RecordingWriter writer_;
  Sink sink_;
  DecisionHash hash_;
  std::unordered_set<SequenceId> beams_;  ///< Hypotheses: their candidates decide.
  TimePoint last_handed_on_;
  std::uint64_t num_steps_ = 0;
  std::int64_t num_in_flight_ = 0;
  bool is_recording_ = true;
};

}  // namespace octavo
