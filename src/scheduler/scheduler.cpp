#include "src/scheduler/scheduler.hpp"

#include <utility>

#include "src/core/error.hpp"
#include "src/scheduler/admission.hpp"

namespace octavo {
namespace {

FinishReason finish_reason_of(CancelReason reason) {
  switch (reason) {
    case CancelReason::kStopMatched:
      return FinishReason::kStop;
    case CancelReason::kDeadline:
      return FinishReason::kDeadline;
    case CancelReason::kSteered:
      return FinishReason::kSteered;
    default:
      return FinishReason::kCancelled;
  }
}

}  // namespace

Scheduler::Scheduler(SchedulerConfig config)
    : config_(std::move(config)),
      credits_(config_.num_blocks, config_.num_host_blocks),
      queues_(config_.queue_policy),
      reservations_(config_),
      builder_(config_, credits_),
      requests_(config_, credits_, queues_, reservations_, builder_, events_),
      preemptor_(config_, cost_, credits_, queues_, builder_, events_),
      planner_(config_, cost_, credits_, queues_, reservations_, builder_, preemptor_, events_),
      outcome_(config_, cost_, credits_, queues_, requests_, builder_, events_),
      progress_(queues_, cost_, events_) {
  OCTAVO_ASSERT(config_.block_size >= 1 && config_.num_blocks >= 0 && config_.num_host_blocks >= 0);
  OCTAVO_ASSERT(config_.max_num_seqs >= 1 && config_.max_num_batched_tokens >= 1 &&
                config_.max_steps_in_flight >= 1);
}

void Scheduler::submit(Request request, TimePoint now) {
  const QueueLoad waiting{queues_.num_waiting(), queues_.num_waiting_tokens(), drain_};
  if (auto error = refusal(config_, request, waiting, cost_, now)) {
    events_.push_back(RequestRejected{request.id, std::move(*error)});
    return;
  }
  events_.push_back(RequestAccepted{request.id});
  requests_.add(std::move(request), now);
}

void Scheduler::cancel(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice) {
  SequenceGroup* group = requests_.find(request);
  if (group == nullptr) return;
  const FinishReason finished = finish_reason_of(reason);
  if (choice < 0 || group->beams != nullptr) {
    requests_.end_request(*group, finished, now);
    return;
  }
  for (const auto& each : group->sequences) {
    if (each->choice == choice) return requests_.end_choice(*each, finished, now);
  }
}

std::optional<StepPlan> Scheduler::plan(TimePoint now) {
  if (static_cast<std::int32_t>(in_flight_.size()) >= config_.max_steps_in_flight)
    return std::nullopt;
  end_overdue(now);
  const std::int64_t num_waiting_tokens = queues_.num_waiting_tokens();
  builder_.begin(now, queues_.num_running());
  preempt_as_asked();
  planner_.add_decodes();
  planner_.add_prefills();
  if (!builder_.preempts()) planner_.add_entering();
  drain_.observe(num_waiting_tokens - queues_.num_waiting_tokens(), queues_.has_waiting(), now);
  planner_.demote_cached();
  // Prompts half done hold every block and nothing decodes: the last of them gives way to the
  // others.
  const bool is_stuck = builder_.is_empty() && in_flight_.empty() && !credits_.has_transfers();
  if (is_stuck && queues_.running().size() > 1) preemptor_.preempt(queues_.victim());
  if (builder_.is_empty()) return std::nullopt;
  in_flight_.emplace_back();
  return builder_.take(in_flight_.back());
}

void Scheduler::end_overdue(TimePoint now) {
  for (RequestId each : requests_.expired(now)) cancel(each, CancelReason::kDeadline, now);
  if (config_.max_queue_wait.count() == 0) return;
  while (queues_.has_waiting()) {
    const SequenceGroup& oldest = *queues_.waiting().front();
    if (oldest.arrival + config_.max_queue_wait > now) return;
    cancel(oldest.id, CancelReason::kDeadline, now);
  }
}

void Scheduler::preempt_as_asked() {
  for (const auto& [request, mode] : std::exchange(to_preempt_, {})) {
    SequenceGroup* group = requests_.find(request);
    if (group != nullptr && group->status == GroupStatus::kRunning && config_.is_paged())
      preemptor_.preempt(*group, mode);
  }
}

void Scheduler::complete(const StepReceipt& receipt, const StepResult& result, TimePoint now) {
  OCTAVO_ASSERT(receipt.id == result.id);
  const StepInFlight step = take_oldest(result.id);
  cost_.observe(step.num_tokens, result.elapsed);
  cost_.observe_transfer(result.num_blocks_transferred, result.transfer_elapsed);
  credits_.receive(receipt.credits);
  outcome_.end_failed(step, result.failed, now);
  outcome_.end(step);
  outcome_.apply_started(step, receipt.started);
  outcome_.finish_transfers(result.transfers_finished);
  outcome_.tell_prompt_logprobs(step, result.prompt_logprobs);
  outcome_.append_samples(step, result.sampled, now);
  progress_.tell(now);
  requests_.forget_retired();
}

void Scheduler::fail(StepId id, const Error& error, TimePoint now) {
  const StepInFlight step = take_oldest(id);
  outcome_.end(step);
  builder_.fail(id);
  credits_.fail(id);
  outcome_.end_begun(step, error, now);
  requests_.forget_retired();
}

StepInFlight Scheduler::take_oldest(StepId expected) {
  OCTAVO_ASSERT(!in_flight_.empty() && in_flight_.front().id == expected);
  StepInFlight step = std::move(in_flight_.front());
  in_flight_.pop_front();
  return step;
}

bool Scheduler::is_idle() const {
  return requests_.is_empty() && in_flight_.empty() && !builder_.has_decisions() &&
         !credits_.has_transfers();
}

SchedulerStatus Scheduler::status() const {
  SchedulerStatus status;
  status.num_running = queues_.num_running();
  status.num_waiting = queues_.num_waiting();
  for (const SequenceGroup* group : queues_.preempted()) {
    const auto num_sequences = static_cast<std::int32_t>(group->sequences.size());
    status.num_preempted += num_sequences;
    if (group->is_on_host()) status.num_swapped += num_sequences;
  }
  status.num_steps_in_flight = static_cast<std::int32_t>(in_flight_.size());
  status.num_free_blocks = credits_.num_free();
  status.num_blocks = config_.num_blocks;
  status.num_preemptions_recompute = preemptor_.num_recomputes();
  status.num_preemptions_swap = preemptor_.num_swaps();
  status.num_tokens = outcome_.num_tokens();
  status.num_forced_tokens = requests_.num_forced_tokens();
  return status;
}

}  // namespace octavo
