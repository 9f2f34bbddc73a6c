// The half of the scheduler that makes plans: decodes first, so that running streams never wait
// behind a prompt; then the chunks of prompts already begun; then those who come back, ahead of
// those who are new.
#include <algorithm>
#include <utility>

#include "src/core/error.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {

std::optional<StepPlan> Scheduler::plan(TimePoint now) {
  if (static_cast<std::int32_t>(in_flight_.size()) >= config_.max_steps_in_flight)
    return std::nullopt;
  expire_deadlines(now);
  Draft draft;
  draft.plan.id = draft.step.id = StepId{next_step_};
  draft.token_budget = config_.max_num_batched_tokens;
  draft.now = now;
  draft.plan.scheduled.reserve(static_cast<std::size_t>(num_running_));
  draft.step.sequences.reserve(static_cast<std::size_t>(num_running_));
  take_decisions(draft);
  go_as_asked(draft);
  schedule_decodes(draft);
  draft.prefill_budget = prefill_budget(draft);
  schedule_prefills(draft);
  if (draft.plan.preempted.empty()) resume_and_admit(draft);
  demote_cached(draft);
  // Prompts half done hold every block and nothing decodes: the last of them gives way to the
  // others.
  if (is_empty(draft.plan) && in_flight_.empty() && transfers_.empty() && running_.size() > 1)
    preempt_unasked(*running_.back(), draft);
  if (is_empty(draft.plan)) {
    appended_ = std::move(draft.plan.appended);
    return std::nullopt;
  }
  ++next_step_;
  draft.step.num_tokens = config_.max_num_batched_tokens - draft.token_budget;
  in_flight_.push_back(std::move(draft.step));
  return std::move(draft.plan);
}

// Tokens alone are no reason for a step.
bool Scheduler::is_empty(const StepPlan& plan) const {
  return plan.scheduled.empty() && plan.released.empty() && plan.preempted.empty() &&
         plan.starts.empty() && plan.promotions.empty() && plan.num_demotions == 0 &&
         plan.transfers_finished.empty() && plan.failed.empty() && plan.forks.empty();
}

bool Scheduler::has_decisions() const {
  return !released_.empty() || !transfers_finished_.empty() || !failed_.empty() || !forks_.empty();
}

