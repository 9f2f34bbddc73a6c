// How logits become tokens: what a request asks of a row, and what came of it.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace octavo::kernels {

/// A row whose temperature is below this takes its largest logit.
inline constexpr float kGreedyBelow = 1e-5F;

/// How one row of logits becomes a token. Order: logit bias, forbidden tokens, penalties and the
/// tokens that are allowed, then
/// temperature, top-k (ties at the k-th stay), top-p, min-p, each on the renormalized result of the
/// one before. A NaN counts as -inf.
struct SampleRow {
  float temperature = 1.0F;  ///< Below kGreedyBelow: greedy, the first of the largest.
  std::int32_t top_k = 0;    ///< 0 or -1: off
  float top_p = 1.0F;
  float min_p = 0.0F;
  /// Over prompt and completion: positive logits are divided by it, others multiplied.
  float repetition_penalty = 1.0F;
  float presence_penalty = 0.0F;   ///< Over the completion.
  float frequency_penalty = 0.0F;  ///< Over the completion.
  std::uint64_t seed = 0;
  /// The generator's counter: a draw depends on (seed, position) alone.
  std::uint64_t position = 0;
  /// Prompt and completion so far; -1 - i stands for what row i of the sample before chose.
  std::span<const std::int32_t> tokens{};
  std::int64_t num_prompt_tokens = 0;
  std::span<const std::pair<std::int32_t, float>> logit_bias{};
  std::span<const std::int32_t> forbidden{};  ///< Never sampled (stop tokens before min_tokens).
  /// [ceil(vocab_size / 32)], bit t % 32 of word t / 32: token t may be sampled. Empty: all may.
  std::span<const std::uint32_t> allowed{};
  /// The token is known, and only what the logits say of it is asked: nothing above changes that.
  /// -1: one is to be chosen.
  std::int32_t given = -1;
  std::int32_t num_logprobs = -1;  ///< -1: none; 0: the chosen token's; k: the k best's as well.
  /// The k best are the best of those in `allowed`, because whoever asks chooses among them (beam
  /// search). Their log-probabilities are by the raw logits of all tokens all the same; where fewer
  /// than k are allowed, the rest are told as -inf.
  bool has_top_of_allowed = false;
};

struct SampleOutput {
  std::int32_t token = 0;
  float logprob = 0.0F;  ///< By the raw logits; only where it was asked for.
  std::vector<std::pair<std::int32_t, float>> top;
  std::int32_t rank = 0;  ///< Of a given token: one more than the tokens with a larger logit.
  /// False: the row has no largest finite logit (all are NaN or -inf, or one is +inf), so that
  /// nothing can be chosen. The token is one of the vocabulary and means nothing.
  bool is_finite = true;
};

}  // namespace octavo::kernels
