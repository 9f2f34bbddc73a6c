#include "src/cache/block_manager.hpp"

#include "src/core/error.hpp"

namespace octavo {

BlockManager::BlockManager(std::int32_t num_blocks, std::int32_t block_size)
    : block_size_(block_size), pool_(num_blocks) {
  OCTAVO_ASSERT(block_size >= 1);
}

StepBatch BlockManager::reserve(StepPlan plan) {
  StepBatch batch;
  batch.id = plan.id;
  batch.released = std::move(plan.released);
  for (const Preemption& preemption : plan.preempted) batch.released.push_back(preemption.id);
  for (SequenceId sequence : batch.released) drop(sequence);
  for (const SequenceStart& start : plan.starts) {
    const bool is_new = tables_.try_emplace(start.id).second;
    OCTAVO_ASSERT(is_new);
  }
  for (const Fork& each : plan.forks) fork(each);

  batch.cu_blocks.reserve(plan.scheduled.size() + 1);
  batch.cu_blocks.push_back(0);
  for (const ScheduledSequence& scheduled : plan.scheduled) {
    auto found = tables_.find(scheduled.id);
    OCTAVO_ASSERT(found != tables_.end());
    Table& table = found->second;
    grow(table, scheduled, batch.copies);
    batch.block_tables.insert(batch.block_tables.end(), table.blocks.begin(), table.blocks.end());
    batch.cu_blocks.push_back(static_cast<std::int32_t>(batch.block_tables.size()));
  }
  batch.starts = std::move(plan.starts);
  batch.forks = std::move(plan.forks);
  batch.scheduled = std::move(plan.scheduled);
  batch.free_blocks = pool_.num_free();
  return batch;
}

BlockId BlockManager::take() {
  const auto block = pool_.allocate();
  OCTAVO_ASSERT(block.has_value());
  return *block;
}

void BlockManager::drop(SequenceId sequence) {
  auto found = tables_.find(sequence);
  if (found == tables_.end()) return;  // Cancelled before it ever started.
  // The last block first, so that the pool hands a sequence's blocks out again in their old order.
  for (std::size_t i = found->second.blocks.size(); i-- > 0;)
    pool_.release(found->second.blocks[i]);
  tables_.erase(found);
}

void BlockManager::fork(const Fork& fork) {
  const auto parent = tables_.find(fork.parent);
  OCTAVO_ASSERT(parent != tables_.end());
  Table child = parent->second;
  for (BlockId block : child.blocks) pool_.retain(block);
  const bool is_new = tables_.try_emplace(fork.child, std::move(child)).second;
  OCTAVO_ASSERT(is_new);
}

void BlockManager::grow(Table& table, const ScheduledSequence& scheduled,
                        std::vector<BlockCopy>& copies) {
  const std::int64_t end = std::int64_t{scheduled.first_position} + scheduled.num_tokens;
  OCTAVO_ASSERT(scheduled.first_position <= table.num_tokens && scheduled.num_tokens >= 1);
  for (auto i = static_cast<std::size_t>(scheduled.first_position / block_size_);
       i < table.blocks.size(); ++i) {
    if (pool_.num_holders(table.blocks[i]) == 1) continue;
    const BlockId copy = take();
    copies.push_back({table.blocks[i], copy});
    pool_.release(table.blocks[i]);
    table.blocks[i] = copy;
  }
  const auto needed = static_cast<std::size_t>(blocks_for(end, block_size_));
  while (table.blocks.size() < needed) table.blocks.push_back(take());
  table.num_tokens = end;
}

std::int64_t BlockManager::num_tokens_held() const {
  std::int64_t total = 0;
  for (const auto& [id, table] : tables_) total += table.num_tokens;
  return total;
}

bool BlockManager::is_consistent() const {
  if (!pool_.is_consistent()) return false;
  std::vector<std::int32_t> holders(static_cast<std::size_t>(pool_.num_blocks()), 0);
  for (const auto& [id, table] : tables_) {
    if (static_cast<std::int64_t>(table.blocks.size()) != blocks_for(table.num_tokens, block_size_))
      return false;
    for (BlockId block : table.blocks) ++holders[static_cast<std::size_t>(block.value)];
  }
  for (std::int32_t i = 0; i < pool_.num_blocks(); ++i) {
    if (pool_.num_holders(BlockId{i}) != holders[static_cast<std::size_t>(i)]) return false;
  }
  return true;
}

BlockAudit BlockManager::audit() const {
  BlockAudit audit;
  audit.device.num_blocks = num_blocks();
  audit.device.num_free = num_free();
  audit.device.num_owned = num_blocks() - num_free();
  audit.is_consistent = is_consistent();
  if (!audit.is_consistent) audit.fault = "a block's count is not the number of its holders";
  return audit;
}

}  // namespace octavo
