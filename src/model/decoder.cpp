#include "src/model/decoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace octavo {
namespace {

/// Elements of each activation buffer for the largest step.
struct ActivationSizes {
  std::int64_t hidden;
  std::int64_t projected;
  std::int64_t query;
  std::int64_t mixed;
  std::int64_t logits;
};

ActivationSizes activation_sizes(const DecoderSpec& spec, const StepLimits& limits) {
  const auto mlp_in = spec.intermediate_size * (spec.gated ? 2 : 1);
  const auto tokens = limits.max_tokens;
  return {.hidden = std::max(tokens, limits.max_logits) * spec.hidden_size,
          .projected = tokens * std::max(spec.qkv_size(), mlp_in),
          .query = tokens * spec.query_size(),
          .mixed = tokens * std::max(spec.query_size(), spec.intermediate_size),
          .logits = limits.max_logits * spec.vocab_size};
}

}  // namespace

std::size_t decoder_bytes(const DecoderSpec& spec, const StepLimits& limits) {
  const auto sizes = activation_sizes(spec, limits);
  const auto rotary = spec.rope ? limits.max_positions * spec.head_dim : 0;
  return sizeof(float) * static_cast<std::size_t>(2 * sizes.hidden + sizes.projected + sizes.query +
                                                  sizes.mixed + sizes.logits + rotary);
}

Decoder::Decoder(kernels::Backend& backend, DecoderSpec spec, Weights weights)
    : backend_(&backend), spec_(std::move(spec)), weights_(std::move(weights)) {}

Result<Decoder> Decoder::make(kernels::Backend& backend, DecoderSpec spec, Weights weights,
                              const StepLimits& limits) {
  Decoder decoder(backend, std::move(spec), std::move(weights));
  const Error no_memory{Errc::kOutOfMemory,
                        "activations do not fit into memory; lower the batched tokens", ""};
  const auto sizes = activation_sizes(decoder.spec_, limits);
  const std::array<std::pair<kernels::Buffer*, std::int64_t>, 6> buffers{{
      {&decoder.residual_, sizes.hidden},
      {&decoder.normed_, sizes.hidden},
      {&decoder.projected_, sizes.projected},
      {&decoder.query_, sizes.query},
      {&decoder.mixed_, sizes.mixed},
      {&decoder.logits_, sizes.logits},
  }};
  for (const auto& [buffer, size] : buffers) {
    *buffer = backend.allocate(static_cast<std::size_t>(size) * sizeof(float));
    if (!*buffer) return no_memory;
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

void Decoder::norm(const NormWeights& weights, const float* input, float* output,
                   std::int64_t num_tokens) {
  kernels::NormArgs args;
  args.kind = spec_.norm;
  args.input = input;
  args.weight = weights.weight.data();
  args.bias = weights.bias.data();
  args.epsilon = spec_.norm_epsilon;
  args.output = output;
  args.num_tokens = num_tokens;
  args.width = spec_.hidden_size;
  backend_->norm(args);
}

void Decoder::linear(const LinearWeights& weights, const float* input, float* output,
                     std::int64_t num_tokens, bool accumulate) {
  backend_->linear(input, weights.weight, weights.bias.data(), output, num_tokens, accumulate);
}

void Decoder::attend(const LayerWeights& layer, std::int64_t index, const DecoderInputs& inputs,
                     const kernels::KvCacheView& cache) {
  kernels::QkvArgs qkv;
  qkv.qkv = projected_.as<float>();
  qkv.query = query_.as<float>();
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
  backend_->split_rotate_write(qkv);

  kernels::AttentionArgs attention;
  attention.query = query_.as<float>();
  attention.output = mixed_.as<float>();
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
  backend_->attention(attention);
}

void Decoder::feed_forward(const LayerWeights& layer, std::int64_t num_tokens) {
  const auto width = spec_.intermediate_size;
  norm(layer.mlp_norm, residual_.as<float>(), normed_.as<float>(), num_tokens);
  linear(layer.mlp_in, normed_.as<float>(), projected_.as<float>(), num_tokens, false);
  const float* activated = projected_.as<float>();
  if (spec_.gated) {
    backend_->gated_activation(spec_.activation, projected_.as<float>(), mixed_.as<float>(),
                               num_tokens, width);
    activated = mixed_.as<float>();
  } else {
    backend_->activation(spec_.activation, projected_.as<float>(), num_tokens * width);
  }
  linear(layer.mlp_out, activated, residual_.as<float>(), num_tokens, true);
}

float* Decoder::forward(const DecoderInputs& inputs, const kernels::KvCacheView& cache) {
  const auto num_tokens = inputs.num_tokens;
  auto* residual = residual_.as<float>();
  auto* normed = normed_.as<float>();
  backend_->embed(weights_.embedding, inputs.token_ids,
                  weights_.positions ? &weights_.positions : nullptr, inputs.positions,
                  spec_.position_offset, residual, num_tokens);
  for (std::int64_t i = 0; i < spec_.num_layers; ++i) {
    const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(i)];
    norm(layer.attention_norm, residual, normed, num_tokens);
    linear(layer.qkv, normed, projected_.as<float>(), num_tokens, false);
    attend(layer, i, inputs, cache);
    linear(layer.attention_output, mixed_.as<float>(), residual, num_tokens, true);
    feed_forward(layer, num_tokens);
  }
  if (inputs.num_logits > 0) {
    backend_->gather_rows(residual, inputs.logits_rows, normed, inputs.num_logits,
                          spec_.hidden_size);
    norm(weights_.final_norm, normed, normed, inputs.num_logits);
    backend_->linear(normed, weights_.head(), nullptr, logits_.as<float>(), inputs.num_logits);
  }
  return logits_.as<float>();
}

}  // namespace octavo
