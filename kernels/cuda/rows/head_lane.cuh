// One head of the fused projection, in the registers of the lanes that have it: loaded, normed,
// turned and put where it belongs.
#pragma once

#include <cstdint>

#include "kernels/cuda/rows/e4m3.cuh"
#include "kernels/cuda/rows/row_packs.cuh"
#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

inline constexpr int kHeadThreads = 128;  ///< A block of `split_heads`.

struct HeadShape {
  int group = 32;        ///< Lanes of a head: a power of two.
  int block_shift = -1;  ///< log2 of the cache's block size, or -1: it is no power of two.
  std::int64_t elements_per_block = 0;
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

/// One lane's part of one head of one token: `N` neighbouring pairs move as one, and a lane takes N
/// pairs kSteps times. Every lane of a warp calls every method, since a head's sum crosses lanes;
/// lanes beyond the last head carry zeros.
template <class T, int N, int kSteps>
class HeadLane {
 public:
  __device__ __forceinline__ HeadLane(const QkvArgs& args, const HeadShape& shape)
      : args_(args),
        shape_(shape),
        lane_(static_cast<int>(threadIdx.x) % shape.group),
        head_(static_cast<int>((blockIdx.y * kHeadThreads + threadIdx.x) / shape.group)),
        num_heads_(static_cast<int>(args.num_heads)),
        num_kv_heads_(static_cast<int>(args.cache.num_kv_heads)),
        head_dim_(static_cast<int>(args.cache.head_dim)),
        half_(args.cos_sin != nullptr ? static_cast<int>(args.rotary_dim) / 2 : 0) {
    if (is_head() && !is_value()) norm_ = is_query() ? args.query_norm : args.key_norm;
  }

  /// The norm's weights, which are there before the kernel's inputs.
  __device__ __forceinline__ void load_weights() {
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      if (norm_ == nullptr || !has_pair(s)) continue;
      load_pack<N>(norm_ + first_of(s), weights_[0][s]);
      load_pack<N>(norm_ + second_of(s), weights_[1][s]);
    }
  }

