#include "src/cache/block_manager.hpp"

#include "src/core/error.hpp"

namespace octavo {

BlockManager::BlockManager(std::int32_t num_blocks, std::int32_t block_size)
    : block_size_(block_size), pool_(num_blocks) {
  OCTAVO_ASSERT(block_size >= 1);
  views_.resize(static_cast<std::size_t>(num_blocks));
  for (std::int32_t i = 0; i < num_blocks; ++i) views_[static_cast<std::size_t>(i)].id = BlockId{i};
}

StepBatch BlockManager::reserve(StepPlan plan) {
  StepBatch batch;
  batch.id = plan.id;
  step_ = plan.id;
  batch.released = std::move(plan.released);
  for (const Preemption& preemption : plan.preempted) batch.released.push_back(preemption.id);
  for (SequenceId sequence : batch.released) drop(sequence);
  for (const SequenceStart& start : plan.starts) {
    const auto [place, is_new] = tables_.try_emplace(start.id);
    OCTAVO_ASSERT(is_new);
    place->second.request = start.request;
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

BlockId BlockManager::take(RequestId request) {
  const auto block = pool_.allocate();
  OCTAVO_ASSERT(block.has_value());
  note_use(*block, request);
  return *block;
}

void BlockManager::release(BlockId block) {
  pool_.release(block);
  if (pool_.num_holders(block) == 0) views_[static_cast<std::size_t>(block.value)].requests.clear();
  note_change(block);
}

void BlockManager::drop(SequenceId sequence) {
  auto found = tables_.find(sequence);
  if (found == tables_.end()) return;  // Cancelled before it ever started.
  // The last block first, so that the pool hands a sequence's blocks out again in their old order.
  for (std::size_t i = found->second.blocks.size(); i-- > 0;) release(found->second.blocks[i]);
  tables_.erase(found);
}

void BlockManager::fork(const Fork& fork) {
  const auto parent = tables_.find(fork.parent);
  OCTAVO_ASSERT(parent != tables_.end());
  Table child = parent->second;
  for (BlockId block : child.blocks) {
    pool_.retain(block);
    note_use(block, child.request);
  }
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
    const BlockId copy = take(table.request);
    copies.push_back({table.blocks[i], copy});
    release(table.blocks[i]);
    table.blocks[i] = copy;
  }
  const auto needed = static_cast<std::size_t>(blocks_for(end, block_size_));
  while (table.blocks.size() < needed) table.blocks.push_back(take(table.request));
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

void BlockManager::note_use(BlockId block, RequestId request) {
  BlockView& view = views_[static_cast<std::size_t>(block.value)];
  std::erase(view.requests, request);
  if (view.requests.size() == kMaxBlockRequests) view.requests.erase(view.requests.begin());
  view.requests.push_back(request);
  view.last_used = step_;
  note_change(block);
}

void BlockManager::note_change(BlockId block) {
  const auto index = static_cast<std::size_t>(block.value);
  BlockView& view = views_[index];
  view.num_holders = pool_.num_holders(block);
  view.state = view.num_holders > 0 ? BlockState::kOwned : BlockState::kFree;
  if (is_changed_.empty() || is_changed_[index]) return;
  is_changed_[index] = true;
  changed_.push_back(block.value);
}

void BlockManager::set_observed(bool observed) {
  changed_.clear();
  is_changed_.assign(observed ? views_.size() : 0, false);
}

BlockMap BlockManager::empty_map() const {
  BlockMap map;
  map.step = step_;
  map.block_size = block_size_;
  map.num_device_blocks = pool_.num_blocks();
  return map;
}

BlockMap BlockManager::take_changes() {
  BlockMap map = empty_map();
  for (std::int32_t index : changed_) {
    map.blocks.push_back(views_[static_cast<std::size_t>(index)]);
    is_changed_[static_cast<std::size_t>(index)] = false;
  }
  changed_.clear();
  return map;
}

BlockMap BlockManager::full_map() const {
  BlockMap map = empty_map();
  map.is_full = true;
  map.blocks = views_;
  return map;
}

}  // namespace octavo
