#include "actors/ring/scheduler_actor.hpp"

#include <spdlog/spdlog.h>

#include <map>

namespace octavo {
namespace {

RequestId request_of(const RequestEvent& event) {
  return std::visit([](const auto& each) { return each.request; }, event);
}

bool is_last(const RequestEvent& event) {
  return std::holds_alternative<RequestFinished>(event) ||
         std::holds_alternative<RequestRejected>(event);
}

std::int64_t num_tokens_in(const StepPlan& plan) {
  std::int64_t num_tokens = 0;
  for (const ScheduledSequence& each : plan.scheduled) num_tokens += each.num_tokens;
  return num_tokens;
}

}  // namespace

SchedulerActor::SchedulerActor(const asio::any_io_executor& executor, SchedulerConfig config,
                               Address<BlockManagerMessage> block_manager, EngineStatus& status,
                               Clock clock, SchedulerJournal* journal)
    : mailbox_(executor),
      scheduler_(std::move(config)),
      block_manager_(std::move(block_manager)),
      status_(status),
      clock_(std::move(clock)),
      journal_(journal) {
  publish();
}

asio::awaitable<void> SchedulerActor::run() {
  for (;;) {
    auto message = co_await mailbox_.receive();
    if (!message) break;
    // Everything that has arrived is handled before the next step is planned: a burst fills one
    // batch.
    for (; message; message = mailbox_.try_receive()) {
      std::visit([this](auto& each) { handle(std::move(each)); }, *message);
    }
    send_plans();
    send_events();
    publish();
    if (draining_ && scheduler_.is_idle())
      mailbox_.close();  // What still comes is refused, then run() ends.
  }
}

void SchedulerActor::handle(SubmitRequest message) {
  const RequestId id = message.request.id;
  if (draining_) {
    SessionEvents refused{RequestRejected{id, Error{Errc::kServerDraining, "", ""}}};
    message.reply_to.send(std::move(refused));
    return;
  }
  listeners_.emplace(id, std::move(message.reply_to));
  const TimePoint now = clock_();
  if (journal_ != nullptr) journal_->submitted(message.request, now);
  scheduler_.submit(std::move(message.request), now);
}

void SchedulerActor::handle(const CancelRequest& message) {
  cancel(message.request, message.reason, message.choice);
}

void SchedulerActor::handle(const CancelAll& message) {
  draining_ = true;
  std::vector<RequestId> ids;
  for (const auto& [id, listener] : listeners_) ids.push_back(id);
  for (RequestId id : ids) cancel(id, message.reason, -1);
}

void SchedulerActor::cancel(RequestId request, CancelReason reason, std::int32_t choice) {
  const TimePoint now = clock_();
  if (journal_ != nullptr) journal_->cancelled(request, reason, now, choice);
  scheduler_.cancel(request, reason, now, choice);
}

void SchedulerActor::handle(const StepCompleted& message) {
  const TimePoint now = clock_();
  has_ended_step_ = true;
  if (journal_ != nullptr) journal_->completed(message.receipt, message.result, now);
  scheduler_.complete(message.receipt, message.result, now);
}

void SchedulerActor::handle(const StepFailed& message) {
  spdlog::error("engine: step={} failed error=\"{}\"", message.id.value, message.error.message());
  const TimePoint now = clock_();
  has_ended_step_ = true;
  if (journal_ != nullptr) journal_->failed(message.id, message.error, now);
  scheduler_.fail(message.id, message.error, now);
}

void SchedulerActor::handle(const TransfersFinished& message) {
  if (journal_ != nullptr) journal_->transferred(message.transfers);
  scheduler_.finish_transfers(message.transfers);
}

std::optional<StepPlan> SchedulerActor::next_plan() {
  const TimePoint now = clock_();
  auto plan = scheduler_.plan(now);
  if (journal_ != nullptr) journal_->planned(plan ? &*plan : nullptr, now);
  if (status_.spans != nullptr && plan) {
    status_.spans->add({Track::kScheduler, plan->id.value, now, clock_(), num_tokens_in(*plan)});
  }
  return plan;
}

void SchedulerActor::send_plans() {
  while (auto plan = next_plan()) {
    status_.steps.add(num_tokens_in(*plan));
    block_manager_.send(ReserveStep{std::move(*plan)});
  }
}

void SchedulerActor::send_events() {
  std::map<RequestId, SessionEvents> by_request;
  for (RequestEvent& event : scheduler_.take_events())
    by_request[request_of(event)].push_back(std::move(event));
  for (auto& [id, events] : by_request) {
    const auto listener = listeners_.find(id);
    if (listener == listeners_.end()) continue;
    const bool ends = is_last(events.back());
    listener->second.send(std::move(events));
    if (!ends) continue;
    listeners_.erase(listener);
    if (journal_ != nullptr) journal_->ended(id, clock_());
  }
}

void SchedulerActor::publish() {
  const SchedulerStatus now = scheduler_.status();
  // A wait begins with the first step on its way, and anew with each that comes back.
  const bool is_awaiting = status_.awaiting_since_ns.load(std::memory_order_relaxed) != 0;
  if (now.num_steps_in_flight == 0)
    status_.awaiting_since_ns.store(0, std::memory_order_relaxed);
  else if (has_ended_step_ || !is_awaiting)
    status_.awaiting_since_ns.store(std::chrono::nanoseconds(clock_().time_since_epoch()).count(),
                                    std::memory_order_relaxed);
  has_ended_step_ = false;
  status_.num_running.store(now.num_running, std::memory_order_relaxed);
  status_.num_waiting.store(now.num_waiting, std::memory_order_relaxed);
  status_.num_preempted.store(now.num_preempted, std::memory_order_relaxed);
  status_.num_swapped.store(now.num_swapped, std::memory_order_relaxed);
  status_.num_preemptions_swap.store(now.num_preemptions_swap, std::memory_order_relaxed);
  status_.num_preemptions_recompute.store(now.num_preemptions_recompute, std::memory_order_relaxed);
  status_.num_completion_tokens.store(now.num_tokens, std::memory_order_relaxed);
  status_.num_forced_tokens.store(now.num_forced_tokens, std::memory_order_relaxed);
}

}  // namespace octavo
