// Which sequences run next, and on what terms. Requests arrive and leave at any moment and memory
// is short; the scheduler re-forms the batch every step (continuous batching), cuts long prompts
// into chunks that fit the token budget (chunked prefill), admits by its policy, and when memory
// runs out moves the last of the running groups to the host or throws their blocks away to compute
// them again (preemption by swap or by recompute).
//
// A deterministic state machine: it is told events and the time, and answers with plans in counts
// and with events for the sessions. It never sees a block's identity: credits come round the ring
// with each result, and what the plans since have promised is subtracted. Blocks that a plan gives
// back count only once its result says so, because only the block manager knows who shares them: so
// the credits may be too low, never too high. Thread: the engine's only. Complexity of plan():
// O(running + admitted x waiting).
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
#include "src/scheduler/buddy_allocator.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/sequence.hpp"
#include "src/scheduler/step_cost.hpp"

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
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerConfig config);

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
  void preempt(RequestId request, PreemptionMode mode);
  /// The next step, or nothing when there is nothing to do or enough steps are in flight.
  std::optional<StepPlan> plan(TimePoint now);
  /// The oldest step in flight has come back.
  void complete(const StepResult& result, TimePoint now);
  /// The step in flight failed: every sequence that the engine had begun ends with the error.
  void fail(StepId step, const Error& error, TimePoint now);

  /// Copies that ended without a step: the executor had nothing else to report.
  void finish_transfers(const std::vector<TransferId>& finished);

  /// What the calls since the last one have to tell the sessions, in order.
  std::vector<RequestEvent> take_events();

  SchedulerStatus status() const;
  bool is_idle() const {
    return groups_.empty() && in_flight_.empty() && !has_decisions() && transfers_.empty();
  }
  std::int32_t max_tokens_per_sequence() const;
  const SchedulerConfig& config() const { return config_; }
  /// Requests that hold memory, in their order.
  const std::vector<SequenceGroup*>& running() const { return running_; }

 private:
  struct StepInFlight {
    StepId id;
    std::int32_t num_tokens = 0;
    std::int32_t num_blocks_promised = 0;
    std::int32_t num_host_blocks_promised = 0;
    std::int32_t num_blocks_returned = 0;  ///< At most: what it gives back, told by its result.
    std::vector<Sequence*> sequences;      ///< Those scheduled; they outlive the step.
    std::vector<Sequence*> started;        ///< But for twins.
    std::vector<RequestId> request_of;     ///< [started]
  };
  struct Draft {  ///< The plan in the making, and what it may still spend.
    StepPlan plan;
    StepInFlight step;
    std::int32_t token_budget = 0;
    std::int32_t prefill_budget = 0;  ///< Known once the decodes are in.
    TimePoint now;
  };

  // Requests.
  std::optional<Error> refusal(const Request& request, TimePoint now) const;
  std::optional<Error> refusal_of_size(const Request& request) const;
  std::optional<Error> refusal_of_deadline(const Request& request, TimePoint now) const;
  bool fits_empty_pool(const Request& request, std::int64_t num_blocks) const;
  std::int64_t blocks_at_most(const Request& request, std::int32_t num_completion) const;
  std::int32_t completion_room(const Request& request) const;
  void enqueue(Request request, TimePoint now);
  std::unique_ptr<Sequence> make_sequence(SequenceGroup& group, const Request& request,
                                          std::int32_t choice, std::uint64_t base_seed);
  void append(Sequence& sequence, const SampledToken& sampled, TimePoint now);
  std::optional<FinishReason> finish_reason(const Sequence& sequence, TokenId token) const;
  void finish(Sequence& sequence, FinishReason reason, TimePoint now,
              const std::optional<Error>& error = {});
  void finish_group(SequenceGroup& group, FinishReason reason, TimePoint now,
                    const std::optional<Error>& error);
  void leave_engine(Sequence& sequence);
  void leave_tail(Sequence& sequence);
  void leave_queues(SequenceGroup& group);
  void bury(std::unique_ptr<Sequence> sequence);
  void end_step(const StepInFlight& step);
  void expire_deadlines(TimePoint now);
  SequenceGroup* find(RequestId request);

  // Beam search.
  void advance_beams(SequenceGroup& group, std::vector<std::vector<TokenLogprob>> rows,
                     TimePoint now);
  void extend_beams(SequenceGroup& group, const std::vector<BeamSearch::Extension>& extensions);
  std::vector<std::int32_t> choices_left(const SequenceGroup& group) const;
  void tell_settled(SequenceGroup& group);
  void finish_beams(SequenceGroup& group, TimePoint now);

  // Results.
  void hear_started(const StepInFlight& step, const StepResult& result);
  void end_failed(const StepResult& result, const StepInFlight& step, TimePoint now);
  void end_by_error(SequenceGroup& group, const Error& error, TimePoint now);
  void hear_samples(const StepResult& result, const StepInFlight& step, TimePoint now);

  // Plans.
  void take_decisions(Draft& draft);
  bool has_decisions() const;
  void go_as_asked(Draft& draft);
  void schedule_decodes(Draft& draft);
  void schedule_decodes(SequenceGroup& group, Draft& draft);
  void schedule_beams(SequenceGroup& group, Draft& draft);
  void schedule_prefills(Draft& draft);
  void schedule_prefill(Sequence& sequence, Draft& draft);
  void schedule_twins(SequenceGroup& group, Draft& draft);
  void start_siblings(SequenceGroup& group, Draft& draft);
  std::int32_t prefill_budget(const Draft& draft) const;
  void schedule(Sequence& sequence, std::int32_t num_tokens, Draft& draft);
  void resume_and_admit(Draft& draft);
  bool admit(SequenceGroup& group, Draft& draft);
  void announce_return(SequenceGroup& group);
  bool reserve(SequenceGroup& group);
  void start(Sequence& sequence, const Sequence* sibling, Draft& draft);
  void promote(SequenceGroup& group, Draft& draft);
  void demote_cached(Draft& draft);
  bool is_empty(const StepPlan& plan) const;

  // Memory.
  std::int32_t blocks_missing(const Sequence& sequence, std::int32_t num_tokens) const;
  std::int32_t copies_missing(const SequenceGroup& group) const;
  std::int32_t blocks_held(const SequenceGroup& group) const;
  std::int32_t blocks_to_come(const SequenceGroup& group) const;
  std::int32_t blocks_committed() const;
  std::int32_t blocks_pending(const Draft& draft) const;
  void promise(std::int32_t num_blocks, Draft& draft);
  bool make_room(SequenceGroup& group, std::int32_t num_blocks, Draft& draft);
  void preempt_unasked(SequenceGroup& victim, Draft& draft);
  PreemptionMode mode_for(const SequenceGroup& victim) const;
  void preempt(SequenceGroup& victim, PreemptionMode mode, Draft& draft);
  bool is_paged() const { return config_.kv_allocator == KvAllocator::kPaged; }

  SchedulerConfig config_;
  GoesBefore queue_order_;
  GoesBefore running_order_;
  std::unordered_map<RequestId, std::unique_ptr<SequenceGroup>> groups_;
  std::deque<SequenceGroup*> waiting_;             ///< By arrival.
  std::vector<SequenceGroup*> preempted_;          ///< In running order.
  std::vector<SequenceGroup*> running_;            ///< In running order.
  std::vector<std::unique_ptr<Sequence>> buried_;  ///< Finished, with steps still in flight.
  TenantCounters tenants_;

  // Decided since the last plan; the next one carries it.
  std::vector<TransferId> transfers_finished_;
  std::vector<StepId> failed_;
  std::vector<Fork> forks_;
  std::vector<AppendedToken> appended_;
  std::vector<SequenceId> released_;
  std::int32_t num_blocks_released_ = 0;
  std::vector<std::pair<RequestId, PreemptionMode>> asked_to_go_;

  std::map<TransferId, std::int32_t> transfers_;  ///< Under way, with the blocks they will free.
  std::int32_t num_blocks_moved_ = 0;             ///< Freed by what has finished.
  std::deque<StepInFlight> in_flight_;
  std::vector<RequestEvent> events_;
  StepCost cost_;
  std::optional<BuddyAllocator> buddies_;  ///< Contiguous allocators only.
  std::int32_t credits_;                   ///< Device blocks that a plan may still promise.
  std::int32_t num_cached_ = 0;            ///< Of the credits: blocks with content worth keeping.
  std::int32_t host_credits_;
  std::int32_t num_waiting_ = 0;         ///< Sequences.
  std::int32_t num_running_ = 0;         ///< Sequences.
  std::int64_t num_waiting_tokens_ = 0;  ///< Of the prompts in the queue.
  double hit_share_ = 0.0;               ///< Of prompt tokens, lately.
  std::int32_t num_deadlines_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_order_ = 1;
  std::uint64_t next_step_ = 1;
  std::int64_t num_preemptions_recompute_ = 0;
  std::int64_t num_preemptions_swap_ = 0;
};

}  // namespace octavo
