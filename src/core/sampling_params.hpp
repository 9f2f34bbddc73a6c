// How a request wants its tokens chosen. Parsed from the wire or the command line, checked once,
// then constant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/core/ids.hpp"
#include "src/core/result.hpp"
#include "src/core/token_constraint.hpp"

namespace octavo {

/// When beam search ends before max_tokens: as soon as beam_width hypotheses have ended; when none
/// that runs can become better by its present length; or by the length it could still reach.
enum class EarlyStopping : std::uint8_t { kFalse, kTrue, kNever };

struct SamplingParams {
  // Doubles, so that a response repeats the very numbers of its request; samplers take floats.
  double temperature = 1.0;  ///< 0 is greedy; [0, 2].
  std::int32_t top_k = 0;    ///< Keep the k largest; 0 or -1 keeps all.
  double top_p = 1.0;        ///< Keep the smallest set whose probability is at least p; [0, 1].
                             ///< 0 keeps the likeliest token alone.
  double min_p = 0.0;        ///< Drop what is below min_p times the largest probability; [0, 1].
  double repetition_penalty =
      1.0;  ///< Divides positive logits of tokens in prompt or completion; (0, 10].
  double presence_penalty = 0.0;      ///< Subtracted once from tokens in the completion; [-2, 2].
  double frequency_penalty = 0.0;     ///< Subtracted per occurrence in the completion; [-2, 2].
  std::optional<std::uint64_t> seed;  ///< Same seed, same tokens, whatever the batch.
  std::int32_t max_tokens = 0;  ///< Tokens to generate at most; 0 lets the context length decide.
  std::int32_t min_tokens = 0;  ///< No stop of any kind before that many tokens.
  bool ignore_eos = false;
  std::vector<TokenId> stop_token_ids;  ///< End the completion like an EOS.
  std::vector<std::string> stop;        ///< Strings that end the completion; cut from the text.
  std::vector<std::pair<TokenId, float>> logit_bias;  ///< Added to the logits; each in [-100, 100].
  std::int32_t num_logprobs =
      -1;  ///< -1: none; 0: of the chosen token; k: of the k best as well, at most 20.
  /// The same of the prompt's tokens. None of them is taken from the prefix cache then, which knows
  /// keys and values but no logits.
  std::int32_t num_prompt_logprobs = -1;
  std::int32_t n = 1;           ///< Sequences to sample for the request; 1 .. 8.
  std::int32_t beam_width = 0;  ///< 0: sample. Else beam search of that width, 1 .. 16; the n best
                                ///< are answered. Temperature, filters and seed do not apply then.
  std::shared_ptr<const TokenConstraint> constraint;  ///< What the answer may be; null: anything.
  float length_penalty = 1.0F;  ///< A hypothesis' score is its log-probability / length^penalty.
  EarlyStopping early_stopping = EarlyStopping::kFalse;

  bool is_greedy() const { return temperature < 1e-5 || top_p <= 0.0; }
  bool is_beam_search() const { return beam_width > 0; }
  friend bool operator==(const SamplingParams&, const SamplingParams&) = default;
};

/// How many candidates each hypothesis of a beam search must offer, so that beam_width of them do
/// not end whatever the stops are.
constexpr std::int32_t num_beam_candidates(std::int32_t beam_width, std::size_t num_stops) {
  const auto per_beam = static_cast<std::int32_t>(num_stops) + 1;
  return (per_beam < 2 ? 2 : per_beam) * beam_width;
}

/// Checks every range. vocab_size bounds token ids. Errors: kInvalidValue with `param` set to the
/// wire's name of the field.
[[nodiscard]] Result<void> validate(const SamplingParams& params, std::int32_t vocab_size);

}  // namespace octavo
