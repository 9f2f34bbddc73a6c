// An executor without a model: it answers made-up tokens after the time that the cost model says,
// on a clock of its own. Beam search gets candidates whose log-probabilities behave like a language
// model's.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "src/core/step_executor.hpp"
#include "src/replay/cost_model.hpp"

namespace octavo {

class CostExecutor final : public StepExecutor {
 public:
  CostExecutor(const CostModel& cost, std::int32_t block_size, std::uint64_t seed)
      : cost_(cost), block_size_(block_size), seed_(seed) {}

  /// The token at a position of a request's first choice, or a negative number.
  using KnownToken = std::function<TokenId(RequestId, std::int64_t position)>;
  /// Answers these tokens instead of made-up ones, where they are known; not for beams.
  void set_known_tokens(KnownToken known) { known_token_ = std::move(known); }

  /// Never fails. Transfers of a step run beside its compute and end with it.
  Result<StepResult> execute(const StepBatch& batch) override;

 private:
  struct Beam {
    std::int32_t width = 0;
    std::uint64_t history = 0;  ///< Hash of what the beam has generated.
  };

  void follow_beams(const StepBatch& batch);
  void follow_first_choices(const StepBatch& batch);
  SampledToken sample(const ScheduledSequence& scheduled) const;

  const CostModel& cost_;
  std::int32_t block_size_;
  std::uint64_t seed_;
  std::unordered_map<SequenceId, Beam> beams_;
  KnownToken known_token_;
  std::unordered_map<SequenceId, RequestId> first_choices_;  ///< That run.
  std::unordered_map<RequestId, SequenceId> first_of_;
};

/// The 2 x width best next tokens of a hypothesis, best first, by its history alone. A model is
/// sure of most tokens and in doubt at some: at one position in twelve the second candidate is
/// close (0.6 nats on average), elsewhere it is far (20), and further ones are farther by 15 each.
/// So beams differ by their choices at the few open positions, and those that stay have a common
/// ancestor not far back.
std::vector<TokenLogprob> beam_candidates(std::uint64_t history, std::int32_t width);

}  // namespace octavo
