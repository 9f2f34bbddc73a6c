// The fused projection apart: queries, keys and values of each head, normed, turned and put where
// they belong. A group of lanes has one head: the two elements of each turning pair lie in the same
// lane, so a head crosses lanes only for the sum of its norm.
#include <bit>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/rows/e4m3.cuh"
#include "kernels/cuda/rows/row_packs.cuh"
#include "kernels/cuda/rows/rows.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kWarp = 32;
constexpr int kMaxHeadDim = 256;
constexpr int kLanes = 4;  ///< Neighbouring pairs of a lane in the vectorized form.

struct HeadShape {
  int group = kWarp;     ///< Lanes of a head: a power of two.
  int block_shift = -1;  ///< log2 of the cache's block size, or -1: it is no power of two.
  std::int64_t elements_per_block = 0;  ///< Of the cache.
};

/// Where the head of one slot lies in the cache, in elements, and the scale it may have.
struct CachedHead {
  std::int64_t first;
  std::int64_t scale;
};

__device__ __forceinline__ CachedHead cached_head(const KvCacheView& cache, const HeadShape& shape,
                                                  std::int64_t slot, std::int64_t layer,
                                                  bool is_value, std::int64_t head) {
  const std::int64_t block =
      shape.block_shift >= 0 ? slot >> shape.block_shift : slot / cache.block_size;
  const std::int64_t run = (layer * 2 + (is_value ? 1 : 0)) * cache.num_kv_heads + head;
  const std::int64_t row = run * cache.block_size + slot - block * cache.block_size;
  const std::int64_t begin = block * shape.elements_per_block;
  return {begin + row * cache.head_dim, begin + cache.rows_per_block() * cache.head_dim + row};
}

/// Every lane of a warp calls this; `group` lanes have a head.
template <int N, int kSteps>
__device__ __forceinline__ std::uint8_t scale_of_head(const float (&values)[2][kSteps][N],
                                                      int group) {
  std::uint32_t largest = 0;  // as bits, which order magnitudes, NaN above all
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
#pragma unroll
    for (int i = 0; i < N; ++i) {
      largest = max(largest, __float_as_uint(values[0][s][i]) & 0x7fffffffU);
      largest = max(largest, __float_as_uint(values[1][s][i]) & 0x7fffffffU);
    }
  }
  for (int offset = group / 2; offset > 0; offset /= 2) {
    largest = max(largest, __shfl_xor_sync(~0U, largest, offset));
  }
  return f8_scale_of(largest);
}

/// N: neighbouring pairs that move as one; kSteps: how often a lane takes N pairs.
template <class T, int N, int kSteps>
__global__ void __launch_bounds__(kThreads) split_heads(const QkvArgs args, const HeadShape shape) {
  let_next_start();
  const KvCacheView& cache = args.cache;
  const int lane = static_cast<int>(threadIdx.x) % shape.group;
  const int num_heads = static_cast<int>(args.num_heads);
  const int num_kv_heads = static_cast<int>(cache.num_kv_heads);
  const int head = static_cast<int>((blockIdx.y * kThreads + threadIdx.x) / shape.group);
  const bool is_head = head < num_heads + 2 * num_kv_heads;
  const bool is_query = head < num_heads;
  const bool is_value = head >= num_heads + num_kv_heads;
  const int head_dim = static_cast<int>(cache.head_dim);
  const int half = args.cos_sin != nullptr ? static_cast<int>(args.rotary_dim) / 2 : 0;
  // Pair p turns when p < half; the rest of the head is cut into two halves likewise.
  const auto first_of = [&](int pair) { return pair < half ? pair : pair + half; };
  const auto gap_of = [&](int pair) { return pair < half ? half : head_dim / 2 - half; };
  const auto pair_of = [&](int step) { return (step * shape.group + lane) * N; };

  const float* norm = !is_head || is_value ? nullptr : is_query ? args.query_norm : args.key_norm;
  float weights[2][kSteps][N] = {};
  float values[2][kSteps][N] = {};
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
    const int pair = pair_of(s);
    if (norm == nullptr || pair >= head_dim / 2) continue;
    load_pack<N>(norm + first_of(pair), weights[0][s]);
    load_pack<N>(norm + first_of(pair) + gap_of(pair), weights[1][s]);
  }
  wait_for_inputs();

  const std::int64_t token = blockIdx.x;
  const std::int64_t position = args.cos_sin != nullptr ? args.positions[token] : 0;
  const std::int64_t slot = is_head && !is_query ? args.slots[token] : 0;
  const T* source =
      static_cast<const T*>(args.qkv) + (token * (num_heads + 2 * num_kv_heads) + head) * head_dim;
  float square = 0.0F;
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
    const int pair = pair_of(s);
    if (!is_head || pair >= head_dim / 2) continue;
    load_pack<N>(source + first_of(pair), values[0][s]);
    load_pack<N>(source + first_of(pair) + gap_of(pair), values[1][s]);
