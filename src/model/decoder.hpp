// Tokens to logits: one forward pass for every family that a `DecoderSpec` can describe. Knows the
// cache only as a place that the backend writes and reads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.hpp"
#include "src/core/result.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/weights.hpp"

namespace octavo {

/// One step, flat. Device pointers, contiguous; see `kernels::AttentionArgs` for the prefix sums.
struct DecoderInputs {
  const std::int32_t* token_ids = nullptr;     ///< [num_tokens]
  const std::int32_t* positions = nullptr;     ///< [num_tokens]
  const std::int64_t* slots = nullptr;         ///< [num_tokens]
  const std::int32_t* cu_seqlens = nullptr;    ///< [num_seqs + 1]
  const std::int32_t* context_lens = nullptr;  ///< [num_seqs]
  const std::int32_t* cu_blocks = nullptr;     ///< [num_seqs + 1]
  const std::int32_t* block_tables = nullptr;  ///< [cu_blocks[num_seqs]]
  const std::int32_t* logits_rows = nullptr;   ///< [num_logits], rows of the step's tokens
  std::int64_t num_tokens = 0;
  std::int64_t num_seqs = 0;
  std::int64_t num_logits = 0;
};

/// The largest step that a decoder must hold activations for.
struct StepLimits {
  std::int64_t max_tokens = 0;
  std::int64_t max_logits = 0;
  std::int64_t max_positions = 0;  ///< Positions 0 .. max_positions - 1 occur.
};

/// Bytes of float32 activations and of the rotary table that `Decoder::make` takes.
std::size_t decoder_bytes(const DecoderSpec& spec, const StepLimits& limits);

class Decoder {
 public:
  /// `backend` must outlive the decoder. Takes all memory that steps within `limits` need.
  /// Errors: kOutOfMemory.
  static Result<Decoder> make(kernels::Backend& backend, DecoderSpec spec, Weights weights,
                              const StepLimits& limits);

  /// Writes the step's keys and values to `cache` and answers the logits of `logits_rows`:
  /// [num_logits, vocab_size], float32, the caller's until the next call.
  float* forward(const DecoderInputs& inputs, const kernels::KvCacheView& cache);

  const DecoderSpec& spec() const { return spec_; }

 private:
  Decoder(kernels::Backend& backend, DecoderSpec spec, Weights weights);

  void attend(const LayerWeights& layer, std::int64_t index, const DecoderInputs& inputs,
              const kernels::KvCacheView& cache);
  void feed_forward(const LayerWeights& layer, std::int64_t num_tokens);
  void norm(const NormWeights& weights, const float* input, float* output, std::int64_t num_tokens);
  void linear(const LinearWeights& weights, const float* input, float* output,
              std::int64_t num_tokens, bool accumulate);

  kernels::Backend* backend_;
  DecoderSpec spec_;
  Weights weights_;
  kernels::Vector cos_sin_;    ///< [max_positions, head_dim], empty with learned positions
  kernels::Buffer residual_;   ///< [max_tokens, hidden_size], the stream that layers add to
  kernels::Buffer normed_;     ///< [max_tokens, hidden_size]
  kernels::Buffer projected_;  ///< [max_tokens, qkv_size or width of mlp_in]
  kernels::Buffer query_;      ///< [max_tokens, query_size]
  kernels::Buffer mixed_;      ///< [max_tokens, query_size or intermediate_size]
  kernels::Buffer logits_;     ///< [max_logits, vocab_size]
};

}  // namespace octavo
