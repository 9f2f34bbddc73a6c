// Tokens to logits: one forward pass for every family that a `DecoderSpec` can describe. Knows the
// cache only as a place that the backend writes and reads.
//
// Data flow, with T tokens, H = hidden_size, Q = num_heads * head_dim, KV = num_kv_heads *
// head_dim, I = intermediate_size, R rows of logits, V = vocab_size:
//
//   token_ids [T] -embed-> residual [T, H] float32
//   each layer:
//     residual [T, H] -norm-> normed [T, H] -qkv-> projected [T, Q + 2 KV]
//       -split, norm, rotate, write-> query [T, Q]; keys and values to the cache
//       -attention over the cache-> mixed [T, Q] -attention_output-> added [T, H]
//     residual += added -norm-> normed [T, H] -mlp_in-> projected [T, 2 I, or I without a gate]
//       -activation-> mixed [T, I] -mlp_out-> added [T, H]
//   residual += added -norm of the R rows-> normed [R, H] -head-> logits [R, V] float32
//
// What a layer adds to the residual stream is added by the next norm, which reads it anyway. A
// shard of the model has its part of the heads, of I and of V.
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
  /// `backend` must outlive the decoder. `spec` is the whole model's, `shard` the part of it that
  /// this decoder computes. Takes all memory that steps within `limits` need. Errors: kOutOfMemory.
  [[nodiscard]] static Result<Decoder> make(kernels::Backend& backend, const DecoderSpec& spec,
                                            Weights weights, const StepLimits& limits,
                                            const Shard& shard = {});

  /// inputs: as `Steps::place` gave them. Writes the step's keys and values to `cache` and
  /// answers the logits of `logits_rows`: [num_logits, vocab_size], float32, the caller's until the
  /// next call.
  float* forward(const kernels::StepInputs& inputs, const kernels::KvCacheView& cache);

  /// What forward() answers, where that step is replayed and nobody calls it.
  float* logits() { return logits_.as<float>(); }

  const DecoderSpec& spec() const { return spec_; }

 private:
  Decoder(kernels::Operations& operations, DecoderSpec spec, Weights weights, const Shard& shard);

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

  kernels::Operations* operations_;
  DecoderSpec spec_;  ///< What this shard computes.
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
  kernels::Buffer own_logits_;  ///< [max_logits, head_rows]: a shard's part of the vocabulary
};

}  // namespace octavo
