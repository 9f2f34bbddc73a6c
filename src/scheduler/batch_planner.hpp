// Who computes what in the next step. Decodes come first, so that running streams never wait for a
// prompt; then the chunks of prompts already begun; then those who come back from a preemption,
// ahead of those who are new.
#pragma once

#include <cstdint>
#include <vector>

#include "src/scheduler/borrowing.hpp"
#include "src/scheduler/preemptor.hpp"
#include "src/scheduler/reservation_pool.hpp"
#include "src/scheduler/siblings.hpp"

namespace octavo {

class BatchPlanner {
 public:
  /// All outlive the planner.
  BatchPlanner(const SchedulerConfig& config, const StepCost& cost, BlockCredits& credits,
               RequestQueues& queues, ReservationPool& reservations, StepBuilder& builder,
               Preemptor& preemptor, std::vector<RequestEvent>& events);

  /// The newest token of each running sequence that has its prompt, with those forced after it. May
  /// preempt.
  void add_decodes();
  /// Prompts already begun, within what the decodes leave of the budget and of the step's time.
  void add_prefills();
  /// Those who come back, then those who are new, while they fit; and one that does not, on loan.
  void add_entering();
  /// While blocks are short, the oldest cached ones move to the host ahead of their eviction, a few
  /// at a time: a block can be reused only once its copy has left.
  void demote_cached();

 private:
  void add_decodes(SequenceGroup& group);
  void add_beams(SequenceGroup& group);
  void add_chunk(Sequence& sequence);
  std::int32_t prefill_budget() const;
  bool enter(SequenceGroup& group);
  void begin_on_loan(SequenceGroup& group);
  bool has_room_for(SequenceGroup& group);
  void promote(SequenceGroup& group);

  const SchedulerConfig& config_;
  const StepCost& cost_;
  BlockCredits& credits_;
  RequestQueues& queues_;
  ReservationPool& reservations_;
  StepBuilder& builder_;
  Preemptor& preemptor_;
  std::vector<RequestEvent>& events_;
  Siblings siblings_;
  Borrowing borrowing_;
};

/// Tells the client of a group that was preempted that it goes on, once.
void announce_return(SequenceGroup& group, std::vector<RequestEvent>& events);

}  // namespace octavo
