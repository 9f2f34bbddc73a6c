// The half of the block manager that only looks: counts, the audit and the picture.
#include <array>
#include <cmath>
#include <string>

#include "src/cache/block_manager.hpp"

namespace octavo {

std::int64_t BlockManager::num_tokens_held() const {
  const BlockPool& device = pools_.pool(Tier::kDevice);
  double unused = 0.0;
  for (const auto& [id, table] : tables_) {
    if (table.tier != Tier::kDevice || table.blocks.empty()) continue;
    const auto slots = static_cast<std::int64_t>(table.blocks.size()) * config_.block_size;
    // Tables that share their last block share its unused slots.
    unused +=
        static_cast<double>(slots - table.num_tokens) / device.num_holders(table.blocks.back());
    unused += static_cast<double>(table.reserved.size()) * config_.block_size;
  }
  return std::int64_t{device.num_owned()} * config_.block_size - std::llround(unused);
}

BlockAudit BlockManager::audit() const {
  BlockAudit audit;
  const auto counts = [](const BlockPool& pool) {
    return TierAudit{pool.num_blocks(), pool.num_free(), pool.num_cached(), pool.num_owned(),
                     pool.num_in_transfer()};
  };
  audit.device = counts(pools_.pool(Tier::kDevice));
  audit.host = counts(pools_.pool(Tier::kHost));
  audit.fault = pools_.fault();
  if (audit.fault.empty()) audit.fault = holders_fault();
  audit.is_consistent = audit.fault.empty();
  return audit;
}

std::string BlockManager::holders_fault() const {
  std::array<std::vector<std::int32_t>, 2> holders;
  std::array<std::vector<std::int32_t>, 2> pins;
  for (Tier tier : {Tier::kDevice, Tier::kHost}) {
    const auto num_blocks = static_cast<std::size_t>(pools_.pool(tier).num_blocks());
    holders[static_cast<std::size_t>(tier)].resize(num_blocks);
    pins[static_cast<std::size_t>(tier)].resize(num_blocks);
  }
  const auto count = [](auto& counts, Tier tier, BlockId block) {
    ++counts[static_cast<std::size_t>(tier)].at(static_cast<std::size_t>(block.value));
  };
  std::int64_t num_table_blocks = 0;
  for (const auto& [id, table] : tables_) {
    const auto num_blocks = static_cast<std::int64_t>(table.blocks.size());
    if (num_blocks != blocks_for(table.num_tokens, config_.block_size))
      return "sequence " + std::to_string(id.value) + " has not the blocks of its tokens";
    num_table_blocks += num_blocks;
    for (BlockId block : table.blocks) count(holders, table.tier, block);
    for (BlockId block : table.reserved) count(holders, Tier::kDevice, block);
  }
  for (const auto& [id, record] : transfers_) {
    const bool demotes = id.direction == TransferDirection::kDemote;
    for (const BlockCopy& copy : record.copies) {
      count(pins, demotes ? Tier::kDevice : Tier::kHost, copy.source);
      count(pins, demotes ? Tier::kHost : Tier::kDevice, copy.destination);
    }
  }
  for (Tier tier : {Tier::kDevice, Tier::kHost}) {
    const BlockPool& pool = pools_.pool(tier);
    for (std::int32_t i = 0; i < pool.num_blocks(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (pool.num_holders(BlockId{i}) != holders[static_cast<std::size_t>(tier)][at] ||
          pool.num_transfers(BlockId{i}) != pins[static_cast<std::size_t>(tier)][at])
        return "block " + std::to_string(i) + " is not held as often as it counts";
    }
  }
  return num_table_blocks == num_table_blocks_ ? "" : "the tables' blocks are miscounted";
}

BlockMap BlockManager::full_map() const {
  BlockMap map;
  map.is_full = true;
  map.step = step_;
  map.block_size = config_.block_size;
  map.num_device_blocks = config_.num_blocks;
  map.num_host_blocks = config_.num_host_blocks;
  for (Tier tier : {Tier::kDevice, Tier::kHost}) {
    for (std::int32_t i = 0; i < pools_.pool(tier).num_blocks(); ++i)
      map.blocks.push_back(pools_.view(tier, BlockId{i}));
  }
  return map;
}

BlockMap BlockManager::take_changes() {
  BlockMap map;
  map.step = step_;
  map.block_size = config_.block_size;
  map.num_device_blocks = config_.num_blocks;
  map.num_host_blocks = config_.num_host_blocks;
  map.blocks = pools_.take_changed();
  return map;
}

}  // namespace octavo
