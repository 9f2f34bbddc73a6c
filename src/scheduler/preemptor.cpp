#include "src/scheduler/preemptor.hpp"

#include <algorithm>

#include "src/scheduler/block_needs.hpp"

namespace octavo {
namespace {

/// None of its blocks is on its way, and it is known which ones it has.
bool is_settled(const SequenceGroup& group) {
  return !group.transfer &&
         std::all_of(group.sequences.begin(), group.sequences.end(), [](const auto& each) {
           return each->status == SequenceStatus::kRunning ||
                  each->status == SequenceStatus::kOutside;
         });
}

}  // namespace

bool Preemptor::make_room(SequenceGroup& group, std::int32_t num_blocks) {
  while (num_blocks > credits_.num_free()) {
    if (num_blocks <= credits_.num_free() + credits_.num_pending()) return false;
    SequenceGroup& victim = queues_.victim();
    const bool is_self = &victim == &group;
    preempt(victim);
    if (is_self) return false;
  }
  return true;
}

void Preemptor::preempt(SequenceGroup& victim) {
  // What a borrower has computed stays in the prefix cache for as long as nobody takes it.
  const bool is_kept = &victim == queues_.borrower() && config_.enable_prefix_caching;
  const PreemptionMode best = is_kept ? PreemptionMode::kRecompute : cheaper_mode(victim);
  preempt(victim, config_.preemption_mode.value_or(best));
}

PreemptionMode Preemptor::cheaper_mode(const SequenceGroup& victim) const {
  std::int32_t num_tokens = 0;
  for (const auto& each : victim.sequences) num_tokens += each->num_planned_tokens;
  const std::int32_t num_blocks = blocks_held(victim, config_.is_paged(), config_.block_size);
  return cost_.swaps_faster(num_blocks, num_tokens) ? PreemptionMode::kSwap
                                                    : PreemptionMode::kRecompute;
}

void Preemptor::preempt(SequenceGroup& victim, PreemptionMode mode) {
  const std::int32_t num_blocks = blocks_held(victim, config_.is_paged(), config_.block_size);
  if (!is_settled(victim) || num_blocks > credits_.num_host_free() || num_blocks == 0)
    mode = PreemptionMode::kRecompute;
  if (mode == PreemptionMode::kSwap) {
    victim.transfer = TransferId{builder_.id(), victim.id, TransferDirection::kDemote};
    credits_.begin_transfer(*victim.transfer, num_blocks);
    credits_.promise_on_host(num_blocks);
    ++num_swaps_;
  } else {
    // Siblings share blocks, and what is on its way may be anybody's: there the result says how
    // many are free.
    if (victim.sequences.size() == 1 && is_settled(victim))
      credits_.release(num_blocks);
    else
      credits_.give_back(num_blocks);
    victim.transfer.reset();
    ++num_recomputes_;
  }
  for (const auto& each : victim.sequences) {
    if (each->status != SequenceStatus::kOutside) builder_.preempt(*each, mode);
  }
  queues_.preempt(victim,
                  mode == PreemptionMode::kSwap ? GroupStatus::kSwapped : GroupStatus::kPreempted);
  ++victim.num_preemptions;
  victim.returns_from = mode;
  events_.push_back(RequestPreempted{victim.id, mode});
}

}  // namespace octavo
