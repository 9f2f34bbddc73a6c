// Which sequences run next, and on what terms. Requests arrive and leave at any moment and memory
// is short; the scheduler re-forms the batch every step (continuous batching), cuts long prompts
// into chunks that fit the token budget (chunked prefill), admits by its policy, and when memory
// runs out moves the last of the running groups to the host or throws their blocks away to compute
// them again (preemption by swap or by recompute).
//
// A deterministic state machine: it is given events and the time, and answers with plans in counts
// and with events for the sessions. It never sees a block's identity. Its parts each own one idea:
// Requests the life of a request, RequestQueues the order, BlockCredits what may still be promised,
// StepBuilder the plan in the making, BatchPlanner who computes what, Preemptor who gives way, and
// StepOutcome what a result means. Thread: the engine's only. Complexity of plan():
// O(running + admitted x waiting).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "src/core/request.hpp"
#include "src/core/step.hpp"
#include "src/scheduler/batch_planner.hpp"
#include "src/scheduler/progress_reports.hpp"
#include "src/scheduler/queue_drain.hpp"
#include "src/scheduler/step_outcome.hpp"

namespace octavo {

/// Gauges for metrics and tests; sequences, not groups.
struct SchedulerStatus {
  std::int32_t num_running = 0;
  std::int32_t num_waiting = 0;
  std::int32_t num_preempted = 0;  ///< By either mode, to be brought back.
  std::int32_t num_swapped = 0;    ///< Those of them whose blocks are on the host.
  std::int32_t num_steps_in_flight = 0;
  std::int32_t num_free_blocks = 0;  ///< Credits: at most what is really free.
  std::int32_t num_blocks = 0;
  std::int64_t num_preemptions_recompute = 0;  ///< Groups, since the start.
  std::int64_t num_preemptions_swap = 0;
  std::int64_t num_tokens = 0;         ///< Of completions, since the start.
  std::int64_t num_forced_tokens = 0;  ///< Those of them that a constraint forced.
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerConfig config);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Takes a request into the queue, or rejects it at once with an event: kContextLengthExceeded
  /// when it can never fit the model's context or the cache, kQueueFull when too many wait,
  /// kDeadlineExceeded when its deadline cannot be met, kInvalidValue when its sequences never fit
  /// one batch.
  void submit(Request request, TimePoint now);
  /// Ends the request (choice -1) or one of its sequences. Its blocks are released with the next
  /// plan. Unknown ids are requests that have ended already: nothing happens.
  void cancel(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice = -1);
  /// Makes a running request give up its blocks with the next plan, as if memory were short; it
  /// comes back by itself. Recompute takes the place of a swap that has no room or must wait.
  void preempt(RequestId request, PreemptionMode mode) { to_preempt_.emplace_back(request, mode); }
  /// The next step, or nothing when there is nothing to do or enough steps are in flight.
  std::optional<StepPlan> plan(TimePoint now);
  /// The oldest step in flight has come back: what the block manager made of it, and the device.
  void complete(const StepReceipt& receipt, const StepResult& result, TimePoint now);
  /// The oldest step in flight failed: every sequence that the engine had begun ends with the
  /// error.
  void fail(StepId step, const Error& error, TimePoint now);
  /// Copies that ended without a step: the executor had nothing else to report.
  void finish_transfers(const std::vector<TransferId>& finished) {
    outcome_.finish_transfers(finished);
  }

  /// The events since the last call, in order.
  std::vector<RequestEvent> take_events() { return std::exchange(events_, {}); }

  SchedulerStatus status() const;
  /// Nothing waits, runs, or is on its way.
  bool is_idle() const;
  const SchedulerConfig& config() const { return config_; }

 private:
  StepInFlight take_oldest(StepId expected);
  void preempt_as_asked();
  /// Ends those whose time is up, before it is planned without them.
  void end_overdue(TimePoint now);

  const SchedulerConfig config_;
  std::vector<RequestEvent> events_;
  StepCost cost_;
  BlockCredits credits_;
  RequestQueues queues_;
  ReservationPool reservations_;
  StepBuilder builder_;
  Requests requests_;
  Preemptor preemptor_;
  BatchPlanner planner_;
  StepOutcome outcome_;
  ProgressReports progress_;
  QueueDrain drain_;
  std::deque<StepInFlight> in_flight_;  ///< Oldest first.
  std::vector<std::pair<RequestId, PreemptionMode>> to_preempt_;
};

}  // namespace octavo
