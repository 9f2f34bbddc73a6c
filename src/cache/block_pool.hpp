// Who holds which block: a free list and a reference count for each block of one tier. Ids only,
// never bytes. A block is free (count 0, on the list) or owned (count >= 1); forks of a sequence
// share blocks by raising counts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {

class BlockPool {
 public:
  /// num_blocks >= 0. All blocks start free and are handed out in rising order.
  explicit BlockPool(std::int32_t num_blocks);

  /// A free block, now owned once; nothing when the pool is exhausted.
  [[nodiscard]] std::optional<BlockId> allocate();
  /// One more holder of an owned block.
  void retain(BlockId block);
  /// One holder less; the last one frees the block.
  void release(BlockId block);

  std::int32_t num_blocks() const { return static_cast<std::int32_t>(counts_.size()); }
  std::int32_t num_free() const { return static_cast<std::int32_t>(free_.size()); }
  std::int32_t num_holders(BlockId block) const {
    return counts_.at(static_cast<std::size_t>(block.value));
  }

  /// True when free + owned = total and no block is on the list twice or on it while owned.
  /// O(num_blocks).
  bool is_consistent() const;

 private:
  std::vector<std::int32_t> counts_;  // [num_blocks]
  std::vector<BlockId> free_;         // used from the back
};

}  // namespace octavo
