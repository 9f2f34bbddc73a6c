// Who holds which block of one tier: ids only, never bytes. A block is free (on the stack), cached
// (nobody holds it, but its content may be found again; evictable, oldest first), owned (held by
// one or more tables: forks share blocks by raising counts), or in transfer (nobody holds it, but a
// copy from or to it is under way, so it may be neither reused nor read).
//
// Complexity: every call O(1), but is_consistent(). Nothing is allocated after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {

class BlockPool {
 public:
  /// num_blocks >= 0. All blocks start free and are handed out in rising order.
  explicit BlockPool(std::int32_t num_blocks);

  /// A free block, now owned once; nothing when none is free (cached ones are to be evicted first).
  [[nodiscard]] std::optional<BlockId> allocate();
  /// Takes this very block, which must be free.
  void allocate(BlockId block);
  /// One more holder of a block that is owned, cached or in transfer.
  void retain(BlockId block);
  /// One holder less. The last one leaves it cached if its content is kept, else free; a transfer
  /// under way decides that at its own end.
  void release(BlockId block);

  /// A copy from or to the block begins or ends. Counted: there may be several.
  void begin_transfer(BlockId block);
  void end_transfer(BlockId block);

  /// Whether the block's content can be found again, so that it is worth keeping when released.
  void keep_content(BlockId block);
  void drop_content(BlockId block);

  /// The cached block that nobody has used for longest; nothing when none is cached.
  std::optional<BlockId> oldest_cached() const;

  std::int32_t num_blocks() const { return static_cast<std::int32_t>(blocks_.size()); }
  std::int32_t num_free() const { return static_cast<std::int32_t>(free_.size()); }
  std::int32_t num_cached() const { return num_cached_; }
  std::int32_t num_owned() const { return num_owned_; }
  std::int32_t num_in_transfer() const { return num_in_transfer_; }
  /// Blocks that an allocation could have: free or, after an eviction, cached.
  std::int32_t num_available() const { return num_free() + num_cached_; }
  std::int32_t num_holders(BlockId block) const { return at(block).num_holders; }
  std::int32_t num_transfers(BlockId block) const { return at(block).num_transfers; }
  bool is_cached(BlockId block) const { return at(block).on_list; }
  bool is_free(BlockId block) const { return at(block).is_free(); }

  /// What is wrong, in words; empty when free + cached + owned + in transfer = total and every
  /// block is in the place that its counts say. O(num_blocks).
  std::string fault() const;

 private:
  static constexpr std::int32_t kNone = -1;
  struct Block {
    std::int32_t num_holders = 0;
    std::int32_t num_transfers = 0;
    std::int32_t older = kNone;  ///< Neighbours on the list of cached blocks.
    std::int32_t newer = kNone;
    bool keeps_content = false;
    bool on_list = false;
    bool is_free() const {
      return num_holders == 0 && num_transfers == 0 && !on_list && !keeps_content;
    }
  };

  const Block& at(BlockId block) const { return blocks_.at(static_cast<std::size_t>(block.value)); }
  Block& at(BlockId block) { return blocks_.at(static_cast<std::size_t>(block.value)); }
  void settle(BlockId block);  ///< Nobody holds it any more: cached or free.
  void append(BlockId block);
  void unlink(BlockId block);

  std::vector<Block> blocks_;  // [num_blocks]
  std::vector<BlockId> free_;  // used from the back
  std::int32_t oldest_ = kNone;
  std::int32_t newest_ = kNone;
  std::int32_t num_cached_ = 0;
  std::int32_t num_owned_ = 0;
  std::int32_t num_in_transfer_ = 0;
};

}  // namespace octavo
