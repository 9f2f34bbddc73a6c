#include "src/recording/recorder.hpp"

#include <utility>

namespace octavo {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::chrono::milliseconds kPieceTime{250};

}  // namespace

Recorder::Recorder(const RecordingHeader& header, Sink sink)
    : writer_(header), sink_(std::move(sink)), last_handed_on_(header.origin) {
  hand_on(header.origin);
}

void Recorder::submitted(const Request& request, TimePoint now) {
  if (!is_recording_) return;
  writer_.submitted(request, now);
  hand_on_if_due(now);
}

void Recorder::cancelled(RequestId request, CancelReason reason, TimePoint now,
                         std::int32_t choice) {
  if (is_recording_) writer_.cancelled(request, reason, now, choice);
}

void Recorder::asked_to_preempt(RequestId request, PreemptionMode mode) {
  if (is_recording_) writer_.asked_to_preempt(request, mode);
}

void Recorder::planned(const StepPlan* plan, TimePoint now) {
  if (!is_recording_) return;
  if (plan == nullptr) {
    writer_.planned(nullptr, now);
    // Nobody is going to call for a while.
    if (num_in_flight_ == 0) hand_on(now);
    return;
  }
  hash_.add(*plan);
  ++num_steps_;
  ++num_in_flight_;
  follow_beams(*plan);
  const std::uint64_t hash = hash_.value();
  writer_.planned(&hash, now);
  hand_on_if_due(now);
}

void Recorder::follow_beams(const StepPlan& plan) {
  for (const Fork& each : plan.forks) beams_.insert(each.child);
  if (!beams_.empty()) {
    for (SequenceId id : plan.released) beams_.erase(id);
  }
  for (const SequenceStart& each : plan.starts) {
    if (each.sampling.is_beam_search()) beams_.insert(each.id);
  }
}

void Recorder::completed(const StepReceipt& receipt, const StepResult& result, TimePoint now) {
  if (!is_recording_) return;
  --num_in_flight_;
  writer_.completed(receipt, result, now, beams_);
}

void Recorder::failed(StepId step, const Error& error, TimePoint now) {
  if (!is_recording_) return;
  --num_in_flight_;
  writer_.failed(step, error.code, now);
}

void Recorder::transferred(const std::vector<TransferId>& finished) {
  if (is_recording_) writer_.transferred(finished);
}

void Recorder::close(TimePoint now) {
  if (!is_recording_) return;
  writer_.ended(hash_.value(), num_steps_, now);
  hand_on(now);
}

void Recorder::hand_on_if_due(TimePoint now) {
  const std::size_t num_bytes = writer_.bytes().size();
  if (num_bytes >= kPieceBytes || (num_bytes > 0 && now - last_handed_on_ >= kPieceTime))
    hand_on(now);
}

void Recorder::hand_on(TimePoint now) {
  last_handed_on_ = now;
  if (!writer_.bytes().empty()) is_recording_ = sink_(std::exchange(writer_.bytes(), {}));
}

}  // namespace octavo
