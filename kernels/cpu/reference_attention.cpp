#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/cached_head.hpp"
#include "kernels/cpu/reference_backend.hpp"
#include "kernels/host/half.hpp"

namespace octavo::kernels::cpu {
namespace {

/// Norms (weight or null) and rotates (angles or null) one head in place.
void turn_head(const QkvArgs& args, std::int64_t token, const float* weight, float* head) {
  const std::int64_t head_dim = args.cache.head_dim;
  if (weight != nullptr) {
    float square = 0.0F;
    for (std::int64_t d = 0; d < head_dim; ++d) square += head[d] * head[d];
    const float scale = 1.0F / std::sqrt(square / static_cast<float>(head_dim) + args.norm_epsilon);
    for (std::int64_t d = 0; d < head_dim; ++d) head[d] *= scale * weight[d];
  }
  if (args.cos_sin == nullptr) return;
  const std::int64_t half = args.rotary_dim / 2;
  const float* cosine = args.cos_sin + args.positions[token] * head_dim;
  const float* sine = cosine + half;
  for (std::int64_t d = 0; d < half; ++d) {
    const float first = head[d];
    const float second = head[d + half];
    head[d] = first * cosine[d] - second * sine[d];
    head[d + half] = second * cosine[d] + first * sine[d];
  }
}

void write_head(const QkvArgs& args, std::int64_t token, std::int64_t head, bool values,
                const float* source) {
  const KvCacheView& cache = args.cache;
  const std::int64_t slot = args.slots[token];
  if (slot < 0) return;
  const CachedHead to = cached_head(cache, slot / cache.block_size, args.layer, values, head,
                                    slot % cache.block_size);
  if (cache.dtype == DType::kF8) return store_head_f8(cache, to, source);
  for (std::int64_t d = 0; d < cache.head_dim; ++d) {
    store_element(cache.data, cache.dtype, to.first + d * to.stride, source[d]);
  }
}

/// One query of one head: scores, softmax, weighted sum of values over positions [first, last].
void attend(const AttentionArgs& args, std::int64_t seq, std::int64_t kv_head, std::int64_t first,
            std::int64_t last, const float* query, float* output) {
  const KvCacheView& cache = args.cache;
  const auto element = [&](std::int64_t position, bool values, std::int64_t d) {
    const std::int32_t block = args.block_tables[args.cu_blocks[seq] + position / cache.block_size];
    const CachedHead from =
        cached_head(cache, block, args.layer, values, kv_head, position % cache.block_size);
    const std::int64_t index = from.first + d * from.stride;
    if (cache.dtype != DType::kF8) return load_element(cache.data, cache.dtype, index);
    const auto* elements = static_cast<const std::uint8_t*>(cache.data);
    return to_float(F8{elements[index]}) * f8_scale(elements[from.scale]);
  };
  std::vector<float> scores;
  for (std::int64_t p = first; p <= last; ++p) {
    float dot = 0.0F;
    for (std::int64_t d = 0; d < cache.head_dim; ++d) dot += query[d] * element(p, false, d);
    dot *= args.scale;
    if (args.soft_cap > 0.0F) dot = args.soft_cap * std::tanh(dot / args.soft_cap);
    scores.push_back(dot);
  }
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0.0F;
  for (float& score : scores) sum += score = std::exp(score - largest);
  for (std::int64_t d = 0; d < cache.head_dim; ++d) {
    float value = 0.0F;
    for (std::int64_t p = first; p <= last; ++p) {
      value += scores[static_cast<std::size_t>(p - first)] * element(p, true, d);
    }
    output[d] = value / sum;
  }
}

}  // namespace

void ReferenceBackend::split_rotate_write(const QkvArgs& args) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t num_kv_heads = args.cache.num_kv_heads;
  const std::int64_t stride = (args.num_heads + 2 * num_kv_heads) * head_dim;
  std::vector<float> key(static_cast<std::size_t>(head_dim));
  for (std::int64_t i = 0; i < args.num_tokens; ++i) {
    const float* row = static_cast<const float*>(args.qkv) + i * stride;
    float* query = static_cast<float*>(args.query) + i * args.num_heads * head_dim;
    std::copy_n(row, args.num_heads * head_dim, query);
    for (std::int64_t h = 0; h < args.num_heads; ++h) {
      turn_head(args, i, args.query_norm, query + h * head_dim);
    }
    for (std::int64_t h = 0; h < num_kv_heads; ++h) {
      std::copy_n(row + (args.num_heads + h) * head_dim, head_dim, key.begin());
      turn_head(args, i, args.key_norm, key.data());
      write_head(args, i, h, false, key.data());
      write_head(args, i, h, true, row + (args.num_heads + num_kv_heads + h) * head_dim);
    }
  }
}

void ReferenceBackend::attention(const AttentionArgs& args) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t group = args.num_heads / args.cache.num_kv_heads;
  for (std::int64_t s = 0; s < args.num_seqs; ++s) {
    for (std::int64_t i = args.cu_seqlens[s]; i < args.cu_seqlens[s + 1]; ++i) {
      const std::int64_t last = args.context_lens[s] - args.cu_seqlens[s + 1] + i;
      const std::int64_t window = args.sliding_window;
      const std::int64_t first = window > 0 ? std::max<std::int64_t>(0, last - window + 1) : 0;
      for (std::int64_t h = 0; h < args.num_heads; ++h) {
        const std::int64_t at = (i * args.num_heads + h) * head_dim;
        attend(args, s, h / group, first, last, static_cast<const float*>(args.query) + at,
               static_cast<float*>(args.output) + at);
      }
    }
  }
}

}  // namespace octavo::kernels::cpu
