#include "src/cache/block_pool.hpp"

#include "src/core/error.hpp"

namespace octavo {

BlockPool::BlockPool(std::int32_t num_blocks) {
  OCTAVO_ASSERT(num_blocks >= 0);
  counts_.assign(static_cast<std::size_t>(num_blocks), 0);
  free_.reserve(counts_.size());
  for (std::int32_t i = num_blocks; i-- > 0;) free_.push_back(BlockId{i});
}

std::optional<BlockId> BlockPool::allocate() {
  if (free_.empty()) return std::nullopt;
  const BlockId block = free_.back();
  free_.pop_back();
  counts_[static_cast<std::size_t>(block.value)] = 1;
  return block;
}

void BlockPool::retain(BlockId block) {
  auto& count = counts_.at(static_cast<std::size_t>(block.value));
  OCTAVO_ASSERT(count > 0);
  ++count;
}

void BlockPool::release(BlockId block) {
  auto& count = counts_.at(static_cast<std::size_t>(block.value));
  OCTAVO_ASSERT(count > 0);
  if (--count == 0) free_.push_back(block);
}

bool BlockPool::is_consistent() const {
  std::vector<bool> on_list(counts_.size(), false);
  for (BlockId block : free_) {
    const auto index = static_cast<std::size_t>(block.value);
    if (index >= counts_.size() || on_list[index] || counts_[index] != 0) return false;
    on_list[index] = true;
  }
  std::size_t num_owned = 0;
  for (std::int32_t count : counts_) num_owned += count > 0 ? 1 : 0;
  return num_owned + free_.size() == counts_.size();
}

}  // namespace octavo