#pragma unroll
    for (int i = 0; i < N; ++i) {
      square += values[0][s][i] * values[0][s][i] + values[1][s][i] * values[1][s][i];
    }
  }
  if (args.query_norm != nullptr || args.key_norm != nullptr) {  // every lane of the warp
    for (int offset = shape.group / 2; offset > 0; offset /= 2) {
      square += __shfl_xor_sync(~0U, square, offset);
    }
  }
  const bool is_written = is_head && slot >= 0;
  const float scale = rsqrtf(square / static_cast<float>(head_dim) + args.norm_epsilon);
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
    const int pair = pair_of(s);
    if (!is_written || pair >= head_dim / 2) continue;
    if (norm != nullptr) {
#pragma unroll
      for (int i = 0; i < N; ++i) {
        values[0][s][i] *= scale * weights[0][s][i];
        values[1][s][i] *= scale * weights[1][s][i];
      }
    }
    if (!is_value && pair < half) {
      float cosine[N];
      float sine[N];
      load_pack<N>(args.cos_sin + position * head_dim + pair, cosine);
      load_pack<N>(args.cos_sin + position * head_dim + half + pair, sine);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        const float first = values[0][s][i];
        const float second = values[1][s][i];
        values[0][s][i] = first * cosine[i] - second * sine[i];
        values[1][s][i] = second * cosine[i] + first * sine[i];
      }
    }
  }
  std::uint8_t head_scale = 0;
  if (cache.dtype == DType::kF8) head_scale = scale_of_head(values, shape.group);
  if (!is_written) return;
  const std::int64_t kv_head = is_value ? head - num_heads - num_kv_heads : head - num_heads;
  CachedHead to{(token * num_heads + head) * head_dim, 0};
  if (!is_query) to = cached_head(cache, shape, slot, args.layer, is_value, kv_head);
  const float inverse = 1.0F / float_of_scale(head_scale);
  auto* const bytes = static_cast<std::uint8_t*>(cache.data);
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
    const int pair = pair_of(s);
    if (pair >= head_dim / 2) continue;
    const std::int64_t at = to.first + first_of(pair);
    if (is_query) {
      store_pack<N>(static_cast<T*>(args.query) + at, values[0][s]);
      store_pack<N>(static_cast<T*>(args.query) + at + gap_of(pair), values[1][s]);
    } else if (cache.dtype == DType::kF8) {
      store_e4m3<N>(bytes + at, values[0][s], inverse);
      store_e4m3<N>(bytes + at + gap_of(pair), values[1][s], inverse);
    } else {
      store_pack<N>(cache.data, cache.dtype, at, values[0][s]);
      store_pack<N>(cache.data, cache.dtype, at + gap_of(pair), values[1][s]);
    }
  }
  if (cache.dtype == DType::kF8 && !is_query && lane == 0) bytes[to.scale] = head_scale;
}

}  // namespace

void split_rotate_write(const QkvArgs& args, DType activation, cudaStream_t stream) {
  const std::int64_t half = args.cos_sin != nullptr ? args.rotary_dim / 2 : 0;
  const std::int64_t rest = args.cache.head_dim / 2 - half;
  const bool has_packs = half % kLanes == 0 && rest % kLanes == 0;
  HeadShape shape;
  if (has_packs) {
    const auto lanes = static_cast<unsigned>(args.cache.head_dim / 2 / kLanes);
    shape.group = static_cast<int>(std::bit_ceil(lanes));
  }
  const auto block_size = static_cast<std::uint64_t>(args.cache.block_size);
  if (std::has_single_bit(block_size)) shape.block_shift = std::countr_zero(block_size);
  shape.elements_per_block = args.cache.elements_per_block();
  const std::int64_t heads = args.num_heads + 2 * args.cache.num_kv_heads;
  const dim3 grid(static_cast<unsigned>(args.num_tokens),
                  static_cast<unsigned>(ceil_div(heads * shape.group, kThreads)));
  with_type(activation, [&]<class T>(T) {
    launch(has_packs ? split_heads<T, kLanes, 1> : split_heads<T, 1, kMaxHeadDim / 2 / kWarp>, grid,
           kThreads, 0, stream, args, shape);
  });
}

}  // namespace octavo::kernels::cuda
