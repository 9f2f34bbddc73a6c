// The three values that walk the ring: the scheduler's plan in counts, the block manager's batch
// with identities, the executor's result. Each names its step; none refers to another actor's
// memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "src/core/error.hpp"
#include "src/core/ids.hpp"
#include "src/core/sampling_params.hpp"

namespace octavo {

/// Of so many prompt tokens at most one step tells the log-probabilities: each costs a row of
/// logits, as long as the vocabulary.
inline constexpr std::int32_t kMaxPromptLogprobs = 128;

/// A run of blocks set aside for one sequence (contiguous allocators only).
struct BlockRange {
  BlockId first;
  std::int32_t num_blocks = 0;
  friend bool operator==(const BlockRange&, const BlockRange&) = default;
};

/// A sequence that enters the engine with this step, or re-enters after a preemption by recompute:
/// `tokens` then holds the completion so far after the prompt. Its blocks begin with what the
/// prefix cache knows of `tokens`, or with the sibling's.
struct SequenceStart {
  static constexpr std::int32_t kUnlimited = std::numeric_limits<std::int32_t>::max();

  SequenceId id;
  RequestId request;
  std::vector<TokenId> tokens;         ///< Everything known, prompt first.
  std::int32_t num_prompt_tokens = 0;  ///< How many of `tokens` are the prompt's.
  SamplingParams sampling;             ///< With `seed` always set.
  std::uint64_t cache_namespace = 0;
  /// One of the same group that has computed the prompt already: the prompt's full blocks are
  /// shared.
  std::optional<SequenceId> sibling;
  bool is_twin =
      false;  ///< It has a `twin_of` in this step's schedule: its blocks come from there.
  std::optional<BlockRange> reservation;  ///< Contiguous allocators: where its blocks lie.
  /// Free blocks that it may take in this step, where there is no room for all of its prompt: for
  /// its cached prefix, and then for what it computes. Those that others hold cost nothing.
  std::int32_t max_blocks = kUnlimited;
};

/// What one sequence does in this step: compute the keys and values of positions
/// [first_position, first_position + num_tokens), and perhaps sample the token after the last of
/// them. A sequence that starts in this step begins after what was cached: the block manager moves
/// its window there, and it never samples unless the plan said so.
struct ScheduledSequence {
  SequenceId id;
  std::int32_t first_position = 0;  ///< = num_computed_tokens before this step.
  std::int32_t num_tokens = 0;      ///< 0 only for a twin.
  bool samples = false;             ///< False while a chunked prefill has not reached its end.
  std::int32_t twin_of = -1;  ///< Index in `scheduled` of a sibling that samples: this sequence
                              ///< forks its table and samples from the same logits.
  friend bool operator==(const ScheduledSequence&, const ScheduledSequence&) = default;
};

enum class PreemptionMode : std::uint8_t { kRecompute, kSwap };

/// One sequence of a group whose sequences all go in the same step, by the same mode.
struct Preemption {
  SequenceId id;
  PreemptionMode mode = PreemptionMode::kRecompute;
  friend bool operator==(const Preemption&, const Preemption&) = default;
};

/// `child` begins with the block table and the tokens of `parent`, shared (beam search).
struct Fork {
  SequenceId parent;
  SequenceId child;
  friend bool operator==(const Fork&, const Fork&) = default;
};

/// A token that has become part of a sequence since the last plan.
struct AppendedToken {
  SequenceId sequence;
  TokenId token = 0;
  friend bool operator==(const AppendedToken&, const AppendedToken&) = default;
};

enum class TransferDirection : std::uint8_t { kDemote, kPromote };  ///< Device to host, and back.

/// Names one movement of blocks between the tiers; a request begins at most one per step and
/// direction. Request 0: cached blocks that no sequence owns.
struct TransferId {
  StepId step;
  RequestId request;
  TransferDirection direction = TransferDirection::kDemote;
  friend bool operator==(const TransferId&, const TransferId&) = default;
  friend auto operator<=>(const TransferId&, const TransferId&) = default;
};

/// scheduler -> block manager. Applied in the order of the members.
struct StepPlan {
  StepId id;
  std::vector<TransferId> transfers_finished;  ///< Their blocks are free to be used again.
  std::vector<StepId> failed;  ///< What these steps should have written or moved is not there.
  std::vector<Fork> forks;
  std::vector<AppendedToken> appended;
  std::vector<SequenceId> released;  ///< Finished or cancelled: give their blocks back.
  std::vector<Preemption> preempted;
  std::int32_t num_demotions = 0;  ///< Cached blocks to move to the host, oldest first.
  std::vector<SequenceStart> starts;
  std::vector<SequenceId> promotions;  ///< Sequences, preempted by swap, to bring back.
  std::vector<ScheduledSequence> scheduled;
};

/// One block of bytes to copy, on the device or between the tiers (the list that holds it says
/// which).
struct BlockCopy {
  BlockId source;
  BlockId destination;
  friend bool operator==(const BlockCopy&, const BlockCopy&) = default;
};

struct Transfer {
  TransferId id;
  std::vector<BlockCopy> copies;  ///< May be empty: everything was there already.
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

/// What became of a sequence that started: known to the block manager only, so the scheduler plans
/// nothing more for it until this has come round.
struct StartedSequence {
  SequenceId id;
  std::int32_t num_cached_tokens = 0;     ///< Found, and not computed again.
  std::int32_t num_scheduled_tokens = 0;  ///< Computed in this step, after the cached ones.
  bool promotes = false;  ///< Some were on the host: it computes when the transfer has finished.
};

/// What the cache can still take, after a plan.
struct CacheCredits {
  std::int32_t num_free = 0;       ///< Device: free + cached.
  std::int32_t num_cached = 0;     ///< Device: the cached ones of these.
  std::int32_t num_host_free = 0;  ///< Host: free + cached.
  friend bool operator==(const CacheCredits&, const CacheCredits&) = default;
};

/// What became of a plan before it was computed. A device does not know it: it stays with whoever
/// launches the step, and goes back to the scheduler beside the device's result.
struct StepReceipt {
  StepId id;
  std::vector<StartedSequence> started;  ///< One for each start of the plan that is not a twin.
  CacheCredits credits;                  ///< After the plan.
};

/// block manager -> executor. `block_tables` holds the tables of `scheduled` end to end; the table
/// of scheduled[i] is block_tables[cu_blocks[i] .. cu_blocks[i + 1]), enough for first_position +
/// num_tokens slots. Order of effects: demotions and promotions begin, copies, then the forward
/// pass.
struct StepBatch {
  StepId id;
  std::vector<Fork> forks;
  std::vector<AppendedToken> appended;  ///< Beam search only: what the scheduler chose.
  std::vector<SequenceId>
      released;  ///< Sequences whose state the executor may forget (those to recompute, too).
  std::vector<SequenceStart> starts;
  std::vector<ScheduledSequence> scheduled;
  std::vector<std::int32_t> cu_blocks;  ///< [scheduled.size() + 1], first 0.
  std::vector<BlockId> block_tables;    ///< [cu_blocks.back()]
  std::vector<BlockCopy> copies;     ///< Device to device (copy on write), before the forward pass.
  std::vector<Transfer> demotions;   ///< Device to host.
  std::vector<Transfer> promotions;  ///< Host to device; nothing reads the blocks before the
                                     ///< transfer was reported as finished.
  StepReceipt receipt;               ///< For the scheduler.
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
  std::vector<TokenLogprob> top;  ///< The k best of the raw logits, best first. Beam search: the
                                  ///< candidates; `token` is the best of them and not appended.
  std::vector<TokenId> forced{};  ///< What the request's constraint makes follow `token`: they are
                                  ///< part of the sequence, and their positions not computed yet.
};

/// What the model thought of a token of the prompt, given those before it.
struct PromptLogprob {
  TokenId token = 0;
  float logprob = 0.0F;           ///< Natural logarithm, of the raw logits.
  std::int32_t rank = 0;          ///< 1: no token was likelier.
  std::vector<TokenLogprob> top;  ///< The k best of the raw logits, best first.
  friend bool operator==(const PromptLogprob&, const PromptLogprob&) = default;
};

/// Those of the prompt's tokens from first_position on, which is never the first: nothing stands
/// before that.
struct PromptLogprobs {
  SequenceId sequence;
  std::int32_t first_position = 1;
  std::vector<PromptLogprob> tokens;
};

/// A sequence that could not be computed, for a reason of its own: a token that the model does not
/// have, say. The others of its step are as they should be.
struct FailedSequence {
  SequenceId id;
  Error error;
};

/// executor -> scheduler: what a device knows of a step.
struct StepResult {
  StepId id;
  std::vector<SampledToken>
      sampled;  ///< One for each scheduled sequence with `samples`, in the batch's order. Where a
                ///< step before it has forced the token of that position, it is that one again.
  std::vector<FailedSequence> failed;           ///< What they sampled, if anything, means nothing.
  std::vector<PromptLogprobs> prompt_logprobs;  ///< Of sequences that asked for them.
  std::vector<TransferId> transfers_finished;
  std::chrono::nanoseconds elapsed{};           ///< Time that the device worked on the step.
  std::int32_t num_blocks_transferred = 0;      ///< Between the tiers, by what has finished.
  std::chrono::nanoseconds transfer_elapsed{};  ///< What these copies took.
};

}  // namespace octavo
