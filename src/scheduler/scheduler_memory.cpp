// The half of the scheduler that counts blocks: what is promised, who gives way and how, what comes
// back.
#include <algorithm>
#include <unordered_map>

#include "src/core/error.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {
namespace {

std::int32_t blocks_for(std::int32_t num_tokens, std::int32_t block_size) {
  return (num_tokens + block_size - 1) / block_size;
}

}  // namespace

std::int32_t Scheduler::blocks_missing(const Sequence& sequence, std::int32_t num_tokens) const {
  const std::int32_t end = sequence.num_planned_tokens + num_tokens;
  const bool copies = sequence.tail_sharers != nullptr && *sequence.tail_sharers > 1 &&
                      sequence.num_planned_tokens % config_.block_size != 0;
  return std::max(0, blocks_for(end, config_.block_size) - sequence.num_blocks) + (copies ? 1 : 0);
}

/// Copies on write when every sequence of the group writes: the last to share a block keeps it.
std::int32_t Scheduler::copies_missing(const SequenceGroup& group) const {
  std::unordered_map<const std::int32_t*, std::int32_t> sharers;
  for (const auto& each : group.sequences) {
    if (each->tail_sharers != nullptr && each->num_planned_tokens % config_.block_size != 0)
      ++sharers[each->tail_sharers.get()];
  }
  std::int32_t copies = 0;
  for (const auto& [tail, count] : sharers) copies += count - (count == *tail ? 1 : 0);
  return copies;
}

/// At most: the prompt's full blocks once, what lies behind them for each.
std::int32_t Scheduler::blocks_held(const SequenceGroup& group) const {
  const std::int32_t prompt_blocks =
      is_paged() && group.sequences.size() > 1 ? group.num_prompt_blocks(config_.block_size) : 0;
  std::int32_t own = 0;
  std::int32_t shared = 0;
  for (const auto& each : group.sequences) {
    own += std::max(0, each->num_blocks - prompt_blocks);
    shared = std::max(shared, std::min(each->num_blocks, prompt_blocks));
  }
  return shared + own;
}

/// What a group takes when it enters, and with its next tokens.
std::int32_t Scheduler::blocks_to_come(const SequenceGroup& group) const {
  const auto num_sequences = static_cast<std::int32_t>(group.sequences.size());
  if (group.is_on_host()) return blocks_held(group) + num_sequences - 1;
  const std::int32_t prompt_blocks =
      num_sequences > 1 ? group.num_prompt_blocks(config_.block_size) : 0;
  std::int32_t blocks = prompt_blocks;
  for (const auto& each : group.sequences)
    blocks += blocks_for(each->num_tokens(), config_.block_size) - prompt_blocks;
  return blocks;
}

/// What the prompts already begun are still going to take.
std::int32_t Scheduler::blocks_committed() const {
  std::int32_t committed = 0;
  for (const SequenceGroup* group : running_) {
    for (const auto& each : group->sequences) {
      const bool is_outside = each->status == SequenceStatus::kOutside;
      const std::int32_t held =
          is_outside ? group->num_prompt_blocks(config_.block_size) : each->num_blocks;
      committed += std::max(0, blocks_for(each->num_expected_tokens(), config_.block_size) - held);
    }
  }
  return committed;
}

/// Blocks that have been given back and are not in the credits yet; at most.
std::int32_t Scheduler::blocks_pending(const Draft& draft) const {
  std::int32_t pending = draft.step.num_blocks_returned;
  for (const StepInFlight& step : in_flight_) pending += step.num_blocks_returned;
  for (const auto& [id, num_blocks] : transfers_) pending += num_blocks;
  return pending;
}

void Scheduler::promise(std::int32_t num_blocks, Draft& draft) {
  OCTAVO_ASSERT(num_blocks <= credits_);
  credits_ -= num_blocks;
  draft.step.num_blocks_promised += num_blocks;
}

// Whether `group` has its blocks now. If not, others have been told to give way, or it has itself;
// or enough is on its way back.
bool Scheduler::make_room(SequenceGroup& group, std::int32_t num_blocks, Draft& draft) {
  while (num_blocks > credits_) {
    if (num_blocks <= credits_ + blocks_pending(draft)) return false;
    SequenceGroup& victim = *running_.back();
    const bool is_self = &victim == &group;
    preempt_unasked(victim, draft);
    if (is_self) return false;
  }
  return true;
}

void Scheduler::preempt_unasked(SequenceGroup& victim, Draft& draft) {
  preempt(victim, mode_for(victim), draft);
}

PreemptionMode Scheduler::mode_for(const SequenceGroup& victim) const {
  if (config_.preemption_mode) return *config_.preemption_mode;
  std::int32_t num_tokens = 0;
  for (const auto& each : victim.sequences) num_tokens += each->num_planned_tokens;
  return cost_.swaps_faster(blocks_held(victim), num_tokens) ? PreemptionMode::kSwap
                                                             : PreemptionMode::kRecompute;
}