void Scheduler::take_decisions(Draft& draft) {
  draft.plan.transfers_finished = std::exchange(transfers_finished_, {});
  draft.plan.failed = std::exchange(failed_, {});
  draft.plan.forks = std::exchange(forks_, {});
  draft.plan.appended = std::exchange(appended_, {});
  draft.plan.released = std::exchange(released_, {});
  draft.step.num_blocks_returned =
      std::exchange(num_blocks_released_, 0) + std::exchange(num_blocks_moved_, 0);
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

void Scheduler::schedule_decodes(Draft& draft) {
  // By index: make_room() shortens `running_` from its end, never before the group at hand.
  for (std::size_t i = 0; i < running_.size() && draft.token_budget > 0; ++i) {
    SequenceGroup& group = *running_[i];
    if (group.beams != nullptr)
      schedule_beams(group, draft);
    else
      schedule_decodes(group, draft);
  }
}

void Scheduler::schedule_decodes(SequenceGroup& group, Draft& draft) {
  bool has_begun = false;
  for (const auto& each : group.sequences) {
    Sequence& sequence = *each;
    if (draft.token_budget == 0) return;
    if (!sequence.is_decoding()) continue;
    const std::int32_t missing = blocks_missing(sequence, 1);
    // With a part of the group in the plan already, the rest can only wait.
    if (missing > credits_ && (has_begun || !make_room(group, missing, draft))) return;
    schedule(sequence, 1, draft);
    has_begun = true;
  }
}

// All hypotheses in one step, or none: their candidates are compared.
void Scheduler::schedule_beams(SequenceGroup& group, Draft& draft) {
  if (static_cast<std::int32_t>(group.sequences.size()) > draft.token_budget) return;
  std::int32_t missing = copies_missing(group);
  for (const auto& each : group.sequences) {
    if (!each->is_decoding() || each->num_steps_in_flight > 0) return;
    missing += std::max(
        0, (each->num_planned_tokens + config_.block_size) / config_.block_size - each->num_blocks);
  }
  if (missing > credits_ && !make_room(group, missing, draft)) return;
  for (const auto& each : group.sequences) schedule(*each, 1, draft);
}

void Scheduler::schedule_prefills(Draft& draft) {
  for (SequenceGroup* group : running_) {
    if (draft.prefill_budget <= 0) return;
    start_siblings(*group, draft);  // Of a prompt that was computed by an earlier step.
    for (const auto& each : group->sequences) {
      if (draft.prefill_budget <= 0) return;
      if (each->num_schedulable() > 0 && !each->is_decoding()) schedule_prefill(*each, draft);
    }
  }
}

void Scheduler::schedule_prefill(Sequence& sequence, Draft& draft) {
  SequenceGroup& group = *sequence.group;
  // One of several hypotheses samples only together with the others.
  const bool may_sample = group.beams == nullptr || group.sequences.size() == 1;
  std::int32_t chunk = sequence.num_schedulable() - (may_sample ? 0 : 1);
  const std::int32_t slots = (sequence.num_blocks + credits_) * config_.block_size;
  chunk = std::min({chunk, draft.prefill_budget, slots - sequence.num_planned_tokens});
  if (chunk <= 0 || blocks_missing(sequence, chunk) > credits_) return;
  schedule(sequence, chunk, draft);
  if (draft.plan.scheduled.back().samples) schedule_twins(group, draft);
}

// The prompt is computed once: the other choices of the request fork where it ends, and sample from
// the same logits.
void Scheduler::schedule_twins(SequenceGroup& group, Draft& draft) {
  if (!is_paged() || group.beams != nullptr || group.sequences.size() < 2) return;
  const auto leader_index = static_cast<std::int32_t>(draft.plan.scheduled.size()) - 1;
  const ScheduledSequence leader_scheduled = draft.plan.scheduled.back();
  const auto leader =
      std::find_if(group.sequences.begin(), group.sequences.end(),
                   [&](const auto& each) { return each->id == leader_scheduled.id; });
  const std::int32_t num_prompt = (*leader)->num_prompt_tokens;
  if ((*leader)->num_planned_tokens != num_prompt) return;
  for (const auto& each : group.sequences) {
    Sequence& twin = *each;
    if (group.num_inside() >= group.num_seats()) return;
    if (twin.status != SequenceStatus::kOutside || twin.num_tokens() != num_prompt ||
        twin.num_steps_in_flight > 0)
      continue;
    draft.plan.starts.push_back({twin.id, group.id, twin.tokens, num_prompt, twin.sampling,
                                 group.cache_namespace, std::nullopt, true, std::nullopt});
    draft.plan.scheduled.push_back({twin.id, num_prompt, 0, true, leader_index});
    twin.status = SequenceStatus::kRunning;
    twin.num_planned_tokens = num_prompt;
    twin.num_blocks = (*leader)->num_blocks;
    twin.num_samples_in_flight = 1;
    ++twin.num_steps_in_flight;
    draft.step.sequences.push_back(&twin);
    if ((*leader)->tail_sharers == nullptr)
      (*leader)->tail_sharers = std::make_shared<std::int32_t>(1);
    twin.tail_sharers = (*leader)->tail_sharers;
    ++*twin.tail_sharers;
    group.num_shared_blocks += twin.num_blocks;
  }
}

// Those of a group that are not in the engine: they came back from a preemption, or lost the
// sibling that was to compute the prompt for them.
void Scheduler::start_siblings(SequenceGroup& group, Draft& draft) {
  const std::size_t num_inside = static_cast<std::size_t>(group.num_inside());
  if (num_inside == group.sequences.size()) return;
  const Sequence* sibling = nullptr;
  for (const auto& each : group.sequences) {
    if (sibling == nullptr && each->has_computed_prompt() && is_paged()) sibling = each.get();
  }
  if (num_inside > 0 && sibling == nullptr && is_paged()) return;  // Its prompt is under way.
  for (const auto& each : group.sequences) {
    if (each->status != SequenceStatus::kOutside) continue;
    if (each->num_steps_in_flight > 0 || draft.prefill_budget <= 0) return;
    if (group.num_inside() >= group.num_seats()) return;
    const std::int32_t shared =
        sibling == nullptr ? 0 : group.num_prompt_blocks(config_.block_size);
    const std::int32_t needed =
        (each->num_tokens() + config_.block_size - 1) / config_.block_size - shared;
    if (is_paged() && needed > credits_) return;
    start(*each, sibling, draft);
    if (sibling == nullptr && is_paged()) return;
  }
}

// What the decodes leave of the budget, and beside them no more than fits the step's time; but
// never nothing, or a full batch would keep every newcomer out.
std::int32_t Scheduler::prefill_budget(const Draft& draft) const {
  const std::int32_t num_decodes = config_.max_num_batched_tokens - draft.token_budget;
  if (num_decodes == 0) return draft.token_budget;
  const std::int32_t fitting = cost_.tokens_within(config_.target_step_time) - num_decodes;
  return std::min(std::max(fitting, StepCost::kSmallestChunk), draft.token_budget);
}

void Scheduler::schedule(Sequence& sequence, std::int32_t num_tokens, Draft& draft) {
  const std::int32_t num_new_blocks = blocks_missing(sequence, num_tokens);
  OCTAVO_ASSERT(num_new_blocks <= credits_ && num_tokens <= draft.token_budget);
  promise(num_new_blocks, draft);
  leave_tail(sequence);
  draft.token_budget -= num_tokens;
  draft.prefill_budget -= num_tokens;
  const std::int32_t end = sequence.num_planned_tokens + num_tokens;
  sequence.num_blocks =
      std::max(sequence.num_blocks, (end + config_.block_size - 1) / config_.block_size);
  const bool samples = end == sequence.num_expected_tokens();
  draft.plan.scheduled.push_back(
      {sequence.id, sequence.num_planned_tokens, num_tokens, samples, -1});
  sequence.num_planned_tokens = end;
  sequence.num_samples_in_flight += samples ? 1 : 0;
  ++sequence.num_steps_in_flight;
  draft.step.sequences.push_back(&sequence);
}

void Scheduler::resume_and_admit(Draft& draft) {
  while (draft.prefill_budget > 0 && !preempted_.empty()) {
    SequenceGroup& group = *preempted_.front();
    if (group.transfer || group.num_steps_in_flight() > 0 || !admit(group, draft)) return;
  }
  while (draft.prefill_budget > 0 && !waiting_.empty()) {
    const auto before = [this](const SequenceGroup* a, const SequenceGroup* b) {
      return queue_order_(*a, *b, tenants_);
    };
    const bool is_fcfs = config_.queue_policy == QueuePolicyName::kFcfs;
    SequenceGroup& group =
        is_fcfs ? *waiting_.front() : **std::min_element(waiting_.begin(), waiting_.end(), before);
    if (!admit(group, draft)) return;
  }
}

// Now, or later: a group enters when its sequences fit the batch and its blocks the pool, beside
// what the prompts already begun are going to take and a little for the decodes to grow into (the
// watermark).
bool Scheduler::admit(SequenceGroup& group, Draft& draft) {
  if (num_running_ + group.num_seats() > config_.max_num_seqs) return false;
  if (is_paged()) {
    const std::int32_t watermark = running_.empty() ? 0 : std::max(1, config_.num_blocks / 250);
    // Room to grow is a wish: a group that has the pool to itself enters without it.
    const std::int32_t wanted = std::min(blocks_to_come(group), config_.num_blocks);
    if (credits_ - blocks_committed() - watermark < wanted) return false;
  } else if (!reserve(group)) {
    return false;
  }
  const bool was_on_host = group.is_on_host();
  const bool was_waiting = group.status == GroupStatus::kWaiting;
  if (was_waiting) {
    num_waiting_ -= static_cast<std::int32_t>(group.sequences.size());
    num_waiting_tokens_ -= group.usage.num_prompt_tokens;
    if (waiting_.front() == &group)
      waiting_.pop_front();
    else
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &group));
  } else {
    preempted_.erase(preempted_.begin());
  }
  if (!group.first_scheduled) group.first_scheduled = draft.now;
  group.status = GroupStatus::kRunning;
  num_running_ += group.num_seats();
  const auto before = [this](const SequenceGroup* a, const SequenceGroup* b) {
    return running_order_(*a, *b, tenants_);
  };
  running_.insert(std::upper_bound(running_.begin(), running_.end(), &group, before), &group);
  if (was_on_host) {
    promote(group, draft);
  } else {
    start_siblings(group, draft);
    announce_return(group);
  }
  return true;
}

