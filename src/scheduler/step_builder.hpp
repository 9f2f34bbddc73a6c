// The next plan in the making. Between two plans it gathers what has been decided already: who is
// released, which tokens were appended, which transfers ended. While a plan is made it keeps the
// budgets, and each line that it writes also changes the sequence and the credits that the line
// promises, so that no caller can do one without the other.
#pragma once

#include <cstdint>
#include <vector>

#include "src/core/request.hpp"
#include "src/core/step.hpp"
#include "src/scheduler/block_credits.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/sequence.hpp"

namespace octavo {

/// A plan on its way: whom it concerns. The sequences outlive it.
struct StepInFlight {
  StepId id;
  std::int32_t num_tokens = 0;
  std::vector<Sequence*> scheduled;
  std::vector<std::int32_t> ends;     ///< [scheduled] The position after those it computes: that of
                                      ///< the token that it samples, if it does.
  std::vector<Sequence*> started;     ///< Without twins.
  std::vector<RequestId> request_of;  ///< [started]
  std::vector<RequestId> extended;    ///< Beam searches whose hypotheses the plan extends.
};

class StepBuilder {
 public:
  /// Both outlive the builder.
  StepBuilder(const SchedulerConfig& config, BlockCredits& credits);

  // Decided between two plans.
  void finish_transfer(const TransferId& id) { plan_.transfers_finished.push_back(id); }
  void fail(StepId step) { plan_.failed.push_back(step); }
  void fork(SequenceId parent, SequenceId child) { plan_.forks.push_back({parent, child}); }
  void append(SequenceId sequence, TokenId token) { plan_.appended.push_back({sequence, token}); }
  /// What beam search chose: the executor learns it from this plan.
  void extend(const SequenceGroup& beams) { step_.extended.push_back(beams.id); }
  void release(SequenceId sequence) { plan_.released.push_back(sequence); }
  void expect_tokens(std::size_t count) { plan_.appended.reserve(plan_.appended.size() + count); }
  bool has_decisions() const;

  // The plan itself.
  /// Fills the budgets. num_running: how many sequences the plan will mostly have.
  void begin(TimePoint now, std::int32_t num_running);
  StepId id() const { return plan_.id; }
  TimePoint now() const { return now_; }
  std::int32_t token_budget() const { return token_budget_; }
  std::int32_t num_scheduled_tokens() const {
    return config_.max_num_batched_tokens - token_budget_;
  }
  /// What prompts may still take of the token budget.
  std::int32_t prefill_budget() const { return prefill_budget_; }
  void limit_prefill(std::int32_t num_tokens) { prefill_budget_ = num_tokens; }

  /// How many of the next num_tokens this step can compute of the sequence. They are fewer where
  /// the log-probabilities of its prompt are asked for, because a step has few rows of logits for
  /// that.
  std::int32_t chunk_within_logits(const Sequence& sequence, std::int32_t num_tokens) const;
  /// num_tokens more of the sequence; it samples when these are its last. Its blocks and the budget
  /// must be there. Answers whether it samples.
  bool schedule(Sequence& sequence, std::int32_t num_tokens);
  /// The sequence enters, with as much of its prompt as the budget allows. sibling: one of its
  /// group whose prompt is computed and whose full blocks it shares, or null. max_blocks: how many
  /// it may have in this step, at least one. It may be fewer than its tokens need only where the
  /// allocator is paged and the sequence has no siblings.
  void start(Sequence& sequence, const Sequence* sibling,
             std::int32_t max_blocks = SequenceStart::kUnlimited);
  /// The sequence enters as a copy of `leader`, which was scheduled last but for its other twins
  /// and samples: it samples from the same logits.
  void start_twin(Sequence& twin, Sequence& leader, std::int32_t leader_index);
  /// The sequence leaves the device. Its group's blocks are the caller's to count.
  void preempt(Sequence& sequence, PreemptionMode mode);
  void promote(Sequence& sequence);
  /// Of the sequence's blocks at most so many were somebody else's when it got them.
  void adopt(Sequence& sequence, std::int32_t num_blocks);
  /// The oldest cached blocks move to the host.
  void demote_cached(std::int32_t num_blocks);

  const std::vector<ScheduledSequence>& scheduled() const { return plan_.scheduled; }
  bool preempts() const { return !plan_.preempted.empty(); }
  /// Tokens alone are no reason for a step.
  bool is_empty() const;
  /// The plan, and whom it concerns; the next one begins.
  StepPlan take(StepInFlight& step);

 private:
  const SchedulerConfig& config_;
  BlockCredits& credits_;
  StepPlan plan_;
  StepInFlight step_;
  std::int32_t token_budget_ = 0;
  std::int32_t prefill_budget_ = 0;
  std::int32_t prompt_logprobs_budget_ = 0;
  TimePoint now_;
};

}  // namespace octavo
