// Where the keys and values of a prompt's beginning already lie. Every full block whose tokens are
// known is entered under a chained 128-bit hash of all tokens before and in it, keyed with a secret
// of the process; a hit also compares the tokens and the very entry it continues, so that a
// collision can never hand out another prompt's blocks. One content may lie on the device, on the
// host, or both.
//
// Complexity: find and insert O(block_size). Nothing is allocated after construction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "src/core/block_map.hpp"
#include "src/core/ids.hpp"

namespace octavo {

/// One entered content; unique over the life of the index, 0 is none (the beginning of a prompt).
using ContentId = StrongId<struct ContentTag, std::uint64_t>;

/// A place in a chain of full blocks: what has been seen so far.
struct PrefixPosition {
  std::array<std::uint64_t, 2> hash{};
  ContentId content;  ///< What the last block holds; none at the beginning.
};

class PrefixIndex {
 public:
  /// Room for max_contents, one for each block of the two tiers at most. secret: keys the hash.
  PrefixIndex(std::int32_t max_contents, std::int32_t block_size, std::uint64_t secret);

  /// Where a prompt of this namespace begins.
  PrefixPosition root(std::uint64_t cache_namespace) const;
  /// The position after one more block, whether it is entered or not (then without content).
  /// tokens: [block_size]
  PrefixPosition next(const PrefixPosition& at, std::span<const TokenId> tokens) const;
  /// Enters the block that `at` (from next(), without content) ends with, continuing `parent`.
  ContentId insert(const PrefixPosition& at, ContentId parent, std::span<const TokenId> tokens);

  /// Where the content lies; nothing when not on that tier. `content` may have been forgotten.
  std::optional<BlockId> place(ContentId content, Tier tier) const {
    const std::int32_t slot = slot_of(content);
    if (slot == kNone) return std::nullopt;
    const std::int32_t block =
        entries_[static_cast<std::size_t>(slot)].place[static_cast<std::size_t>(tier)];
    return block == kNone ? std::nullopt : std::optional(BlockId{block});
  }
  bool is_known(ContentId content) const { return slot_of(content) != kNone; }
  void set_place(ContentId content, Tier tier, BlockId block);
  /// The content is gone from the tier; gone from both, it is forgotten.
  void clear_place(ContentId content, Tier tier);

  std::int32_t size() const { return num_entries_; }

 private:
  static constexpr std::int32_t kNone = -1;
  // A content's id is its serial number above the slot it lies in, so that finding it is no search.
  static constexpr int kSlotBits = 31;
  static constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;
  struct Entry {
    std::array<std::uint64_t, 2> hash{};
    ContentId id;  ///< 0: the entry is unused.
    ContentId parent;
    std::array<std::int32_t, 2> place{kNone, kNone};  ///< By tier.
  };

  std::size_t mask() const { return buckets_.size() - 1; }
  std::size_t home_of(const std::array<std::uint64_t, 2>& hash) const { return hash[0] & mask(); }
  std::int32_t slot_of(ContentId content) const {
    const std::uint64_t slot = content.value & kSlotMask;
    const bool is_known = content.value != 0 && slot < entries_.size() &&
                          entries_[static_cast<std::size_t>(slot)].id == content;
    return is_known ? static_cast<std::int32_t>(slot) : kNone;
  }
  void forget(std::int32_t slot);
  void erase_bucket(std::size_t bucket);

  std::int32_t block_size_;
  std::uint64_t secret_;
  std::vector<Entry> entries_;         // [max_contents]
  std::vector<TokenId> tokens_;        // [max_contents, block_size]
  std::vector<std::int32_t> unused_;   // slots
  std::vector<std::int32_t> buckets_;  // [power of two] slot or kNone; linear probing
  std::int32_t num_entries_ = 0;
  std::uint64_t next_serial_ = 1;
};

}  // namespace octavo
