// What a step's result means for the sequences that it concerned: what the cache already had of
// those that started, which transfers have ended, which tokens were sampled. A step is planned
// before the one before it has come back, so a sequence may have been preempted or have ended
// meanwhile.
#pragma once

#include <vector>

#include "src/scheduler/beam_steps.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {

class StepOutcome {
 public:
  /// All outlive this.
  StepOutcome(const SchedulerConfig& config, StepCost& cost, BlockCredits& credits,
              RequestQueues& queues, Requests& requests, StepBuilder& builder,
              std::vector<RequestEvent>& events);

  /// Sequences that could not be computed end their whole request, whose prompt they have in
  /// common. Before end(), while the step still keeps its sequences.
  void end_failed(const StepInFlight& step, const std::vector<FailedSequence>& failed,
                  TimePoint now);
  /// The step is no longer in flight.
  void end(const StepInFlight& step);
  /// What was found in the cache is known now: the sequence goes on after it.
  void apply_started(const StepInFlight& step, const std::vector<StartedSequence>& started);
  void finish_transfers(const std::vector<TransferId>& finished);
  /// Before append_samples(): the client hears of its prompt before it hears an answer.
  void tell_prompt_logprobs(const StepInFlight& step, const std::vector<PromptLogprobs>& computed);
  /// The samples stand in the order of those that were scheduled to sample. A sequence that ended
  /// while this step was in flight drops its token, and so does one that has a forced token in that
  /// place by now; one that was preempted keeps it.
  void append_samples(const StepInFlight& step, const std::vector<SampledToken>& sampled,
                      TimePoint now);
  /// Tokens that results have brought to sequences, forced ones included, since the start.
  std::int64_t num_tokens() const { return num_samples_ + requests_.num_forced_tokens(); }
  /// The step failed: every group that the engine had begun ends with the error.
  void end_begun(const StepInFlight& step, const Error& error, TimePoint now);

 private:
  void begin(Sequence& sequence, const StartedSequence& started);

  const SchedulerConfig& config_;
  StepCost& cost_;
  BlockCredits& credits_;
  RequestQueues& queues_;
  Requests& requests_;
  StepBuilder& builder_;
  std::vector<RequestEvent>& events_;
  BeamSteps beams_;
  std::int64_t num_samples_ = 0;  ///< Those that were not dropped.
};

}  // namespace octavo
