// Turns a plan in counts into a batch with identities: which block holds which tokens of which
// sequence, what is already computed, and what must be copied between blocks and tiers. The
// scheduler promises that a plan fits (it counts the credits that come round the ring), so nothing
// here can fail for want of blocks; a plan that does not fit is a bug and asserts.
//
// A block table lies on one tier as a whole. Blocks that a copy is under way for are pinned by the
// transfer: the source is not reused before the copy out has finished, the destination not read
// before the copy in has.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "src/cache/tiered_pool.hpp"
#include "src/core/block_audit.hpp"
#include "src/core/block_count.hpp"
#include "src/core/cache_config.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// Counters since the start.
struct CacheTotals {
  std::int64_t num_queried_tokens = 0;  ///< Tokens of starting sequences, looked up.
  std::int64_t num_hit_tokens = 0;      ///< Found.
  std::int64_t num_demoted = 0;         ///< Blocks copied to the host.
  std::int64_t num_promoted = 0;        ///< Blocks copied back.
  std::int64_t num_copied = 0;          ///< Blocks copied on write.
};

class BlockManager {
 public:
  explicit BlockManager(const CacheConfig& config);

  /// Applies the plan in its order and names the blocks. Writing into a block that another sequence
  /// holds too copies it first (copy on write), listed in `copies`.
  StepBatch reserve(StepPlan plan);

  CacheCredits credits() const;
  const CacheTotals& totals() const { return totals_; }
  const TieredPool& pools() const { return pools_; }
  std::int32_t num_blocks() const { return config_.num_blocks; }
  std::int32_t num_free() const { return pools_.pool(Tier::kDevice).num_available(); }
  std::int32_t num_sequences() const { return static_cast<std::int32_t>(tables_.size()); }
  /// Slots on the device that hold a planned token, blocks shared by several sequences once; waste
  /// is what is left of the owned blocks. O(sequences).
  std::int64_t num_tokens_held() const;
  /// Blocks of the running tables, shared ones counted once for each holder: without sharing they
  /// would be as many. O(1).
  std::int64_t num_table_blocks() const { return num_table_blocks_; }

  /// The audit, with the first fault in words. O(blocks).
  BlockAudit audit() const;
  bool is_consistent() const { return audit().is_consistent; }

  /// The picture of the pools: whole, or what changed since the last call while observed.
  BlockMap full_map() const;
  void set_observed(bool observed) { pools_.set_observed(observed); }
  BlockMap take_changes();

 private:
  struct Table {
    RequestId request;
    std::uint64_t cache_namespace = 0;
    bool is_beam = false;
    Tier tier = Tier::kDevice;
    bool is_lost = false;      ///< A step failed: perhaps not all that was planned is computed.
    bool is_arriving = false;  ///< A promotion is under way, or nothing was scheduled since.
    std::vector<BlockId> blocks;
    std::vector<BlockId> reserved;  ///< Contiguous allocators: what it grows into, last one first.
    std::int64_t num_tokens = 0;    ///< Positions computed or planned.
    std::vector<TokenId> tokens;    ///< Those that are known.
    std::size_t num_entered = 0;    ///< Leading blocks that are entered in the prefix index.
    PrefixPosition entered;         ///< Where they end.
    std::ptrdiff_t started = -1;    ///< Index in this batch's receipt,
    std::int32_t max_new_blocks = 0;  ///< and what it may take of the free blocks in it.
  };
  struct TransferRecord {
    std::vector<BlockCopy> copies;
    std::vector<ContentId> contents;  ///< [copies]: what moves; 0 when it cannot be found again.
  };
  using Moved = std::unordered_map<BlockId, BlockId>;

  Table& table_of(SequenceId sequence);
  void apply_decisions(StepPlan& plan, StepBatch& batch);
  void start(const SequenceStart& start, StepBatch& batch);
  void adopt_prefix(Table& table, StartedSequence& started, StepBatch& batch);
  void adopt_sibling(Table& table, const Table& sibling, StartedSequence& started);
  void schedule(StepPlan& plan, StepBatch& batch);
  bool place(ScheduledSequence& scheduled, Table& table, StepBatch& batch);
  void grow(Table& table, const ScheduledSequence& scheduled, std::vector<BlockCopy>& copies);
  void enter_computed(Table& table);
  void append_block(Table& table, BlockId block);
  void fork(Table& child, const Table& parent);
  void drop(SequenceId sequence);
  void give_back(Table& table);

  void preempt(const std::vector<Preemption>& preempted, StepBatch& batch);
  void demote(Table& table, Moved& moved, Transfer& transfer);
  void demote_cached(std::int32_t count, StepBatch& batch);
  void promote(const std::vector<SequenceId>& sequences, StepBatch& batch);
  void promote(Table& table, Moved& moved, Transfer& transfer);
  void copy(TransferDirection direction, BlockId source, BlockId destination, ContentId content,
            Transfer& transfer);
  void begin(Transfer transfer, std::vector<Transfer>& transfers);
  void finish(const TransferId& id);
  void arrive(Tier from, Tier to, const BlockCopy& copy, ContentId content, bool was_cached);
  void abandon(StepId step);
  std::string holders_fault() const;

  CacheConfig config_;
  TieredPool pools_;
  std::unordered_map<SequenceId, Table> tables_;
  std::map<TransferId, TransferRecord> transfers_;
  std::int64_t num_table_blocks_ = 0;
  CacheTotals totals_;
  StepId step_;
};

}  // namespace octavo
