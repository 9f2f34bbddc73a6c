// The blocks of both tiers with what lies in them: which are free, who used them last, and where a
// known beginning of a prompt can be found. Taking a block evicts the oldest cached content when no
// block is free. Whoever holds blocks is the block manager's matter; this only counts them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/cache/block_pool.hpp"
#include "src/cache/prefix_index.hpp"
#include "src/core/block_map.hpp"
#include "src/core/step.hpp"

namespace octavo {

class TieredPool {
 public:
  TieredPool(std::int32_t num_device_blocks, std::int32_t num_host_blocks, std::int32_t block_size,
             std::uint64_t secret);

  const BlockPool& pool(Tier tier) const { return pools_[index_of(tier)]; }
  PrefixIndex& index() { return index_; }
  const PrefixIndex& index() const { return index_; }

  /// A block for `request`, held once. One must be available; the oldest cached content goes.
  BlockId take(Tier tier, RequestId request, StepId step);
  /// These very device blocks, all free.
  void take_range(const BlockRange& range, RequestId request, StepId step);
  /// One more holder.
  void share(Tier tier, BlockId block, RequestId request, StepId step);
  void release(Tier tier, BlockId block);
  void begin_transfer(Tier tier, BlockId block);
  void end_transfer(Tier tier, BlockId block);
  /// A block that only a transfer holds: taken like take(), but for nobody.
  BlockId take_for_transfer(Tier tier, StepId step);

  /// From now on `content` can be found in this block.
  void enter(Tier tier, BlockId block, ContentId content);
  ContentId content_of(Tier tier, BlockId block) const { return contents(tier)[at(block)]; }
  /// The content is no longer looked for in this block; if nobody holds the block, it is free.
  void forget(Tier tier, BlockId block);
  void forget_all();

  /// A copy of `source` with its history now lies in `destination`.
  void inherit_use(Tier from, BlockId source, Tier to, BlockId destination);

  BlockView view(Tier tier, BlockId block) const;
  /// Keeps a list of the blocks that change, for take_changed().
  void set_observed(bool observed);
  std::vector<BlockView> take_changed();

  /// What is wrong, in words; empty when nothing is. O(blocks).
  std::string fault() const;

 private:
  struct Use {
    std::array<RequestId, kMaxBlockRequests> requests{};
    std::uint8_t num_requests = 0;
    StepId last_used;
  };

  static std::size_t index_of(Tier tier) { return static_cast<std::size_t>(tier); }
  static std::size_t at(BlockId block) { return static_cast<std::size_t>(block.value); }
  std::vector<ContentId>& contents(Tier tier) { return contents_[index_of(tier)]; }
  const std::vector<ContentId>& contents(Tier tier) const { return contents_[index_of(tier)]; }
  void make_room(Tier tier);
  void note_use(Tier tier, BlockId block, RequestId request, StepId step);
  void mark(Tier tier, BlockId block);

  std::array<BlockPool, 2> pools_;
  PrefixIndex index_;
  std::array<std::vector<ContentId>, 2> contents_;  // [num_blocks]; 0: none
  std::array<std::vector<Use>, 2> uses_;            // [num_blocks]
  bool is_observed_ = false;
  std::array<std::vector<bool>, 2> is_marked_;
  std::vector<std::pair<Tier, BlockId>> marked_;
};

}  // namespace octavo
