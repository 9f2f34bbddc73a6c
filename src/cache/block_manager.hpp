// Turns a plan in counts into a batch with identities: which block holds which tokens of which
// sequence. The scheduler promises that a plan fits (it counts the credits that come round the
// ring), so nothing here can fail for want of blocks; a plan that does not fit is a bug and
// asserts.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "src/cache/block_pool.hpp"
#include "src/core/block_audit.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// Blocks that hold `num_tokens` tokens.
constexpr std::int32_t blocks_for(std::int64_t num_tokens, std::int32_t block_size) {
  return static_cast<std::int32_t>((num_tokens + block_size - 1) / block_size);
}

class BlockManager {
 public:
  /// block_size >= 1 tokens; num_blocks device blocks.
  BlockManager(std::int32_t num_blocks, std::int32_t block_size);

  /// Applies the plan in its fixed order (released, preempted, starts, forks, scheduled) and names
  /// the blocks. Writing into a block that another sequence holds too copies it first (copy on
  /// write), listed in `copies`.
  StepBatch reserve(StepPlan plan);

  std::int32_t num_free() const { return pool_.num_free(); }
  std::int32_t num_blocks() const { return pool_.num_blocks(); }
  std::int32_t num_sequences() const { return static_cast<std::int32_t>(tables_.size()); }
  /// Tokens that the tables' blocks have been planned to hold; waste is what is left of the owned
  /// blocks.
  std::int64_t num_tokens_held() const;

  /// The audit: free + owned = total, and every block's count equals the number of tables that hold
  /// it. O(blocks).
  bool is_consistent() const;
  BlockAudit audit() const;

 private:
  struct Table {
    std::vector<BlockId> blocks;
    std::int64_t num_tokens = 0;
  };

  BlockId take();
  void drop(SequenceId sequence);
  void fork(const Fork& fork);
  void grow(Table& table, const ScheduledSequence& scheduled, std::vector<BlockCopy>& copies);

  std::int32_t block_size_;
  BlockPool pool_;
  std::unordered_map<SequenceId, Table> tables_;
};

}  // namespace octavo
