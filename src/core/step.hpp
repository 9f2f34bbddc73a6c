// The three values that walk the ring: the scheduler's plan in counts, the block manager's batch
// with identities, the executor's result. Each names its step; none refers to another actor's
// memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/core/ids.hpp"
#include "src/core/sampling_params.hpp"

namespace octavo {

/// A sequence that enters the engine with this step, or re-enters after a preemption by recompute:
/// `tokens` then holds the completion so far behind the prompt.
struct SequenceStart {
  SequenceId id;
  std::vector<TokenId> tokens;         ///< Everything known, prompt first.
  std::int32_t num_prompt_tokens = 0;  ///< How many of `tokens` are the prompt's.
  SamplingParams sampling;             ///< With `seed` always set.
  RequestId request{};                 ///< Whose sequence it is.
};

/// What one sequence does in this step: compute the keys and values of positions
/// [first_position, first_position + num_tokens), and perhaps sample the token after the last of
/// them.
struct ScheduledSequence {
  SequenceId id;
  std::int32_t first_position = 0;  ///< = num_computed_tokens before this step.
  std::int32_t num_tokens = 0;
  bool samples = false;  ///< False while a chunked prefill has not reached its end.
  friend bool operator==(const ScheduledSequence&, const ScheduledSequence&) = default;
};

enum class PreemptionMode : std::uint8_t { kRecompute, kSwap };

struct Preemption {
  SequenceId id;
  PreemptionMode mode = PreemptionMode::kRecompute;
  friend bool operator==(const Preemption&, const Preemption&) = default;
};

/// `child` begins with the block table of `parent`, shared.
struct Fork {
  SequenceId parent;
  SequenceId child;
  friend bool operator==(const Fork&, const Fork&) = default;
};

/// scheduler -> block manager. Applied in this order: released, preempted, starts, forks,
/// promotions, scheduled.
struct StepPlan {
  StepId id;
  std::vector<SequenceId> released;  ///< Finished or cancelled: give their blocks back.
  std::vector<Preemption> preempted;
  std::vector<SequenceStart> starts;
  std::vector<Fork> forks;
  std::vector<SequenceId> demotions;   ///< Idle sequences to move to the host tier.
  std::vector<SequenceId> promotions;  ///< Sequences to bring back from the host tier.
  std::vector<ScheduledSequence> scheduled;
};

/// One block of bytes to copy, on the device or between the tiers (the list that holds it says
/// which).
struct BlockCopy {
  BlockId source;
  BlockId destination;
  friend bool operator==(const BlockCopy&, const BlockCopy&) = default;
};

/// block manager -> executor. `block_tables` holds the tables of `scheduled` end to end; the table
/// of scheduled[i] is block_tables[cu_blocks[i] .. cu_blocks[i + 1]), enough for first_position +
/// num_tokens slots.
struct StepBatch {
  StepId id;
  std::vector<SequenceId>
      released;  ///< Sequences whose state the executor may forget (preempted ones too).
  std::vector<SequenceStart> starts;
  std::vector<Fork> forks;
  std::vector<ScheduledSequence> scheduled;
  std::vector<std::int32_t> cu_blocks;  ///< [scheduled.size() + 1], first 0.
  std::vector<BlockId> block_tables;    ///< [cu_blocks.back()]
  std::vector<BlockCopy> copies;     ///< Device to device (copy on write), before the forward pass.
  std::vector<BlockCopy> demotions;  ///< Device to host.
  std::vector<BlockCopy> promotions;  ///< Host to device.
  std::int32_t free_blocks = 0;       ///< Credits after this plan: free + evictable device blocks.
  std::int32_t free_host_blocks = 0;
};

struct TokenLogprob {
  TokenId id = 0;
  float logprob = 0.0F;  ///< Natural logarithm, of the raw logits.
  friend bool operator==(const TokenLogprob&, const TokenLogprob&) = default;
};

struct SampledToken {
  SequenceId sequence;
  TokenId token = 0;
  std::optional<float> logprob;   ///< Set when the request asked for log-probabilities.
  std::vector<TokenLogprob> top;  ///< The k best of the raw logits, best first.
};

/// executor -> scheduler.
struct StepResult {
  StepId id;
  std::vector<SampledToken>
      sampled;  ///< One for each scheduled sequence with `samples`, in the batch's order.
  std::vector<BlockCopy> transfers_finished;
  std::int32_t free_blocks = 0;  ///< As in the batch.
  std::int32_t free_host_blocks = 0;
  std::chrono::nanoseconds elapsed{};  ///< Time that the device worked on the step.
};

}  // namespace octavo
