#include "src/recording/recording_replay.hpp"

#include <algorithm>
#include <utility>

namespace octavo {
namespace {

std::string text_of(const CacheCredits& credits) {
  return std::to_string(credits.num_free) + " free (" + std::to_string(credits.num_cached) +
         " cached) and " + std::to_string(credits.num_host_free) + " on the host";
}

bool are_equal(const std::vector<StartedSequence>& a, const std::vector<StartedSequence>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StartedSequence& x, const StartedSequence& y) {
                      return x.id == y.id && x.num_cached_tokens == y.num_cached_tokens &&
                             x.num_scheduled_tokens == y.num_scheduled_tokens &&
                             x.promotes == y.promotes;
                    });
}

}  // namespace

RecordingReplay::RecordingReplay(RecordingReader& reader, const SchedulerConfig& engine,
                                 RecordingListener* listener)
    : reader_(reader),
      listener_(listener),
      loop_(engine, results_, [this] { return now_; }),
      now_(reader.header().origin) {
  loop_.set_observer(this);
}

Result<RecordingRepeat> RecordingReplay::run() {
  while (!repeat_.difference) {
    const auto event = reader_.next();
    if (!event) return event.error();
    if (!*event) break;
    const auto applied = std::visit([this](const auto& each) { return apply(each); }, **event);
    if (!applied) return applied.error();
    hear();
  }
  repeat_.decision_hash = hash_.value();
  if (began_) repeat_.seconds = std::chrono::duration<double>(now_ - *began_).count();
  return repeat_;
}

Error RecordingReplay::contradiction(const std::string& what) const {
  return Error{Errc::kInvalidFile,
               reader_.name() + ": contradicts itself before byte " +
                   std::to_string(reader_.position()) + ": " + what,
               ""};
}

void RecordingReplay::differ(StepId step, std::string what) {
  repeat_.difference = DecisionDifference{step, std::move(what)};
}

Result<void> RecordingReplay::apply(const RecordedSubmission& event) {
  now_ = event.now;
  if (!began_) began_ = now_;
  if (std::any_of(event.request.prompt.begin(), event.request.prompt.end(),
                  [](TokenId token) { return token < 0; }))
    return contradiction("a prompt has a negative token");
  if (!requests_.insert(event.request.id).second)
    return contradiction("request " + std::to_string(event.request.id.value) + " comes twice");
  if (listener_ != nullptr) listener_->submitted(event);
  loop_.submit(event.request);
  return {};
}

Result<void> RecordingReplay::apply(const RecordedCancellation& event) {
  now_ = event.now;
  loop_.cancel(event.request, event.reason, event.choice);
  return {};
}

Result<void> RecordingReplay::apply(const RecordedPreemption& event) {
  loop_.preempt(event.request, event.mode);
  return {};
}

Result<void> RecordingReplay::apply(const RecordedPlan& event) {
  now_ = event.now;
  expected_ = event.hash;
  const StepId step{static_cast<std::uint64_t>(repeat_.num_steps) + 1};
  if (!loop_.launch() && event.hash)
    differ(step, "recorded was a step, and now there is nothing to do");
  return {};
}

void RecordingReplay::planned(const StepPlan& plan) {
  hash_.add(plan);
  ++repeat_.num_steps;
  if (!expected_)
    differ(plan.id, "recorded was that there is nothing to do, and now there is a step");
  else if (*expected_ != hash_.value())
    differ(plan.id, "its plan is not the recorded one");
  else if (listener_ != nullptr)
    listener_->planned(plan, now_);
}

void RecordingReplay::reserved(const StepBatch& batch) {
  batches_.push_back(batch);
  for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
    for (const Transfer& each : *transfers) transfers_.insert(each.id);
  }
}

Result<void> RecordingReplay::apply(const RecordedCompletion& event) {
  now_ = event.now;
  if (batches_.empty() || batches_.front().id != event.result.id)
    return contradiction("a step ends that was not under way");
  const StepBatch batch = std::move(batches_.front());
  batches_.pop_front();
  const StepReceipt& receipt = batch.receipt;
  if (!(receipt.credits == event.receipt.credits)) {
    differ(batch.id, "the cache has " + text_of(receipt.credits) + ", and recorded were " +
                         text_of(event.receipt.credits));
    return {};
  }
  if (!are_equal(receipt.started, event.receipt.started)) {
    differ(batch.id, "the cache holds other beginnings of the sequences that start");
    return {};
  }
  if (auto fits = check_samples(batch, event.result); !fits) return fits.error();
  if (auto taken = take_transfers(event.result.transfers_finished); !taken) return taken.error();
  if (listener_ != nullptr) {
    const SchedulerStatus status = loop_.scheduler().status();
    listener_->executed(batch, event.result, now_,
                        std::int64_t{status.num_waiting} + status.num_preempted);
  }
  results_.set_next(event.result);
  loop_.complete_oldest();
  return {};
}

// One token for each sequence that was to sample, in the batch's order.
Result<void> RecordingReplay::check_samples(const StepBatch& batch,
                                            const StepResult& result) const {
  std::size_t at = 0;
  for (const ScheduledSequence& each : batch.scheduled) {
    if (!each.samples) continue;
    if (at == result.sampled.size() || result.sampled[at].sequence != each.id)
      return contradiction("step " + std::to_string(batch.id.value) + " has other samples");
    ++at;
  }
  if (at != result.sampled.size())
    return contradiction("step " + std::to_string(batch.id.value) + " has more samples");
  return {};
}

Result<void> RecordingReplay::take_transfers(const std::vector<TransferId>& finished) {
  for (const TransferId& each : finished) {
    if (transfers_.erase(each) == 0) return contradiction("a transfer ends that never began");
  }
  return {};
}

Result<void> RecordingReplay::apply(const RecordedFailure& event) {
  now_ = event.now;
  if (batches_.empty() || batches_.front().id != event.step)
    return contradiction("a step fails that was not under way");
  batches_.pop_front();
  ++repeat_.num_failed_steps;
  results_.set_next(Error{event.code, "", ""});
  loop_.complete_oldest();
  return {};
}

Result<void> RecordingReplay::apply(const RecordedTransfers& event) {
  if (auto taken = take_transfers(event.finished); !taken) return taken.error();
  loop_.finish_transfers(event.finished);
  return {};
}

Result<void> RecordingReplay::apply(const RecordedEnd& event) {
  now_ = event.now;
  repeat_.recorded_hash = event.decision_hash;
  if (event.decision_hash != hash_.value() ||
      event.num_steps != static_cast<std::uint64_t>(repeat_.num_steps))
    return contradiction("its end names another decision hash than its last step");
  return {};
}

void RecordingReplay::hear() {
  for (const RequestEvent& event : loop_.take_events()) {
    if (const auto* finished = std::get_if<RequestFinished>(&event))
      requests_.erase(finished->request);
    if (const auto* rejected = std::get_if<RequestRejected>(&event))
      requests_.erase(rejected->request);
    if (listener_ != nullptr) listener_->told(event, now_);
  }
}

}  // namespace octavo
