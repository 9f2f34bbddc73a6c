// An executor without a model: it answers made-up tokens after the time that the cost model says,
// on a clock of its own. Beam search gets candidates whose log-probabilities behave like a language
// model's.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "src/engine/step_executor.hpp"
#include "src/replay/run/cost_model.hpp"

namespace octavo {

class CostExecutor final : public ImmediateExecutor {
 public:
  CostExecutor(const CostModel& cost, std::int32_t block_size, std::uint64_t seed)
      : cost_(cost), block_size_(block_size), seed_(seed) {}

  /// The token at a position of a request's first choice, or a negative number.
  using KnownToken = std::function<TokenId(RequestId, std::int64_t position)>;
  /// Answers these tokens instead of made-up ones, where they are known; not for beams.
  void set_known_tokens(KnownToken known) { known_token_ = std::move(known); }

  /// Never fails. Transfers of a step run beside its compute and end with it.
  [[nodiscard]] Result<StepResult> execute(const StepBatch& batch) override;

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

/// The 2 x width best next tokens of a hypothesis, best first, by its history alone. From the i-th
/// best token to the next it is an exponential distance, whose mean was measured over 4,800 greedy
/// steps of a small model that was trained (stories260K). Nothing is fitted to what sharing saves.
/// Beams of these candidates find their common ancestor as far back as that model's own: with 2, 4
/// and 6 of them 6, 14 and 20 tokens, that model's 6, 14 and 19. So they share more than the
/// PagedAttention paper reports of OPT-13B, whose beams must have parted for longer; why is not
/// known from here. A larger model may fork less often than this, and differently along a text.
std::vector<TokenLogprob> beam_candidates(std::uint64_t history, std::int32_t width);

}  // namespace octavo
