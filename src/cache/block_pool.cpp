#include "src/cache/block_pool.hpp"

#include <algorithm>

#include "src/core/error.hpp"

namespace octavo {

BlockPool::BlockPool(std::int32_t num_blocks) {
  OCTAVO_ASSERT(num_blocks >= 0);
  blocks_.resize(static_cast<std::size_t>(num_blocks));
  free_.reserve(blocks_.size());
  for (std::int32_t i = num_blocks; i-- > 0;) free_.push_back(BlockId{i});
}

std::optional<BlockId> BlockPool::allocate() {
  if (free_.empty()) return std::nullopt;
  const BlockId block = free_.back();
  free_.pop_back();
  at(block).num_holders = 1;
  ++num_owned_;
  return block;
}

void BlockPool::allocate(BlockId block) {
  OCTAVO_ASSERT(is_free(block));
  const auto found = std::find(free_.rbegin(), free_.rend(), block);
  OCTAVO_ASSERT(found != free_.rend());
  *found = free_.back();
  free_.pop_back();
  at(block).num_holders = 1;
  ++num_owned_;
}

void BlockPool::retain(BlockId block) {
  Block& held = at(block);
  if (held.num_holders++ > 0) return;
  OCTAVO_ASSERT(held.on_list || held.num_transfers > 0);
  if (held.on_list)
    unlink(block);
  else
    --num_in_transfer_;
  ++num_owned_;
}

void BlockPool::release(BlockId block) {
  Block& held = at(block);
  OCTAVO_ASSERT(held.num_holders > 0);
  if (--held.num_holders > 0) return;
  --num_owned_;
  if (held.num_transfers > 0)
    ++num_in_transfer_;
  else
    settle(block);
}

void BlockPool::begin_transfer(BlockId block) {
  Block& held = at(block);
  OCTAVO_ASSERT(held.num_holders > 0 || held.on_list || held.num_transfers > 0);
  ++held.num_transfers;
  if (!held.on_list) return;
  unlink(block);
  ++num_in_transfer_;
}

void BlockPool::end_transfer(BlockId block) {
  Block& held = at(block);
  OCTAVO_ASSERT(held.num_transfers > 0);
  if (--held.num_transfers > 0 || held.num_holders > 0) return;
  --num_in_transfer_;
  settle(block);
}

void BlockPool::keep_content(BlockId block) {
  OCTAVO_ASSERT(at(block).num_holders > 0 || at(block).num_transfers > 0);
  at(block).keeps_content = true;
}

void BlockPool::drop_content(BlockId block) {
  Block& held = at(block);
  held.keeps_content = false;
  if (!held.on_list) return;
  unlink(block);
  free_.push_back(block);
}

std::optional<BlockId> BlockPool::oldest_cached() const {
  if (oldest_ == kNone) return std::nullopt;
  return BlockId{oldest_};
}

void BlockPool::settle(BlockId block) {
  if (at(block).keeps_content)
    append(block);
  else
    free_.push_back(block);
}

void BlockPool::append(BlockId block) {
  Block& added = at(block);
  added.on_list = true;
  added.older = newest_;
  added.newer = kNone;
  (newest_ == kNone ? oldest_ : at(BlockId{newest_}).newer) = block.value;
  newest_ = block.value;
  ++num_cached_;
}

void BlockPool::unlink(BlockId block) {
  Block& removed = at(block);
  (removed.older == kNone ? oldest_ : at(BlockId{removed.older}).newer) = removed.newer;
  (removed.newer == kNone ? newest_ : at(BlockId{removed.newer}).older) = removed.older;
  removed.on_list = false;
  --num_cached_;
}

std::string BlockPool::fault() const {
  std::vector<bool> on_stack(blocks_.size(), false);
  for (BlockId block : free_) {
    const auto index = static_cast<std::size_t>(block.value);
    if (on_stack.at(index)) return "block " + std::to_string(block.value) + " is free twice";
    if (!is_free(block)) return "block " + std::to_string(block.value) + " is free and in use";
    on_stack[index] = true;
  }
  std::int32_t num_owned = 0;
  std::int32_t num_cached = 0;
  std::int32_t num_in_transfer = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    if (block.is_free() && !on_stack[i]) return "block " + std::to_string(i) + " is lost";
    num_owned += block.num_holders > 0 ? 1 : 0;
    num_cached += block.on_list ? 1 : 0;
    num_in_transfer += block.num_holders == 0 && block.num_transfers > 0 ? 1 : 0;
  }
  std::int32_t num_linked = 0;
  for (std::int32_t at = oldest_; at != kNone && num_linked <= num_cached; ++num_linked)
    at = blocks_[static_cast<std::size_t>(at)].newer;
  if (num_linked != num_cached) return "the list of cached blocks is broken";
  if (num_owned != num_owned_ || num_cached != num_cached_ || num_in_transfer != num_in_transfer_)
    return "a count of blocks by state is wrong";
  if (num_owned + num_cached + num_in_transfer + num_free() != num_blocks())
    return "free + cached + owned + in transfer is not the total";
  return "";
}

}  // namespace octavo
