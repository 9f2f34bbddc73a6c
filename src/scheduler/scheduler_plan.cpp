// The half of the scheduler that makes plans: decodes first, so that running streams never wait
// behind a prompt; then the chunks of prompts already begun; then admissions, the preempted ahead
// of the new.
#include <algorithm>

#include "src/core/error.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {
namespace {

std::int32_t blocks_for(std::int32_t num_tokens, std::int32_t block_size) {
  return (num_tokens + block_size - 1) / block_size;
}

}  // namespace

std::optional<StepPlan> Scheduler::plan(TimePoint now) {
  if (static_cast<std::int32_t>(in_flight_.size()) >= config_.max_steps_in_flight)
    return std::nullopt;
  expire_deadlines(now);
  Draft draft;
  draft.token_budget = config_.max_num_batched_tokens;
  draft.now = now;
  release_finished(draft);
  schedule_decodes(draft);
  draft.prefill_budget = prefill_budget(draft);
  schedule_prefills(draft);
  if (draft.plan.preempted.empty()) admit(draft);
  // Prompts half done hold every block and nothing decodes: the latest of them gives way to the
  // others.
  if (draft.plan.scheduled.empty() && in_flight_.empty() && running_.size() > 1) {
    preempt(*find(running_.back()), draft);
    schedule_prefills(draft);
  }

  const StepPlan& plan = draft.plan;
  if (plan.scheduled.empty() && plan.released.empty() && plan.preempted.empty())
    return std::nullopt;
  draft.plan.id = StepId{next_step_++};
  StepInFlight step{
      draft.plan.id, config_.max_num_batched_tokens - draft.token_budget, draft.net_blocks, {}};
  step.sequences.reserve(plan.scheduled.size());
  for (const ScheduledSequence& scheduled : plan.scheduled) step.sequences.push_back(scheduled.id);
  in_flight_.push_back(std::move(step));
  return std::move(draft.plan);
}

void Scheduler::expire_deadlines(TimePoint now) {
  if (num_deadlines_ == 0) return;
  std::vector<RequestId> expired;
  for (const auto& [id, group] : groups_) {
    if (group->deadline && *group->deadline <= now) expired.push_back(id);
  }
  std::sort(expired.begin(), expired.end());
  for (RequestId id : expired) cancel(id, CancelReason::kDeadline, now);
}

void Scheduler::release_finished(Draft& draft) {
  for (const auto& [id, num_blocks] : released_) {
    draft.plan.released.push_back(id);
    draft.net_blocks += num_blocks;
    credits_ += num_blocks;
  }
  released_.clear();
}

void Scheduler::schedule_decodes(Draft& draft) {
  // By index: make_room() shortens `running_` from its end, never before the sequence at hand.
  for (std::size_t i = 0; i < running_.size() && draft.token_budget > 0; ++i) {
    Sequence& sequence = *find(running_[i]);
    if (sequence.is_decoding() && make_room(sequence, draft)) schedule(sequence, 1, draft);
  }
}

void Scheduler::schedule_prefills(Draft& draft) {
  for (SequenceId id : running_) {
    Sequence& sequence = *find(id);
    if (sequence.num_schedulable() == 0 || sequence.is_decoding()) continue;
    std::int32_t chunk = std::min(sequence.num_schedulable(), draft.prefill_budget);
    const std::int32_t slots = (sequence.num_blocks + credits_) * config_.block_size;
    chunk = std::min(chunk, slots - sequence.num_planned_tokens);
    if (chunk > 0) schedule(sequence, chunk, draft);
  }
}

void Scheduler::admit(Draft& draft) {
  while (draft.prefill_budget > 0 &&
         static_cast<std::int32_t>(running_.size()) < config_.max_num_seqs) {
    const bool resumes = !preempted_.empty();
    if (!resumes && waiting_.empty()) return;
    Sequence& sequence = *find(resumes ? preempted_.front() : waiting_.front());
    if (!can_admit(sequence)) return;
    start(sequence, draft);
    schedule(sequence, std::min(sequence.num_schedulable(), draft.prefill_budget), draft);
  }
}

