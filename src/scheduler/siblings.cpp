#include "src/scheduler/siblings.hpp"

#include <algorithm>

#include "src/core/block_count.hpp"

namespace octavo {
namespace {

Sequence& sequence_of(SequenceGroup& group, SequenceId id) {
  return **std::find_if(group.sequences.begin(), group.sequences.end(),
                        [&](const auto& each) { return each->id == id; });
}

const Sequence* with_computed_prompt(const SequenceGroup& group) {
  for (const auto& each : group.sequences) {
    if (each->has_computed_prompt()) return each.get();
  }
  return nullptr;
}

}  // namespace

void Siblings::start_twins(SequenceGroup& group) {
  if (!config_.is_paged() || group.beams != nullptr || group.sequences.size() < 2) return;
  const auto leader_index = static_cast<std::int32_t>(builder_.scheduled().size()) - 1;
  Sequence& leader = sequence_of(group, builder_.scheduled().back().id);
  const std::int32_t num_prompt = leader.num_prompt_tokens;
  if (leader.num_planned_tokens != num_prompt) return;
  for (const auto& each : group.sequences) {
    Sequence& twin = *each;
    if (group.num_inside() >= group.num_seats()) return;
    if (twin.status != SequenceStatus::kOutside || twin.num_tokens() != num_prompt ||
        twin.num_steps_in_flight > 0)
      continue;
    builder_.start_twin(twin, leader, leader_index);
    group.num_shared_blocks += twin.num_blocks;
  }
}

void Siblings::start_missing(SequenceGroup& group) {
  const auto num_inside = static_cast<std::size_t>(group.num_inside());
  if (num_inside == group.sequences.size()) return;
  const Sequence* sibling = config_.is_paged() ? with_computed_prompt(group) : nullptr;
  if (num_inside > 0 && sibling == nullptr && config_.is_paged()) return;  // It is under way.
  for (const auto& each : group.sequences) {
    if (each->status != SequenceStatus::kOutside) continue;
    if (each->num_steps_in_flight > 0 || builder_.prefill_budget() <= 0) return;
    if (group.num_inside() >= group.num_seats()) return;
    const std::int32_t num_shared =
        sibling == nullptr ? 0 : group.num_prompt_blocks(config_.block_size);
    const std::int32_t num_needed = blocks_for(each->num_tokens(), config_.block_size) - num_shared;
    if (config_.is_paged() && num_needed > credits_.num_free()) return;
    builder_.start(*each, sibling);
    if (sibling == nullptr && config_.is_paged()) return;
  }
}

}  // namespace octavo
