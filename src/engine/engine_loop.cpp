#include "src/engine/engine_loop.hpp"

#include <utility>

namespace octavo {

void EngineLoop::submit(Request request) {
  const TimePoint now = clock_();
  if (journal_ != nullptr) journal_->submitted(request, now);
  scheduler_.submit(std::move(request), now);
}

void EngineLoop::cancel(RequestId request, CancelReason reason, std::int32_t choice) {
  const TimePoint now = clock_();
  if (journal_ != nullptr) journal_->cancelled(request, reason, now, choice);
  scheduler_.cancel(request, reason, now, choice);
}

void EngineLoop::preempt(RequestId request, PreemptionMode mode) {
  if (journal_ != nullptr) journal_->asked_to_preempt(request, mode);
  scheduler_.preempt(request, mode);
}

bool EngineLoop::launch() {
  const TimePoint now = clock_();
  auto plan = scheduler_.plan(now);
  if (journal_ != nullptr) journal_->planned(plan ? &*plan : nullptr, now);
  if (!plan) return false;
  if (observer_ != nullptr) observer_->planned(*plan);
  StepBatch batch = blocks_.reserve(std::move(*plan));
  if (observer_ != nullptr) observer_->reserved(batch);
  auto launched = executor_.launch(batch);
  steps_.push_back({std::move(batch.receipt), std::move(launched)});
  return true;
}

bool EngineLoop::complete_oldest() {
  if (steps_.empty()) return false;
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  if (step.launched) executor_.wait(*step.launched);
  const auto result =
      step.launched ? executor_.collect(*step.launched) : Result<StepResult>(step.launched.error());
  if (result && observer_ != nullptr) observer_->collected(*result);
  const TimePoint now = clock_();
  if (result) {
    if (journal_ != nullptr) journal_->completed(step.receipt, *result, now);
    scheduler_.complete(step.receipt, *result, now);
  } else {
    if (journal_ != nullptr) journal_->failed(step.receipt.id, result.error(), now);
    scheduler_.fail(step.receipt.id, result.error(), now);
  }
  return true;
}

void EngineLoop::finish_transfers(const std::vector<TransferId>& finished) {
  if (journal_ != nullptr) journal_->transferred(finished);
  scheduler_.finish_transfers(finished);
}

bool EngineLoop::wait_for_transfer() {
  const auto transfer = executor_.oldest_transfer();
  if (!transfer) return false;
  executor_.wait(*transfer);
  finish_transfers(executor_.collect_transfers());
  return true;
}

bool EngineLoop::newest_has_ended() const {
  if (steps_.empty()) return false;
  const auto& launched = steps_.back().launched;
  return !launched || executor_.has_ended(*launched);
}

}  // namespace octavo