void Scheduler::announce_return(SequenceGroup& group) {
  if (const auto mode = std::exchange(group.returns_from, std::nullopt))
    events_.push_back(RequestResumed{group.id, *mode});
}

void Scheduler::start(Sequence& sequence, const Sequence* sibling, Draft& draft) {
  SequenceGroup& group = *sequence.group;
  const std::int32_t num_tokens = sequence.num_tokens();
  std::int32_t num_new = (num_tokens + config_.block_size - 1) / config_.block_size;
  sequence.num_blocks = num_new;
  if (sibling != nullptr) num_new -= group.num_prompt_blocks(config_.block_size);
  if (sequence.reservation) num_new = sequence.num_blocks = sequence.reservation->num_blocks;
  promise(num_new, draft);
  // What is found on the host is pinned there while it is copied.
  if (config_.num_host_blocks > 0) {
    host_credits_ -= num_new;
    draft.step.num_host_blocks_promised += num_new;
  }
  std::optional<SequenceId> from;
  if (sibling != nullptr) from = sibling->id;
  draft.plan.starts.push_back({sequence.id, group.id, sequence.tokens, sequence.num_prompt_tokens,
                               sequence.sampling, group.cache_namespace, from, false,
                               sequence.reservation});
  draft.step.started.push_back(&sequence);
  draft.step.request_of.push_back(group.id);
  ++sequence.num_steps_in_flight;
  sequence.started_in = draft.plan.id;
  sequence.num_planned_tokens = 0;
  // Choices and hypotheses sample together: none of them in the step that finds out what is cached.
  const bool may_sample = group.sequences.size() == 1 || (!is_paged() && group.beams == nullptr) ||
                          (sequence.num_completion_tokens() > 0 && group.beams == nullptr);
  const std::int32_t chunk = std::min(num_tokens - (may_sample ? 0 : 1), draft.prefill_budget);
  if (chunk > 0) schedule(sequence, chunk, draft);
  sequence.status = SequenceStatus::kStarting;
}

}  // namespace octavo