  /// The head's values, and where they go.
  __device__ __forceinline__ void load(std::int64_t token) {
    token_ = token;
    position_ = args_.cos_sin != nullptr ? args_.positions[token] : 0;
    slot_ = is_head() && !is_query() ? args_.slots[token] : 0;
    const T* source = static_cast<const T*>(args_.qkv) +
                      (token * (num_heads_ + 2 * num_kv_heads_) + head_) * head_dim_;
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      if (!is_head() || !has_pair(s)) continue;
      load_pack<N>(source + first_of(s), values_[0][s]);
      load_pack<N>(source + second_of(s), values_[1][s]);
    }
  }

  /// Divides by the head's root mean square, where there is a norm.
  __device__ __forceinline__ void normalize() {
    float square = 0.0F;
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
#pragma unroll
      for (int i = 0; i < N; ++i) {
        square += values_[0][s][i] * values_[0][s][i] + values_[1][s][i] * values_[1][s][i];
      }
    }
    if (args_.query_norm != nullptr || args_.key_norm != nullptr) {  // every lane of the warp
      for (int offset = shape_.group / 2; offset > 0; offset /= 2) {
        square += __shfl_xor_sync(~0U, square, offset);
      }
    }
    const float scale = rsqrtf(square / static_cast<float>(head_dim_) + args_.norm_epsilon);
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      if (!is_written() || norm_ == nullptr || !has_pair(s)) continue;
#pragma unroll
      for (int i = 0; i < N; ++i) {
        values_[0][s][i] *= scale * weights_[0][s][i];
        values_[1][s][i] *= scale * weights_[1][s][i];
      }
    }
  }

  /// Turns the pairs of queries and keys by the position's angles.
  __device__ __forceinline__ void rotate() {
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      const int pair = pair_of(s);
      if (!is_written() || is_value() || pair >= half_) continue;
      float cosine[N];
      float sine[N];
      load_pack<N>(args_.cos_sin + position_ * head_dim_ + pair, cosine);
      load_pack<N>(args_.cos_sin + position_ * head_dim_ + half_ + pair, sine);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        const float first = values_[0][s][i];
        const float second = values_[1][s][i];
        values_[0][s][i] = first * cosine[i] - second * sine[i];
        values_[1][s][i] = second * cosine[i] + first * sine[i];
      }
    }
  }

  /// Queries go to `args.query`, keys and values to their slot of the cache.
  __device__ __forceinline__ void store() const {
    const KvCacheView& cache = args_.cache;
    std::uint8_t head_scale = 0;
    if (cache.dtype == DType::kF8) head_scale = scale_of_head();
    if (!is_written()) return;
    CachedHead to{(token_ * num_heads_ + head_) * head_dim_, 0};
    if (!is_query()) {
      const std::int64_t kv_head =
          is_value() ? head_ - num_heads_ - num_kv_heads_ : head_ - num_heads_;
      to = cached_head(cache, shape_, slot_, args_.layer, is_value(), kv_head);
    }
    const float inverse = 1.0F / float_of_scale(head_scale);
    auto* const bytes = static_cast<std::uint8_t*>(cache.data);
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
      if (!has_pair(s)) continue;
      const std::int64_t first = to.first + first_of(s);
      const std::int64_t second = to.first + second_of(s);
      if (is_query()) {
        store_pack<N>(static_cast<T*>(args_.query) + first, values_[0][s]);
        store_pack<N>(static_cast<T*>(args_.query) + second, values_[1][s]);
      } else if (cache.dtype == DType::kF8) {
        store_e4m3<N>(bytes + first, values_[0][s], inverse);
        store_e4m3<N>(bytes + second, values_[1][s], inverse);
      } else {
        store_pack<N>(cache.data, cache.dtype, first, values_[0][s]);
        store_pack<N>(cache.data, cache.dtype, second, values_[1][s]);
      }
    }
    if (cache.dtype == DType::kF8 && !is_query() && lane_ == 0) bytes[to.scale] = head_scale;
  }

 private:
  __device__ __forceinline__ bool is_head() const { return head_ < num_heads_ + 2 * num_kv_heads_; }
  __device__ __forceinline__ bool is_query() const { return head_ < num_heads_; }
  __device__ __forceinline__ bool is_value() const { return head_ >= num_heads_ + num_kv_heads_; }
  __device__ __forceinline__ bool is_written() const { return is_head() && slot_ >= 0; }

  /// Pair p turns when p < half; the rest of the head is cut into two halves likewise.
  __device__ __forceinline__ int pair_of(int step) const {
    return (step * shape_.group + lane_) * N;
  }
  __device__ __forceinline__ bool has_pair(int step) const { return pair_of(step) < head_dim_ / 2; }
  __device__ __forceinline__ int first_of(int step) const {
    const int pair = pair_of(step);
    return pair < half_ ? pair : pair + half_;
  }
  __device__ __forceinline__ int second_of(int step) const {
    return first_of(step) + (pair_of(step) < half_ ? half_ : head_dim_ / 2 - half_);
  }

  /// The scale of the head's 8-bit form, the same in all of its lanes.
  __device__ __forceinline__ std::uint8_t scale_of_head() const {
    std::uint32_t largest = 0;  // as bits, which order magnitudes, NaN above all
#pragma unroll
    for (int s = 0; s < kSteps; ++s) {
#pragma unroll
      for (int i = 0; i < N; ++i) {
        largest = max(largest, __float_as_uint(values_[0][s][i]) & 0x7fffffffU);
        largest = max(largest, __float_as_uint(values_[1][s][i]) & 0x7fffffffU);
      }
    }
    for (int offset = shape_.group / 2; offset > 0; offset /= 2) {
      largest = max(largest, __shfl_xor_sync(~0U, largest, offset));
    }
    return f8_scale_of(largest);
  }

  const QkvArgs& args_;
  const HeadShape& shape_;
  const int lane_;
  const int head_;  ///< Queries first, then keys, then values.
  const int num_heads_;
  const int num_kv_heads_;
  const int head_dim_;
  const int half_;  ///< Pairs that turn.
  const float* norm_ = nullptr;
  std::int64_t token_ = 0;
  std::int64_t position_ = 0;
  std::int64_t slot_ = 0;  ///< -1: the head is not wanted.
  float weights_[2][kSteps][N] = {};
  float values_[2][kSteps][N] = {};
};

}  // namespace octavo::kernels::cuda
