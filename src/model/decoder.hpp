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

/// The largest step that a decoder must hold activations for.
struct StepLimits {
  std::int64_t max_tokens = 0;
  std::int64_t max_logits = 0;
  std::int64_t max_positions = 0;  ///< Positions 0 .. max_positions - 1 occur.
};

/// Bytes of activations (of `dtype`), residual stream, logits and rotary table that `Decoder::make`
/// takes.
std::size_t decoder_bytes(const DecoderSpec& spec, const StepLimits& limits, kernels::DType dtype);

class Decoder {
 public:
  /// `backend` must outlive the decoder. spec: the whole model's; of which this one computes
  /// `shard`. Takes all memory that steps within `limits` need. Errors: kOutOfMemory.
  static Result<Decoder> make(kernels::Backend& backend, const DecoderSpec& spec, Weights weights,
                              const StepLimits& limits, const Shard& shard = {});

  /// inputs: as `Backend::place` gave them. Writes the step's keys and values to `cache` and
  /// answers the logits of `logits_rows`: [num_logits, vocab_size], float32, the caller's until the
  /// next call.
  float* forward(const kernels::StepInputs& inputs, const kernels::KvCacheView& cache);

  const DecoderSpec& spec() const { return spec_; }

 private:
  Decoder(kernels::Backend& backend, DecoderSpec spec, Weights weights, const Shard& shard);

  void attend(const LayerWeights& layer, std::int64_t index, const kernels::StepInputs& inputs,
              const kernels::KvCacheView& cache);
  void feed_forward(const LayerWeights& layer, std::int64_t num_tokens);
  void norm(const NormWeights& weights, const void* added, std::int64_t num_tokens,
            const std::int32_t* rows = nullptr);
  /// A product over a shard's share of the inputs, summed over the shards into `added_`.
  void summed_linear(const LinearWeights& weights, const void* input, std::int64_t num_tokens);
  float* head(std::int64_t num_logits);
  void linear(const LinearWeights& weights, const void* input, void* output,
              std::int64_t num_tokens);

  kernels::Backend* backend_;
  DecoderSpec spec_;  ///< What this one computes.
  Shard shard_;
  Weights weights_;
  kernels::Vector cos_sin_;     ///< [max_positions, head_dim], empty with learned positions
  kernels::Buffer residual_;    ///< [max_tokens, hidden_size] float32, the stream of the layers
  kernels::Buffer added_;       ///< [max_tokens, hidden_size], what the next norm adds to it
  kernels::Buffer normed_;      ///< [max(max_tokens, max_logits), hidden_size]
  kernels::Buffer projected_;   ///< [max_tokens, qkv_size or width of mlp_in]
  kernels::Buffer query_;       ///< [max_tokens, query_size]
  kernels::Buffer mixed_;       ///< [max_tokens, query_size or intermediate_size]
  kernels::Buffer logits_;      ///< [max_logits, vocab_size] float32
  kernels::Buffer own_logits_;  ///< [max_logits, head_rows], of a shard of the vocabulary
};

}  // namespace octavo
