// Logits to tokens without leaving the device: the twin of kernels/cpu/reference_sample.cpp, same
// order of filters, same draw for the same (seed, position).
//
// Data flow: logits [n, vocab_size] -scan-> the best of each slice -resolve-> adjusted logits, best
// tokens -weigh-> the mass of each slice or a histogram of each row -pick-> tokens [n] and their
// log-probabilities.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace octavo::kernels::cuda {

constexpr int kMaxTopLogprobs = 64;

/// A `SampleRow` as the device reads it: its lists are ranges of the arrays in `SampleArrays`.
struct DeviceSampleRow {
  float temperature;   ///< Below kGreedyBelow: greedy.
  std::int32_t top_k;  ///< 0 or less: off
  float top_p;
  float min_p;
  float repetition_penalty;
  float presence_penalty;
  float frequency_penalty;
  std::int32_t num_logprobs;  ///< -1: none; at most kMaxTopLogprobs
  std::uint64_t seed;
  std::uint64_t position;
  std::int32_t first_token;  ///< In `tokens`; num_tokens is 0 for rows without penalties.
  std::int32_t num_tokens;
  std::int32_t num_prompt_tokens;
  std::int32_t first_bias;  ///< In `bias_tokens` and `bias_values`.
  std::int32_t num_bias;
  std::int32_t first_forbidden;  ///< In `forbidden`.
  std::int32_t num_forbidden;
  std::int32_t first_allowed;  ///< In `allowed`.
  std::int32_t num_allowed;    ///< Words, one bit a token of the vocabulary; 0: all are allowed.
  std::int32_t given;          ///< The token, where it is known; -1: it is to be chosen.
  std::int32_t has_top_of_allowed;  ///< 1: the best with log-probabilities are of those allowed.
  std::int32_t is_active;           ///< 0: padding; nothing of the row is written.
};

/// All device memory.
struct SampleArrays {
  const DeviceSampleRow* rows;  ///< [n]
  const std::int32_t* tokens;   ///< -1 - i: sampled[i]
  const std::int32_t* bias_tokens;
  const float* bias_values;
  const std::int32_t* forbidden;
  const std::uint32_t* allowed;
  /// [max n] In: what the last call chose. Out, after everything has read it: what this one does.
  std::int32_t* sampled;
  std::int32_t* choices;  ///< [n] Out: the `choice` of each row, for the host.
};

/// What a row came to. The host reads these.
struct DeviceSampleOutput {
  /// The token; its complement, which is negative, where the row has no largest finite logit.
  std::int32_t choice;
  float logprob;      ///< By the raw logits; only where it was asked for.
  std::int32_t rank;  ///< Of a given token: one more than the tokens with a larger logit.
  std::int32_t num_top;
  std::int32_t top_tokens[kMaxTopLogprobs];
  float top_logprobs[kMaxTopLogprobs];
};

/// Bytes of device scratch that `sample` needs for up to `max_rows` rows.
std::size_t sample_workspace_bytes(std::int64_t max_rows, std::int64_t vocab_size);

/// logits: [n, vocab_size], overwritten. outputs: [n], device. The launches depend on n and
/// vocab_size alone, so they can be recorded and replayed with other contents of the arrays.
void sample(float* logits, std::int64_t vocab_size, std::int64_t n, const SampleArrays& arrays,
            DeviceSampleOutput* outputs, void* workspace, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