void Scheduler::preempt(RequestId request, PreemptionMode mode) {
  asked_to_go_.emplace_back(request, mode);
}

void Scheduler::go_as_asked(Draft& draft) {
  for (const auto& [request, mode] : std::exchange(asked_to_go_, {})) {
    SequenceGroup* group = find(request);
    if (group != nullptr && group->status == GroupStatus::kRunning && is_paged())
      preempt(*group, mode, draft);
  }
}

// All of the group, by one mode. Swapping needs room on the host and blocks that lie still.
void Scheduler::preempt(SequenceGroup& victim, PreemptionMode mode, Draft& draft) {
  const std::int32_t num_blocks = blocks_held(victim);
  const bool lies_still =
      std::all_of(victim.sequences.begin(), victim.sequences.end(), [](const auto& each) {
        return each->status == SequenceStatus::kRunning || each->status == SequenceStatus::kOutside;
      });
  if (!lies_still || victim.transfer || num_blocks > host_credits_ || num_blocks == 0)
    mode = PreemptionMode::kRecompute;
  for (const auto& each : victim.sequences) {
    if (each->status == SequenceStatus::kOutside) continue;
    draft.plan.preempted.push_back({each->id, mode});
    if (mode == PreemptionMode::kSwap) continue;
    leave_tail(*each);
    each->status = SequenceStatus::kOutside;
    each->num_blocks = 0;
    each->num_planned_tokens = 0;
  }
  if (mode == PreemptionMode::kSwap) {
    victim.transfer = TransferId{draft.plan.id, victim.id, TransferDirection::kDemote};
    transfers_.emplace(*victim.transfer, num_blocks);
    host_credits_ -= num_blocks;
    draft.step.num_host_blocks_promised += num_blocks;
    ++num_preemptions_swap_;
  } else {
    victim.transfer.reset();
    draft.step.num_blocks_returned += num_blocks;
    ++num_preemptions_recompute_;
  }
  running_.erase(std::find(running_.begin(), running_.end(), &victim));
  num_running_ -= victim.num_seats();
  victim.status = mode == PreemptionMode::kSwap ? GroupStatus::kSwapped : GroupStatus::kPreempted;
  const auto before = [this](const SequenceGroup* a, const SequenceGroup* b) {
    return running_order_(*a, *b, tenants_);
  };
  preempted_.insert(std::upper_bound(preempted_.begin(), preempted_.end(), &victim, before),
                    &victim);
  ++victim.num_preemptions;
  victim.returns_from = mode;
  events_.push_back(RequestPreempted{victim.id, mode});
}

void Scheduler::promote(SequenceGroup& group, Draft& draft) {
  promise(blocks_held(group), draft);
  for (const auto& each : group.sequences) {
    if (each->status == SequenceStatus::kOutside) continue;
    draft.plan.promotions.push_back(each->id);
    each->status = SequenceStatus::kArriving;
  }
  group.transfer = TransferId{draft.plan.id, group.id, TransferDirection::kPromote};
  transfers_.emplace(*group.transfer, 0);
}

// While blocks are short, the oldest cached ones move to the host ahead of their eviction, a few at
// a time: a block can be reused only once its copy has left.
void Scheduler::demote_cached(Draft& draft) {
  constexpr std::int32_t kAtOnce = 32;
  if (config_.num_host_blocks == 0 || num_cached_ == 0) return;
  const std::int32_t enough = std::max(4, config_.num_blocks / 50);
  const std::int32_t num_unused = credits_ - num_cached_;
  const TransferId id{draft.plan.id, RequestId{}, TransferDirection::kDemote};
  const bool is_under_way = std::any_of(transfers_.begin(), transfers_.end(), [](const auto& each) {
    return each.first.request.value == 0;
  });
  if (num_unused >= enough || is_under_way) return;
  const std::int32_t count =
      std::min({kAtOnce, enough - num_unused, num_cached_, credits_ / 2, host_credits_});
  if (count <= 0) return;
  draft.plan.num_demotions = count;
  promise(count, draft);
  host_credits_ -= count;
  draft.step.num_host_blocks_promised += count;
  num_cached_ -= count;
  transfers_.emplace(id, count);
}

bool Scheduler::reserve(SequenceGroup& group) {
  const std::int32_t num_prompt = group.num_prompt_tokens();
  const std::int32_t max_tokens = group.sequences.front()->sampling.max_tokens;
  const std::int32_t num_blocks = blocks_for(
      reserved_tokens(config_.kv_allocator, num_prompt, max_tokens, max_tokens_per_sequence()),
      config_.block_size);
  std::int32_t num_in_all = 0;
  for (const auto& each : group.sequences) {
    each->reservation = buddies_->allocate(num_blocks);
    num_in_all += num_blocks;
    // Blocks of a sequence that has just ended are in the credits one round later.
    if (each->reservation && num_in_all <= credits_) continue;
    for (const auto& other : group.sequences) {
      if (other->reservation) buddies_->release(*other->reservation);
      other->reservation.reset();
    }
    return false;
  }
  return true;
}

}  // namespace octavo
