// How the sequences of one request share its prompt. It is computed once, by the first of them:
// when that one reaches its end, the others become its twins and sample from the same logits. Who
// was not there then, because the batch had no seat or a preemption threw its blocks away, starts
// later from a sibling that has computed the prompt, and shares its full blocks.
#pragma once

#include <cstdint>

#include "src/scheduler/block_credits.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/step_builder.hpp"

namespace octavo {

class Siblings {
 public:
  /// All outlive this.
  Siblings(const SchedulerConfig& config, const BlockCredits& credits, StepBuilder& builder)
      : config_(config), credits_(credits), builder_(builder) {}

  /// The sequence scheduled last samples: its siblings become its twins if it is at the end of the
  /// prompt.
  void start_twins(SequenceGroup& group);
  /// Starts those of a running group that the engine does not have, as seats, blocks and budget
  /// allow.
  void start_missing(SequenceGroup& group);

 private:
  const SchedulerConfig& config_;
  const BlockCredits& credits_;
  StepBuilder& builder_;
};

}  // namespace octavo
