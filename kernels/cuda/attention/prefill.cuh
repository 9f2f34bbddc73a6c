// Prefill attention: a block of rows (tokens x the query heads of one KV head) against all keys
// that they may see, a tile at a time while the next is on its way ("FlashAttention-2", Dao 2023;
// rows of a group in one tile: "FlashInfer", Ye et al. 2025).
#pragma once

#include <type_traits>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/attention/wgmma.cuh"
#include "kernels/cuda/device/launch.cuh"

namespace octavo::kernels::cuda {

/// Products by single warps, on every device.
template <int kDims>
struct WarpTraits {
  using Layout = TileLayout<kDims>;
  static constexpr int kHeadDim = kDims;
  static constexpr bool kIsWarpgroup = false;
  static constexpr bool kWide = kDims > 128;  ///< Registers hold half as many rows.
  static constexpr int kThreads = 128;
  static constexpr int kRowTiles = kWide ? 1 : 2;  ///< Of 16 rows, of one warp.
  static constexpr int kRows = kThreads / 32 * 16 * kRowTiles;
  static constexpr int kKeys = kWide ? 32 : 64;  ///< Of a tile.
  static constexpr int kQueryElements = kRows * Layout::kElementsPerRow;
  static constexpr int kKeyElements = kKeys * Layout::kElementsPerRow;

  __device__ __forceinline__ static int query_offset(int row, int piece) {
    return Layout::offset(row, piece);
  }
  __device__ __forceinline__ static int key_offset(int row, int piece) {
    return Layout::offset(row, piece);
  }
};

/// Products by four warps together (sm_90a).
template <int kDims>
struct WarpgroupTraits {
  static constexpr int kHeadDim = kDims;
  static constexpr bool kIsWarpgroup = true;
  static constexpr int kThreads = 256;
  static constexpr int kRowTiles = 1;
  static constexpr int kRows = kThreads / 32 * 16;
  static constexpr int kKeys = 64;
  static constexpr int kQueryElements = kRows * kDims;
  static constexpr int kKeyElements = kKeys * kDims;

  template <int kTileRows>
  __device__ __forceinline__ static int offset(int row, int piece) {
    return (piece / 8 * kTileRows + row) * 64 + (piece % 8 ^ (row & 7)) * 8;
  }
  __device__ __forceinline__ static int query_offset(int row, int piece) {
    return offset<kRows>(row, piece);
  }
  __device__ __forceinline__ static int key_offset(int row, int piece) {
    return offset<kKeys>(row, piece);
  }
};

/// Where keys lie in the cache, and their scales.
struct KeyPlace {
  std::uint32_t row = 0;
  std::uint32_t scales = 0;  ///< Of the key in the lowest byte, of its value in the next.
};

/// Queries, two stages of keys and values, two lists of the keys' places.
template <class Traits>
constexpr int prefill_shared_bytes() {
  return 2 * (Traits::kQueryElements + 4 * Traits::kKeyElements) +
         2 * Traits::kKeys * static_cast<int>(sizeof(KeyPlace));
}

/// What one block computes.
struct PrefillWork {
  PrefillTile tile;
  std::int32_t table;
  std::int32_t kv_head;
  std::int32_t first_row;  ///< Of the tile's tokens x heads.
  std::int32_t key_begin, key_end;

