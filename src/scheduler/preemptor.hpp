// What happens when blocks run out: the last of the running groups gives its blocks up, by moving
// them to the host or by throwing them away to be computed again, whichever costs less. A group
// goes and comes back as one.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "src/scheduler/block_credits.hpp"
#include "src/scheduler/request_queues.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/step_builder.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {

class Preemptor {
 public:
  /// All outlive the preemptor.
  Preemptor(const SchedulerConfig& config, const StepCost& cost, BlockCredits& credits,
            RequestQueues& queues, StepBuilder& builder, std::vector<RequestEvent>& events)
      : config_(config),
        cost_(cost),
        credits_(credits),
        queues_(queues),
        builder_(builder),
        events_(events) {}

  /// Whether a running group has `num_blocks` now. If not, later ones have been preempted and their
  /// blocks are on the way back, or the group itself has.
  bool make_room(SequenceGroup& group, std::int32_t num_blocks);
  /// By the mode of the configuration or the cheaper one. Recompute takes the place of a swap for
  /// which the host has no room, or of blocks that are still moving.
  void preempt(SequenceGroup& victim);
  void preempt(SequenceGroup& victim, PreemptionMode mode);

  std::int64_t num_swaps() const { return num_swaps_; }  ///< Groups, since the start.
  std::int64_t num_recomputes() const { return num_recomputes_; }

 private:
  PreemptionMode cheaper_mode(const SequenceGroup& victim) const;

  const SchedulerConfig& config_;
  const StepCost& cost_;
  BlockCredits& credits_;
  RequestQueues& queues_;
  StepBuilder& builder_;
  std::vector<RequestEvent>& events_;
  std::int64_t num_swaps_ = 0;
  std::int64_t num_recomputes_ = 0;
};

}  // namespace octavo
