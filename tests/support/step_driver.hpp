// Drives a ModelExecutor by hand: makes the batches that a scheduler and a block manager would,
// with the simplest block allocator there is.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "src/runtime/model_executor.hpp"

namespace octavo::testing {

class StepDriver {
 public:
  /// prefill_chunk: most prompt tokens of one sequence in one step; 0 takes prompts whole.
  explicit StepDriver(ModelExecutor& executor, std::int64_t prefill_chunk = 0);

  /// Enters with the next step.
  SequenceId add(std::vector<TokenId> prompt, SamplingParams sampling);
  /// Replaces the sequence's tokens with the next step; what is computed stays.
  void force(SequenceId id, std::vector<TokenId> tokens);
  /// Leaves with the next step; its blocks are free at once.
  void release(SequenceId id);
  /// Schedules every sequence that was added and not released.
  Result<StepResult> step();
  std::int64_t num_free_blocks() const { return static_cast<std::int64_t>(free_.size()); }

 private:
  struct Sequence {
    std::int64_t num_known = 0;
    std::int64_t num_computed = 0;
    std::vector<BlockId> table;
  };

  ModelExecutor& executor_;
  std::int64_t prefill_chunk_;
  std::uint64_t next_step_ = 1;
  std::map<SequenceId, Sequence> sequences_;
  std::vector<BlockId> free_;
  std::vector<SequenceStart> starts_;
  std::vector<SequenceId> released_;
};

/// What one prompt produced.
struct Generated {
  std::vector<TokenId> tokens;
  std::vector<SampledToken> sampled;
};

/// All prompts in one batch, each until it has `num_tokens`.
std::vector<Generated> generate(ModelExecutor& executor,
                                const std::vector<std::vector<TokenId>>& prompts,
                                const SamplingParams& sampling, std::size_t num_tokens,
                                std::int64_t prefill_chunk = 0);

/// Temperature 0, nothing else.
SamplingParams greedy();

}  // namespace octavo::testing
