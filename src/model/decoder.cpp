#include "src/model/decoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace octavo {
namespace {

/// Bytes of each buffer for the largest step; `element_bytes` of an activation.
struct BufferSizes {
  std::size_t residual;
  std::size_t added;
  std::size_t normed;
  std::size_t projected;
  std::size_t query;
  std::size_t mixed;
  std::size_t logits;
  std::size_t total() const {
    return residual + added + normed + projected + query + mixed + logits;
  }
};

BufferSizes buffer_sizes(const DecoderSpec& spec, const StepLimits& limits, kernels::DType dtype) {
  const auto mlp_in = spec.intermediate_size * (spec.gated ? 2 : 1);
  const auto tokens = limits.max_tokens;
  const auto bytes = [](std::int64_t elements, kernels::DType type) {
    return static_cast<std::size_t>(elements) * kernels::size_of(type);
  };
  return {.residual = bytes(tokens * spec.hidden_size, kernels::DType::kF32),
          .added = bytes(tokens * spec.hidden_size, dtype),
          .normed = bytes(std::max(tokens, limits.max_logits) * spec.hidden_size, dtype),
          .projected = bytes(tokens * std::max(spec.qkv_size(), mlp_in), dtype),
          .query = bytes(tokens * spec.query_size(), dtype),
          .mixed = bytes(tokens * std::max(spec.query_size(), spec.intermediate_size), dtype),
          .logits = bytes(limits.max_logits * spec.vocab_size, kernels::DType::kF32)};
}

}  // namespace

std::size_t decoder_bytes(const DecoderSpec& spec, const StepLimits& limits, kernels::DType dtype) {
  const auto rotary = spec.rope ? limits.max_positions * spec.head_dim : 0;
  return buffer_sizes(spec, limits, dtype).total() +
         static_cast<std::size_t>(rotary) * sizeof(float);
}

Decoder::Decoder(kernels::Operations& operations, DecoderSpec spec, Weights weights,
                 const Shard& shard)
    : operations_(&operations),
      spec_(std::move(spec)),
      shard_(shard),
      weights_(std::move(weights)) {}

Result<Decoder> Decoder::make(kernels::Backend& backend, const DecoderSpec& spec, Weights weights,
                              const StepLimits& limits, const Shard& shard) {
  Decoder decoder(backend, shard_of(spec, shard), std::move(weights), shard);
  const Error no_memory{Errc::kOutOfMemory,
                        "activations do not fit into memory; lower the batched tokens", ""};
  const auto sizes = buffer_sizes(decoder.spec_, limits, backend.activation_dtype());
  const std::array<std::pair<kernels::Buffer*, std::size_t>, 7> buffers{{
      {&decoder.residual_, sizes.residual},
      {&decoder.added_, sizes.added},
      {&decoder.normed_, sizes.normed},
      {&decoder.projected_, sizes.projected},
      {&decoder.query_, sizes.query},
      {&decoder.mixed_, sizes.mixed},
      {&decoder.logits_, sizes.logits},
  }};
  for (const auto& [buffer, bytes] : buffers) {
    *buffer = backend.allocate(bytes);
    if (!*buffer) return no_memory;
  }
  if (const auto rows = head_rows(spec, shard); rows != spec.vocab_size) {
    decoder.own_logits_ =
        backend.allocate(static_cast<std::size_t>(limits.max_logits * rows) * sizeof(float));
    if (!decoder.own_logits_) return no_memory;
  }
  if (decoder.spec_.rope) {
    const auto head_dim = decoder.spec_.head_dim;
    const auto table = cos_sin_table(*decoder.spec_.rope, head_dim, limits.max_positions);
    const kernels::HostMatrix host{table.data(), kernels::DType::kF32, limits.max_positions,
                                   head_dim, false};
    decoder.cos_sin_ = backend.prepare_vector({&host, 1});
    if (!decoder.cos_sin_) return no_memory;
  }
  return decoder;
}

void Decoder::norm(const NormWeights& weights, const void* added, std::int64_t num_tokens,
                   const std::int32_t* rows) {
  kernels::NormArgs args;
  args.kind = spec_.norm;
  args.input = added;
  args.residual = residual_.as<float>();
  args.rows = rows;
  args.weight = weights.weight.data();
  args.bias = weights.bias.data();
  args.epsilon = spec_.norm_epsilon;
  args.output = normed_.data();
  args.num_tokens = num_tokens;
  args.width = spec_.hidden_size;
  operations_->norm(args);
}

