#include "src/scheduler/block_needs.hpp"

#include <algorithm>
#include <unordered_map>

#include "src/core/block_count.hpp"

namespace octavo {
namespace {

bool writes_into_its_last_block(const Sequence& sequence, std::int32_t block_size) {
  return sequence.num_planned_tokens % block_size != 0;
}

/// Copies on write when every sequence of the group writes.
std::int32_t copies_missing(const SequenceGroup& group, std::int32_t block_size) {
  struct Writers {
    std::int32_t num_writers = 0;
    std::int32_t num_sharers = 0;
  };
  std::unordered_map<const void*, Writers> blocks;
  for (const auto& each : group.sequences) {
    if (each->tail.block() == nullptr || !writes_into_its_last_block(*each, block_size)) continue;
    Writers& writers = blocks[each->tail.block()];
    ++writers.num_writers;
    writers.num_sharers = each->tail.num_sharers();
  }
  std::int32_t copies = 0;
  for (const auto& [block, writers] : blocks)
    copies += writers.num_writers - (writers.num_writers == writers.num_sharers ? 1 : 0);
  return copies;
}

}  // namespace

std::int32_t blocks_missing(const Sequence& sequence, std::int32_t num_tokens,
                            std::int32_t block_size) {
  const std::int32_t end = sequence.num_planned_tokens + num_tokens;
  const bool copies = sequence.tail.is_shared() && writes_into_its_last_block(sequence, block_size);
  return std::max(0, blocks_for(end, block_size) - sequence.num_blocks) + (copies ? 1 : 0);
}

std::int32_t blocks_missing(const SequenceGroup& beams, std::int32_t block_size) {
  std::int32_t missing = copies_missing(beams, block_size);
  for (const auto& each : beams.sequences)
    missing += std::max(0, blocks_for(each->num_planned_tokens + 1, block_size) - each->num_blocks);
  return missing;
}

std::int32_t blocks_held(const SequenceGroup& group, bool shares_prompt, std::int32_t block_size) {
  const std::int32_t prompt_blocks =
      shares_prompt && group.sequences.size() > 1 ? group.num_prompt_blocks(block_size) : 0;
  std::int32_t own = 0;
  std::int32_t shared = 0;
  for (const auto& each : group.sequences) {
    own += std::max(0, each->num_blocks - prompt_blocks);
    shared = std::max(shared, std::min(each->num_blocks, prompt_blocks));
  }
  return shared + own;
}

std::int32_t blocks_to_come(const SequenceGroup& group, std::int32_t block_size) {
  const auto num_sequences = static_cast<std::int32_t>(group.sequences.size());
  if (group.is_on_host()) {
    std::int32_t missing = 0;
    for (const auto& each : group.sequences) {
      if (each->status != SequenceStatus::kOutside)
        missing += std::max(0, blocks_for(each->num_tokens(), block_size) - each->num_blocks);
    }
    return blocks_held(group, true, block_size) + std::max(missing, num_sequences - 1);
  }
  const std::int32_t prompt_blocks = num_sequences > 1 ? group.num_prompt_blocks(block_size) : 0;
  std::int32_t blocks = prompt_blocks;
  for (const auto& each : group.sequences)
    blocks += blocks_for(each->num_tokens(), block_size) - prompt_blocks;
  return blocks;
}

std::int32_t blocks_committed(const std::vector<SequenceGroup*>& running, std::int32_t block_size,
                              const SequenceGroup* except) {
  std::int32_t committed = 0;
  for (const SequenceGroup* group : running) {
    if (group == except) continue;
    for (const auto& each : group->sequences) {
      const bool is_outside = each->status == SequenceStatus::kOutside;
      const std::int32_t held =
          is_outside ? group->num_prompt_blocks(block_size) : each->num_blocks;
      committed += std::max(0, blocks_for(each->num_expected_tokens(), block_size) - held);
    }
  }
  return committed;
}

std::int32_t blocks_to_grow(const std::vector<SequenceGroup*>& running, std::int32_t num_tokens,
                            std::int32_t block_size) {
  std::int32_t growth = 0;
  for (const SequenceGroup* group : running) {
    for (const auto& each : group->sequences) {
      if (!each->has_computed_prompt()) continue;
      const std::int32_t num_left = each->sampling.max_tokens - each->num_completion_tokens();
      const std::int32_t end = each->num_planned_tokens + std::clamp(num_left, 0, num_tokens);
      growth += std::max(0, blocks_for(end, block_size) - each->num_blocks);
    }
  }
  return growth;
}

}  // namespace octavo