  __device__ __forceinline__ int token_of(int row, int group) const {
    return min((first_row + row) / group, tile.num_tokens - 1);
  }
  __device__ __forceinline__ bool holds(int row, int group) const {
    return first_row + row < tile.num_tokens * group;
  }
  /// Element of query and output.
  __device__ __forceinline__ std::size_t element_of(int row, const AttentionCall& call) const {
    const int token = (first_row + row) / call.group;
    const int head = kv_head * call.group + (first_row + row) % call.group;
    return (static_cast<std::size_t>(tile.row + token) * call.num_heads + head) * call.head_dim;
  }
};

/// Keys beyond those seen count as the nearest: their weight will be 0, and what lies in unused
/// slots may be anything.
template <class Cache>
__device__ __forceinline__ KeyPlace place_of_key(const AttentionCall& call, const PrefillWork& work,
                                                 int key) {
  const auto token = static_cast<std::uint32_t>(min(key, work.key_end - 1));
  const std::uint32_t index = token / call.cache.block_size;
  const auto block =
      static_cast<std::uint32_t>(__ldg(call.cache.block_tables + work.table + index));
  const std::uint32_t row_in_block = call.cache.layer_row + work.kv_head * call.cache.block_size +
                                     token - index * call.cache.block_size;
  KeyPlace place{.row = block * call.cache.rows_per_block + row_in_block};
  if constexpr (std::is_same_v<Cache, E4m3>) {
    const auto* const scale = static_cast<const std::uint8_t*>(call.cache.data) +
                              call.cache.scale_at(block, row_in_block, call.head_dim);
    place.scales = __ldg(scale) | static_cast<std::uint32_t>(__ldg(scale + call.cache.value_rows))
                                      << 8;
  }
  return place;
}

/// 8-bit elements are widened on their way, by the threads that load them.
template <class T, class Cache, class Traits>
__device__ __forceinline__ void load_keys(const AttentionCall& call, const KeyPlace* places,
                                          std::uint16_t* keys) {
  using Element = std::conditional_t<std::is_same_v<Cache, E4m3>, std::uint8_t, std::uint16_t>;
  constexpr int kHeadDim = Traits::kHeadDim;
  constexpr int kPieces = kHeadDim / 8;
  const auto* const data = static_cast<const Element*>(call.cache.data);
  const std::size_t to_values = static_cast<std::size_t>(call.cache.value_rows) * kHeadDim;
#pragma unroll
  for (int i = 0; i < Traits::kKeys * kPieces / Traits::kThreads; ++i) {
    const int piece = i * Traits::kThreads + threadIdx.x;
    const int key = piece / kPieces;
    const int column = piece % kPieces;
    const Element* const source =
        data + static_cast<std::size_t>(places[key].row) * kHeadDim + column * 8;
    const int target = Traits::key_offset(key, column);
    if constexpr (std::is_same_v<Cache, E4m3>) {
      const std::uint32_t scales = places[key].scales;
      *reinterpret_cast<uint4*>(keys + target) =
          widen_8<T>(__ldg(reinterpret_cast<const uint2*>(source)),
                     scale_pair(T{}, static_cast<std::uint8_t>(scales)));
      *reinterpret_cast<uint4*>(keys + Traits::kKeyElements + target) =
          widen_8<T>(__ldg(reinterpret_cast<const uint2*>(source + to_values)),
                     scale_pair(T{}, static_cast<std::uint8_t>(scales >> 8)));
    } else {
      copy_16_async(keys + target, source);
      copy_16_async(keys + Traits::kKeyElements + target, source + to_values);
    }
  }
}

template <class Traits>
__device__ __forceinline__ void load_queries(const AttentionCall& call, const PrefillWork& work,
                                             std::uint16_t* queries) {
  constexpr int kPieces = Traits::kHeadDim / 8;
#pragma unroll
  for (int i = 0; i < Traits::kRows * kPieces / Traits::kThreads; ++i) {
    const int piece = i * Traits::kThreads + threadIdx.x;
    const int row = piece / kPieces;
    const int column = piece % kPieces;
    std::uint16_t* const target = queries + Traits::query_offset(row, column);
    if (work.holds(row, call.group)) {
      const auto* const query = static_cast<const std::uint16_t*>(call.query);
      copy_16_async(target, query + work.element_of(row, call) + column * 8);
    } else {
      *reinterpret_cast<uint4*>(target) = make_uint4(0U, 0U, 0U, 0U);
    }
  }
}

/// One warp's rows: softmax state and weighted sums, in the layout of the product's accumulators.
template <class T, class Traits>
struct PrefillSums {
  static constexpr int kHeadDim = Traits::kHeadDim;
  static constexpr int kRowTiles = Traits::kRowTiles;
  static constexpr int kKeyTiles = Traits::kKeys / 8;
  static constexpr int kOutputTiles = kHeadDim / 8;
  using Scores = float[kRowTiles][kKeyTiles][4];

