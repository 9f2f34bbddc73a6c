// What the executor must remember of a sequence between steps: its tokens, because step N + 1 may
// be planned before step N has sampled, and how it wants to be sampled.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// Where a sequence stands in what its answer may be. Copies go their own ways.
class ConstrainedPlace {
 public:
  ConstrainedPlace() = default;
  explicit ConstrainedPlace(const TokenConstraint& constraint) : matcher_(constraint.begin()) {}
  ConstrainedPlace(const ConstrainedPlace& other)
      : matcher_(other.matcher_ ? other.matcher_->fork() : nullptr),
        num_accepted_(other.num_accepted_) {}
  ConstrainedPlace(ConstrainedPlace&&) = default;
  ConstrainedPlace& operator=(ConstrainedPlace&&) = default;
  ConstrainedPlace& operator=(const ConstrainedPlace&) = delete;

  explicit operator bool() const { return matcher_ != nullptr; }
  /// Takes the tokens of the completion that it has not seen, which must be known. False when one
  /// of them is not allowed.
  [[nodiscard]] bool accept(std::span<const TokenId> completion);
  /// The same, and finds which tokens may be next. To no effect where that has been done.
  [[nodiscard]] bool advance(std::span<const TokenId> completion);
  /// What must follow the tokens taken so far, after advance(); see TokenMatcher::forced().
  std::vector<TokenId> forced() { return matcher_->forced(allowed_); }
  /// Where it says which may be next, after advance(); the place stays.
  void make_room(std::size_t num_words) { allowed_.resize(num_words); }
  std::span<const std::uint32_t> allowed() const { return allowed_; }

 private:
  std::unique_ptr<TokenMatcher> matcher_;
  std::size_t num_accepted_ = 0;
  std::vector<std::uint32_t> allowed_;
  bool is_filled_ = false;  ///< `allowed_` says what may follow the tokens taken so far.
};

struct SequenceState {
  /// Prompt, then completion so far. What a step on its way will have sampled stands here as
  /// -1 - i, i being its row among that step's samples.
  std::vector<TokenId> tokens;
  std::int64_t num_prompt_tokens = 0;
  std::int64_t num_forced = 0;  ///< The last so many of `tokens` are forced ones.
  SamplingParams sampling;
  ConstrainedPlace place;
  std::vector<TokenId> stop_ids;  ///< What `min_tokens` forbids: EOS, unless ignored, and stops.

  /// How the next token is to be chosen. Spans point into this state.
  kernels::SampleRow sample_row() const;
  /// Asks for the log-probability of the prompt's token at `position`.
  kernels::SampleRow prompt_row(std::int32_t position) const;
  std::span<const TokenId> completion() const {
    return std::span(tokens).subspan(static_cast<std::size_t>(num_prompt_tokens));
  }
  /// Whether the token at this position was forced after the one that was sampled last. A step that
  /// was planned before may still sample there.
  bool is_forced(std::int64_t position) const {
    const auto num_tokens = static_cast<std::int64_t>(tokens.size());
    return position < num_tokens && position >= num_tokens - num_forced;
  }
};

/// All sequences that the executor knows. Executor thread only.
class SequenceTable {
 public:
  /// eos_token_ids: what ends a completion of this model; vocab_size bounds every token.
  SequenceTable(std::vector<TokenId> eos_token_ids, std::int64_t vocab_size)
      : eos_token_ids_(std::move(eos_token_ids)), vocab_size_(vocab_size) {}

  /// Copies the parent's state to each child, appends what the scheduler chose (beam search),
  /// forgets `released`, enters `starts`. Answers those of the starts that cannot be computed, for
  /// a token outside the vocabulary or bad sampling: they stay in the batch as sequences of token
  /// 0, so that the rest of the step is what it would have been. Errors: kEngineError for a batch
  /// that contradicts what is known here (an empty start, an unknown parent).
  [[nodiscard]] Result<std::vector<FailedSequence>> apply(const StepBatch& batch);

  /// Null when not known.
  const SequenceState* find(SequenceId id) const;
  /// Appends a token, or the row that will have sampled it. `id` must be known. Answers its index.
  std::size_t append(SequenceId id, TokenId token);
  /// Puts the token where `append` put its row; to no effect when the sequence has gone or begun
  /// anew meanwhile.
  void resolve(SequenceId id, std::size_t index, TokenId token);
  /// Appends what the constraint of the sequence makes follow its last token, which stands at
  /// `index` and is known, and answers it. Nothing when the sequence has gone or begun anew
  /// meanwhile, for beam search, and for a request that wants log-probabilities or biases tokens:
  /// it would miss the former, and what it forbids could be among the forced ones.
  std::vector<TokenId> force(SequenceId id, std::size_t index);
  /// For a sequence with a constraint, before sample_row(): the row will say which tokens may be
  /// next once constrain() has found them.
  void make_room_for_mask(SequenceId id);
  /// Brings the sequence's place to where its tokens are. False when these are not allowed, which
  /// only a fault here could bring about. Thread: also another, while nobody changes the table.
  [[nodiscard]] bool constrain(SequenceId id);
  std::size_t size() const { return sequences_.size(); }

 private:
  /// Adds the sequence to `failed` when it cannot be computed.
  [[nodiscard]] Result<void> start(const SequenceStart& start, std::vector<FailedSequence>& failed);

  std::vector<TokenId> eos_token_ids_;
  std::int64_t vocab_size_;
  std::unordered_map<SequenceId, SequenceState> sequences_;
};

}  // namespace octavo