bool Scheduler::can_admit(const Sequence& sequence) const {
  if (sequence.num_steps_in_flight > 0)
    return false;  // Its last token before the preemption is still on its way.
  // Blocks that prompts already begun are going to take, and a little for the decodes to grow into
  // (the watermark).
  std::int32_t committed = 0;
  for (SequenceId id : running_) {
    const Sequence& running = sequences_.at(id);
    committed += std::max(
        0, blocks_for(running.num_expected_tokens(), config_.block_size) - running.num_blocks);
  }
  const std::int32_t watermark = running_.empty() ? 0 : std::max(1, config_.num_blocks / 100);
  return credits_ - committed - watermark >= blocks_for(sequence.num_tokens(), config_.block_size);
}

void Scheduler::start(Sequence& sequence, Draft& draft) {
  SequenceGroup& group = *sequence.group;
  if (sequence.status == SequenceStatus::kPreempted) {
    preempted_.erase(preempted_.begin());
    events_.push_back(RequestResumed{group.id});
  } else {
    waiting_.pop_front();
  }
  if (!group.first_scheduled) group.first_scheduled = draft.now;
  sequence.status = SequenceStatus::kRunning;
  running_.insert(std::lower_bound(running_.begin(), running_.end(), sequence.id), sequence.id);
  draft.plan.starts.push_back(
      {sequence.id, sequence.tokens, sequence.num_prompt_tokens, sequence.sampling, group.id});
}

// What the decodes leave of the budget, and beside them no more than fits the step's time; but
// never nothing, or a full batch would keep every newcomer out.
std::int32_t Scheduler::prefill_budget(const Draft& draft) const {
  const std::int32_t num_decodes = config_.max_num_batched_tokens - draft.token_budget;
  if (num_decodes == 0) return draft.token_budget;
  const std::int32_t fitting = cost_.tokens_within(config_.target_step_time) - num_decodes;
  return std::min(std::max(fitting, StepCost::kSmallestChunk), draft.token_budget);
}

std::int32_t Scheduler::blocks_missing(const Sequence& sequence, std::int32_t num_tokens) const {
  return blocks_for(sequence.num_planned_tokens + num_tokens, config_.block_size) -
         sequence.num_blocks;
}

void Scheduler::schedule(Sequence& sequence, std::int32_t num_tokens, Draft& draft) {
  const std::int32_t num_new_blocks = blocks_missing(sequence, num_tokens);
  OCTAVO_ASSERT(num_new_blocks <= credits_ && num_tokens <= draft.token_budget);
  credits_ -= num_new_blocks;
  draft.net_blocks -= num_new_blocks;
  draft.token_budget -= num_tokens;
  draft.prefill_budget -= num_tokens;
  sequence.num_blocks += num_new_blocks;
  const std::int32_t end = sequence.num_planned_tokens + num_tokens;
  const bool samples = end == sequence.num_expected_tokens();
  draft.plan.scheduled.push_back({sequence.id, sequence.num_planned_tokens, num_tokens, samples});
  sequence.num_planned_tokens = end;
  sequence.num_samples_in_flight += samples ? 1 : 0;
  ++sequence.num_steps_in_flight;
}

bool Scheduler::make_room(Sequence& sequence, Draft& draft) {
  while (blocks_missing(sequence, 1) > credits_) {
    Sequence& victim = *find(running_.back());
    const bool is_self = victim.id == sequence.id;
    preempt(victim, draft);
    if (is_self) return false;
  }
  return true;
}

void Scheduler::preempt(Sequence& victim, Draft& draft) {
  draft.plan.preempted.push_back({victim.id, PreemptionMode::kRecompute});
  draft.net_blocks += victim.num_blocks;
  credits_ += victim.num_blocks;
  victim.num_blocks = 0;
  victim.num_planned_tokens = 0;
  running_.pop_back();
  victim.status = SequenceStatus::kPreempted;
  preempted_.insert(std::lower_bound(preempted_.begin(), preempted_.end(), victim.id), victim.id);
  ++victim.group->num_preemptions;
  ++num_preemptions_;
  events_.push_back(RequestPreempted{victim.group->id, PreemptionMode::kRecompute});
}

}  // namespace octavo
