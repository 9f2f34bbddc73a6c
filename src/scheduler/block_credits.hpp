// How many blocks a plan may still promise. The scheduler never asks the block manager: every
// result brings the free blocks as its plan left them, and what the plans since have promised is
// subtracted. Who else shares a block, only the block manager knows. But whoever does came upon it,
// in the prefix cache or in a sibling, and the results say how many blocks each sequence came upon:
// what is given back beyond the sum of these is free at once, and the rest once the result of the
// plan says so. The credits may be too low, never too high.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "src/core/step.hpp"

namespace octavo {

class BlockCredits {
 public:
  /// Everything is free.
  BlockCredits(std::int32_t num_blocks, std::int32_t num_host_blocks);

  /// Blocks on the device that may still be promised, cached ones included.
  std::int32_t num_free() const { return num_free_; }
  /// Those of them that hold content worth keeping.
  std::int32_t num_cached() const { return num_cached_; }
  std::int32_t num_host_free() const { return num_host_free_; }
  /// Blocks that have been given back and are not in the credits yet; at most.
  std::int32_t num_pending() const;
  bool has_transfers() const { return !transfers_.empty(); }
  /// Whether cached blocks that nobody owns are being moved to the host.
  bool is_demoting_cached() const;

  // What the next plan does.
  void promise(std::int32_t num_blocks);
  void promise_on_host(std::int32_t num_blocks);
  /// At most so many blocks come back with the result of the next plan.
  void give_back(std::int32_t num_blocks) { next_.num_given_back += num_blocks; }
  /// The next plan releases a sequence that has just so many blocks on the device, none of them in
  /// a transfer.
  void release(std::int32_t num_blocks);
  /// Of a sequence's blocks at most `now` were somebody else's when it got them, and not `before`.
  void adopt(std::int32_t before, std::int32_t now) { num_adopted_ += now - before; }
  /// The next plan begins a transfer, which frees so many blocks when it has finished.
  void begin_transfer(const TransferId& id, std::int32_t num_blocks);
  /// The next plan moves so many cached blocks to the host.
  void demote_cached(const TransferId& id, std::int32_t num_blocks);
  /// The next plan is on its way.
  void launch();

  // What became of plans.
  /// The oldest plan has come back, with what the cache could still take after it.
  void receive(const CacheCredits& receipt);
  /// The oldest plan failed: the transfers that began with it are over.
  void fail(StepId step);
  /// False for a transfer that is over already: the step that began it failed.
  bool finish_transfer(const TransferId& id);

 private:
  struct Promises {
    std::int32_t num_blocks = 0;
    std::int32_t num_host_blocks = 0;
    std::int32_t num_given_back = 0;
  };

  std::int32_t num_free_;
  std::int32_t num_cached_ = 0;
  std::int32_t num_host_free_;
  std::int32_t num_adopted_ = 0;  ///< Over all sequences.
  Promises next_;
  std::deque<Promises> in_flight_;                ///< Oldest first.
  std::map<TransferId, std::int32_t> transfers_;  ///< Under way, with the blocks they will free.
};

}  // namespace octavo