  float largest[kRowTiles][2];
  float sum[kRowTiles][2];
  float output[kRowTiles][kOutputTiles][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
      largest[m][0] = largest[m][1] = minus_infinity();
      sum[m][0] = sum[m][1] = 0.0F;
#pragma unroll
      for (int n = 0; n < kOutputTiles; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) output[m][n][i] = 0.0F;
      }
    }
  }

  __device__ __forceinline__ static void score(const std::uint16_t* queries,
                                               const std::uint16_t* keys, Scores& scores) {
    const int lane = threadIdx.x % 32;
    const int first = threadIdx.x / 32 * 16 * kRowTiles;
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      std::uint32_t a[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        load_matrices(
            a[m], queries + Traits::query_offset(first + m * 16 + lane % 16, 2 * k + lane / 16));
      }
#pragma unroll
      for (int n = 0; n < kKeyTiles; n += 2) {
        std::uint32_t b[4];
        load_matrices(
            b, keys + Traits::key_offset(n * 8 + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply_add(T{}, scores[m][n], a[m], b[0], b[1]);
          multiply_add(T{}, scores[m][n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  /// Scores become weights. `to_log2`: what a score is multiplied by to be a power of two.
  __device__ __forceinline__ void weigh(Scores& scores, float to_log2) {
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        float most = largest[m][r];
#pragma unroll
        for (int n = 0; n < kKeyTiles; ++n) {
          most = fmaxf(most, fmaxf(scores[m][n][2 * r], scores[m][n][2 * r + 1]));
        }
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 1));
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 2));
        const float zero_point = most == minus_infinity() ? 0.0F : most * to_log2;
        const float factor = exp2_fast(fmaf(largest[m][r], to_log2, -zero_point));
        largest[m][r] = most;
        float total = sum[m][r] * factor;
#pragma unroll
        for (int n = 0; n < kKeyTiles; ++n) {
#pragma unroll
          for (int i = 2 * r; i < 2 * r + 2; ++i) {
            scores[m][n][i] = exp2_fast(fmaf(scores[m][n][i], to_log2, -zero_point));
            total += scores[m][n][i];
          }
        }
        sum[m][r] = total;
#pragma unroll
        for (int n = 0; n < kOutputTiles; ++n) {
          output[m][n][2 * r] *= factor;
          output[m][n][2 * r + 1] *= factor;
        }
      }
    }
  }

  /// Weights of 16 keys as the first operand of the values' product.
  __device__ __forceinline__ static void pack_weights(const float (&weights)[kKeyTiles][4], int k,
                                                      std::uint32_t (&a)[4]) {
    a[0] = pair_of(T{}, weights[2 * k][0], weights[2 * k][1]);
    a[1] = pair_of(T{}, weights[2 * k][2], weights[2 * k][3]);
    a[2] = pair_of(T{}, weights[2 * k + 1][0], weights[2 * k + 1][1]);
    a[3] = pair_of(T{}, weights[2 * k + 1][2], weights[2 * k + 1][3]);
  }

  __device__ __forceinline__ void add_values(const std::uint16_t* values, const Scores& weights) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) {
      std::uint32_t a[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        pack_weights(weights[m], k, a[m]);
      }
#pragma unroll
      for (int n = 0; n < kOutputTiles; n += 2) {
        std::uint32_t b[4];
        load_transposed(b, values + Traits::key_offset(k * 16 + lane % 16, n + lane / 16));
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply_add(T{}, output[m][n], a[m], b[0], b[1]);
          multiply_add(T{}, output[m][n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  /// Both for a warpgroup.
  __device__ __forceinline__ static void score_together(const std::uint16_t* queries,
                                                        const std::uint16_t* keys, Scores& scores) {
    const std::uint16_t* const rows = queries + threadIdx.x / 128 * 64 * 64;
    begin_products();
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      const int column = k / 4 * 64;
      multiply_scores<T>(
          scores[0],
          tile_descriptor(shared_address(rows + column * Traits::kRows + k % 4 * 16), 16),
          tile_descriptor(shared_address(keys + column * Traits::kKeys + k % 4 * 16), 16), k != 0);
    }
    commit_products();
    wait_for_products<0>();
  }

  __device__ __forceinline__ void add_values_together(const std::uint16_t* values,
                                                      const Scores& weights) {
    std::uint32_t a[kKeyTiles / 2][4];
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) pack_weights(weights[0], k, a[k]);
    begin_products();
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) {
      multiply_values<T>(
          output[0], a[k],
          tile_descriptor(shared_address(values + k * 16 * 64), Traits::kKeys * 128));
    }
    commit_products();
    wait_for_products<0>();
  }
#endif
};

}  // namespace octavo::kernels::cuda
