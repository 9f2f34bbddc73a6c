// Which sequences run next, and on what terms. Requests arrive and leave at any moment and memory
// is short; the scheduler re-forms the batch every step (continuous batching), cuts long prompts
// into chunks that fit the token budget (chunked prefill), admits first come first served, and
// takes the blocks of the latest arrival when memory runs out (preemption by recompute).
//
// A deterministic state machine: it is told events and the time, and answers with plans in counts
// and with events for the sessions. It never sees a block's identity: credits (`free_blocks`) come
// round the ring with each result, and what the plans in flight have promised is subtracted.
// Thread: the engine's only. Complexity of plan(): O(running + admitted).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "src/core/request.hpp"
#include "src/core/step.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/sequence.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {

/// Gauges for metrics and tests.
struct SchedulerStatus {
  std::int32_t num_running = 0;
  std::int32_t num_waiting = 0;
  std::int32_t num_preempted = 0;
  std::int32_t num_steps_in_flight = 0;
  std::int32_t num_free_blocks = 0;
  std::int32_t num_blocks = 0;
  std::int64_t num_preemptions = 0;  ///< Since the start.
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerConfig config);

  /// Takes a request into the queue, or rejects it at once with an event: kContextLengthExceeded
  /// when it can never fit the model's context or the cache, kQueueFull when too many wait.
  void submit(Request request, TimePoint now);
  /// Ends the request (choice -1) or one of its sequences. Its blocks are released with the next
  /// plan. Unknown ids are requests that have ended already: nothing happens.
  void cancel(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice = -1);
  /// The next step, or nothing when there is nothing to do or enough steps are in flight.
  std::optional<StepPlan> plan(TimePoint now);
  /// The oldest step in flight has come back.
  void complete(const StepResult& result, TimePoint now);
  /// The step in flight failed: every sequence that the engine had begun ends with the error.
  void fail(StepId step, const Error& error, TimePoint now);

  /// What the calls since the last one have to tell the sessions, in order.
  std::vector<RequestEvent> take_events();

  SchedulerStatus status() const;
  bool is_idle() const { return sequences_.empty() && in_flight_.empty() && released_.empty(); }
  std::int32_t max_tokens_per_sequence() const;

 private:
  struct StepInFlight {
    StepId id;
    std::int32_t num_tokens = 0;
    std::int32_t net_blocks = 0;  ///< Blocks freed minus blocks promised by the plan.
    std::vector<SequenceId> sequences;
  };
  struct Draft {  ///< The plan in the making, and what it may still spend.
    StepPlan plan;
    std::int32_t token_budget = 0;
    std::int32_t prefill_budget = 0;  ///< Known once the decodes are in.
    std::int32_t net_blocks = 0;
    TimePoint now;
  };

  std::optional<Error> refusal(const Request& request) const;
  void enqueue(Request request, TimePoint now);
  void release_finished(Draft& draft);
  void schedule_decodes(Draft& draft);
  void schedule_prefills(Draft& draft);
  void admit(Draft& draft);
  bool can_admit(const Sequence& sequence) const;
  void start(Sequence& sequence, Draft& draft);
  std::int32_t prefill_budget(const Draft& draft) const;
  void schedule(Sequence& sequence, std::int32_t num_tokens, Draft& draft);
  std::int32_t blocks_missing(const Sequence& sequence, std::int32_t num_tokens) const;
  bool make_room(Sequence& sequence, Draft& draft);
  void preempt(Sequence& victim, Draft& draft);
  void expire_deadlines(TimePoint now);

  void append(Sequence& sequence, const SampledToken& sampled, TimePoint now);
  std::optional<FinishReason> finish_reason(const Sequence& sequence, TokenId token) const;
  void finish(Sequence& sequence, FinishReason reason, TimePoint now,
              const std::optional<Error>& error = {});
  void leave_queues(Sequence& sequence);
  Sequence* find(SequenceId id);

  SchedulerConfig config_;
  std::map<SequenceId, Sequence> sequences_;  ///< Not finished; ids rise with arrival.
  std::unordered_map<RequestId, std::unique_ptr<SequenceGroup>> groups_;
  std::deque<SequenceId> waiting_;     ///< By arrival.
  std::vector<SequenceId> preempted_;  ///< By arrival.
  std::vector<SequenceId> running_;    ///< By arrival.
  std::vector<std::pair<SequenceId, std::int32_t>>
      released_;  ///< Finished since the last plan, with their blocks.
  std::deque<StepInFlight> in_flight_;
  std::vector<RequestEvent> events_;
  StepCost cost_;
  std::int32_t credits_;  ///< Blocks that a plan may still promise.
  std::int32_t num_deadlines_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_step_ = 1;
  std::int64_t num_preemptions_ = 0;
};

}  // namespace octavo
