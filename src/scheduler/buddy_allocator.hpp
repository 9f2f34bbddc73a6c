// Where contiguous reservations lie: the allocators that paging is compared with need a run of
// neighbouring blocks for every request. Buddy allocation (Knowlton 1965): sizes are rounded up to
// a power of two, a chunk is halved until it fits, and two free halves become one again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "src/core/step.hpp"

namespace octavo {

/// Deterministic: of the smallest chunks that fit, the one with the lowest address. O(log blocks).
class BuddyAllocator {
 public:
  /// num_blocks >= 0, of any size: the pool begins as the fewest aligned powers of two, largest
  /// first (983 = 512 + 256 + 128 + 64 + 16 + 4 + 2 + 1).
  explicit BuddyAllocator(std::int32_t num_blocks);

  /// A range of num_blocks >= 1 blocks that no other range has; the rest of its power of two stays
  /// empty beside it. More than the largest chunk gets the whole pool, when that is empty. Nothing
  /// when no chunk is large enough.
  [[nodiscard]] std::optional<BlockRange> allocate(std::int32_t num_blocks);
  /// Whether allocate() would answer with a range.
  bool can_allocate(std::int32_t num_blocks) const;
  /// Gives back a range as it was allocated.
  void release(const BlockRange& range);

  std::int32_t num_blocks() const { return num_blocks_; }
  /// Blocks in free chunks: neither in a range nor lost to its rounding.
  std::int32_t num_free() const { return num_free_; }
  /// The largest request that fits now.
  std::int32_t largest_free() const;

  /// The audit: chunks are aligned, within the pool, do not overlap, cover it together with the
  /// ranges, and no two free buddies are apart. O(chunks).
  bool is_consistent() const;

 private:
  struct Taken {
    std::int32_t num_blocks = 0;  ///< As asked for.
    std::int32_t extent = 0;      ///< As taken.
  };

  std::optional<std::int32_t> smallest_order_with(std::int32_t num_blocks) const;
  void free_chunk(std::int32_t first, std::int32_t order);
  bool is_empty() const { return num_free_ == num_blocks_; }
  void free_everything();

  std::int32_t num_blocks_;
  std::int32_t num_free_ = 0;
  std::vector<std::set<std::int32_t>> free_;  ///< [order]: first blocks of free chunks of 2^order.
  std::map<std::int32_t, Taken> taken_;       ///< By first block.
};

}  // namespace octavo