void Decoder::linear(const LinearWeights& weights, const void* input, void* output,
                     std::int64_t num_tokens) {
  operations_->linear(input, weights.weight, weights.bias.data(), output, num_tokens);
}

void Decoder::summed_linear(const LinearWeights& weights, const void* input,
                            std::int64_t num_tokens) {
  linear(weights, input, added_.data(), num_tokens);
  if (!shard_.is_whole()) operations_->all_reduce(added_.data(), num_tokens * spec_.hidden_size);
}

float* Decoder::head(std::int64_t num_logits) {
  const kernels::Matrix& matrix = weights_.head();
  auto* logits = logits_.as<float>();
  if (!own_logits_) {
    operations_->head(normed_.data(), matrix, logits, num_logits);
    return logits;
  }
  operations_->head(normed_.data(), matrix, own_logits_.as<float>(), num_logits);
  operations_->all_gather_columns(own_logits_.as<float>(), logits, num_logits, matrix.rows);
  return logits;
}

void Decoder::attend(const LayerWeights& layer, std::int64_t index,
                     const kernels::StepInputs& inputs, const kernels::KvCacheView& cache) {
  kernels::QkvArgs qkv;
  qkv.qkv = projected_.data();
  qkv.query = query_.data();
  qkv.query_norm = layer.query_norm.data();
  qkv.key_norm = layer.key_norm.data();
  qkv.norm_epsilon = spec_.norm_epsilon;
  qkv.cos_sin = cos_sin_.data();
  qkv.rotary_dim = spec_.rope ? spec_.head_dim : 0;
  qkv.positions = inputs.positions;
  qkv.slots = inputs.slots;
  qkv.num_tokens = inputs.num_tokens;
  qkv.num_heads = spec_.num_heads;
  qkv.layer = index;
  qkv.cache = cache;
  operations_->split_rotate_write(qkv);

  kernels::AttentionArgs attention;
  attention.query = query_.data();
  attention.output = mixed_.data();
  attention.cu_seqlens = inputs.cu_seqlens;
  attention.context_lens = inputs.context_lens;
  attention.cu_blocks = inputs.cu_blocks;
  attention.block_tables = inputs.block_tables;
  attention.num_seqs = inputs.num_seqs;
  attention.num_heads = spec_.num_heads;
  attention.layer = index;
  attention.sliding_window = spec_.windows[static_cast<std::size_t>(index)];
  attention.scale = 1.0F / std::sqrt(static_cast<float>(spec_.head_dim));
  attention.cache = cache;
  operations_->attention(attention);
}

void Decoder::feed_forward(const LayerWeights& layer, std::int64_t num_tokens) {
  norm(layer.mlp_norm, added_.data(), num_tokens);
  void* activated = spec_.gated ? mixed_.data() : projected_.data();
  operations_->activated_linear(normed_.data(), layer.mlp_in.weight, layer.mlp_in.bias.data(),
                                spec_.activation, spec_.gated, projected_.data(), activated,
                                num_tokens);
  summed_linear(layer.mlp_out, activated, num_tokens);
}

float* Decoder::forward(const kernels::StepInputs& inputs, const kernels::KvCacheView& cache) {
  const auto num_tokens = inputs.num_tokens;
  operations_->embed(weights_.embedding, inputs.token_ids,
                     weights_.positions ? &weights_.positions : nullptr, inputs.positions,
                     spec_.position_offset, residual_.as<float>(), num_tokens);
  const void* added = nullptr;
  for (std::int64_t i = 0; i < spec_.num_layers; ++i) {
    const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(i)];
    norm(layer.attention_norm, added, num_tokens);
    linear(layer.qkv, normed_.data(), projected_.data(), num_tokens);
    attend(layer, i, inputs, cache);
    summed_linear(layer.attention_output, mixed_.data(), num_tokens);
    feed_forward(layer, num_tokens);
    added = added_.data();
  }
  if (inputs.num_logits > 0) {
    norm(weights_.final_norm, added, inputs.num_logits, inputs.logits_rows);
    return head(inputs.num_logits);
  }
  return logits_.as<float>();
}

}  // namespace octavo
