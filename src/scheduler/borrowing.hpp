// The head of the queue may not fit into what is free, and nobody passes it: so memory would lie
// idle until enough of those who run have ended, a quarter of the pool where prompts are long. One
// prompt at a time may therefore begin on what is free, chunk by chunk. It only borrows: what the
// prompts before it still need, and what the decodes soon grow into, is left to them, and as soon
// as they want for a block it gives way, before anybody else, and waits until all of it fits. So it
// delays those before it by no more than the step that gives its blocks back.
#pragma once

#include <cstdint>

#include "src/scheduler/block_credits.hpp"
#include "src/scheduler/request_queues.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

class Borrowing {
 public:
  /// All outlive this.
  Borrowing(const SchedulerConfig& config, const BlockCredits& credits, RequestQueues& queues)
      : config_(config), credits_(credits), queues_(queues) {}

  /// Whether a group that does not fit may begin all the same: nobody borrows yet, there is room
  /// for a chunk, and it is one prompt of which nothing was answered. Several choices share the end
  /// of a prompt and would want room for all of them at once. Where nothing is kept in the prefix
  /// cache a prompt borrows once, because what it gives back is computed again.
  bool may_begin(const SequenceGroup& group) const;
  /// Blocks that the group, who borrows or is about to, may take now beside those it has. What the
  /// running sequences grow into is left to them: 64 tokens each, and twice as many each time that
  /// the group had to give way. O(running sequences).
  std::int32_t room(const SequenceGroup& group) const;
  /// Blocks that a group may count on when it enters, beside what the prompts already begun are
  /// going to take. One that goes before the borrower leaves that nothing. O(running sequences).
  std::int32_t num_free_for(const SequenceGroup& group) const;
  /// Somebody borrows, and its blocks are wanted: what prompts already begun need is no longer
  /// free, or the next to enter goes before it and fits only with them.
  bool is_called_in() const;
  /// A borrower for which there is room now, or that has all of its prompt, borrows no longer.
  void settle();

 private:
  bool is_wanted_by(const SequenceGroup& next) const;

  const SchedulerConfig& config_;
  const BlockCredits& credits_;
  RequestQueues& queues_;
};

}  // namespace octavo
