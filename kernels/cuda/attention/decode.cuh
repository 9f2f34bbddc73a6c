// Decode attention, bound by memory: warps of their own, each with a ring of 16-token tiles in
// flight that reaches into the block's next item, so that nothing but the bandwidth is waited for.
// Scores are taken transposed, tokens x heads: then the few query heads of a KV head fill the short
// side of the matrix instruction. A block merges its warps, and the last block of a context merges
// the chunks, in their order ("Flash-Decoding for long-context inference", 2023).
//
// 8-bit keys and values arrive as they lie and are widened into a tile of the warp's own just
// before they are used: what is waited for stays half as much.
#pragma once

#include <type_traits>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/device/launch.cuh"

namespace octavo::kernels::cuda {

inline constexpr int kDecodeWarps = 4;
inline constexpr int kDecodeThreads = kDecodeWarps * 32;
inline constexpr int kSchedulerThreads = 32;
inline constexpr int kTokens = 16;  ///< Of a tile: one warp's, one stage.
inline constexpr int kListed = 8;   ///< Items that a block has in view.
inline constexpr int kMostStages = 5;

/// An item as this block's warps need it.
struct DecodeWork {
  std::int32_t begin, end;  ///< Tokens; end 0: there are no more items.
  std::int32_t table;       ///< Of the sequence's blocks.
  std::int32_t row, kv_head;
  std::int32_t chunk, first_chunk, num_chunks;
  std::int32_t first_slot, counter;
};

/// One warp's part of shared memory: a ring of stages, for 8-bit elements a tile behind it.
template <class Cache, int kHeadDim>
struct DecodeRing {
  static constexpr bool kWidens = std::is_same_v<Cache, E4m3>;
  /// Keys and values of 16 bits, as the products take them.
  static constexpr int kTileBytes = 2 * kTokens * TileLayout<kHeadDim>::kElementsPerRow * 2;
  /// Behind rows of 8-bit keys and values, for each of them the word that holds its scale and which
  /// of the word's bytes that is.
  static constexpr int kScalesAt = 2 * kTokens * kHeadDim;
  static constexpr int kPlacesAt = kScalesAt + 2 * kTokens * 4;
  static constexpr int kStageBytes = kWidens ? kPlacesAt + 2 * kTokens : kTileBytes;

  static constexpr int bytes(int stages) {
    return stages * kStageBytes + (kWidens ? kTileBytes : 0);
  }
};

/// Shared memory of one block behind its warps' rings, `kHeads` being heads of a group, padded.
template <int kHeadDim, int kHeads>
struct DecodeShared {
  DecodeWork works[kListed];
  std::int32_t published;   ///< Items that `works` has had.
  std::int32_t current;     ///< The item at which the warps are.
  std::int32_t is_last[2];  ///< Whether this and the item before it were their contexts' last.
  unsigned char* free_stage[kDecodeWarps];
  float2 softmax[kDecodeWarps][kHeads];
};

/// Where a warp's loads are: it takes every kDecodeWarps-th tile of every item.
class DecodeLoader {
 public:
  __device__ __forceinline__ DecodeLoader(const AttentionCall& call, const DecodeWork* works)
      : cache_(call.cache), works_(works), policy_(read_once_policy()) {}

  /// Whether there is a tile to load among the first `published` items.
  __device__ __forceinline__ bool is_ready(int published) {
    while (!has_tile_ && item_ < published) {
      const DecodeWork& work = works_[item_ % kListed];
      tile_ = work.begin / kTokens * kTokens + static_cast<int>(threadIdx.x) / 32 * kTokens;
      has_tile_ = tile_ < work.end;
      if (has_tile_) {
        look_up();
      } else {
        ++item_;
      }
    }
    return has_tile_;
  }

  /// Whether the tile, which is ready, holds nothing of the sequence's own token of this step, its
  /// last.
  __device__ __forceinline__ bool is_of_earlier_steps() const {
    return tile_ + kTokens < works_[item_ % kListed].end;
  }

  /// Begins to load the tile.
  template <class Cache, int kHeadDim>
  __device__ __forceinline__ void issue(unsigned char* stage) {
    const int late = ahead_ / 2;  // half of the lanes have the tile's tokens
    const auto block = static_cast<std::uint32_t>(late ? block_[1] : block_[0]);
    const std::uint32_t row_in_block = late ? offset_[1] : offset_[0];
    const int first_lane = ahead_ % 2 * kTokens;
    const std::uint32_t row = block * cache_.rows_per_block + row_in_block;
    if constexpr (std::is_same_v<Cache, E4m3>) {
      copy_bytes<kHeadDim>(row, first_lane, stage);
      copy_scales<kHeadDim>(block, row_in_block, first_lane, stage);
    } else {
      copy_tile<kHeadDim>(row, first_lane, reinterpret_cast<std::uint16_t*>(stage));
    }
    tile_ += kDecodeWarps * kTokens;
    has_tile_ = tile_ < works_[item_ % kListed].end;
    if (!has_tile_) {
      ++item_;
    } else if (++ahead_ == kLookedUp) {
      look_up();
    }
  }

 private:
  static constexpr int kLookedUp = 4;  ///< Tiles at a time.

  /// Rows of 16-bit elements, one of each lane from `first_lane` on.
  template <int kHeadDim>
  __device__ __forceinline__ void copy_tile(std::uint32_t row, int first_lane,
                                            std::uint16_t* keys) const {
    using Layout = TileLayout<kHeadDim>;
    const int lane = threadIdx.x % 32;
    std::uint16_t* const values = keys + kTokens * Layout::kElementsPerRow;
    const auto* const data = static_cast<const std::uint16_t*>(cache_.data);
    const std::size_t to_values = static_cast<std::size_t>(cache_.value_rows) * kHeadDim;
    constexpr int kPieces = kTokens * Layout::kPieces;
#pragma unroll
    for (int i = 0; i < kPieces / 32; ++i) {
      const int piece = i * 32 + lane;
      const int token = piece / Layout::kPieces;
      const int column = piece % Layout::kPieces;
      const std::uint32_t source_row = __shfl_sync(kAllLanes, row, first_lane + token);
      const std::uint16_t* const source =
          data + static_cast<std::size_t>(source_row) * kHeadDim + column * 8;
      const int target = Layout::offset(token, column);
      copy_16_async(keys + target, source, policy_);
      copy_16_async(values + target, source + to_values, policy_);
    }
  }

  /// The same of 8-bit elements, end to end. Without a policy: with one the code for it is refused
  /// by the device as illegal (CUDA 13.0), and reading does not bound it.
  template <int kHeadDim>
  __device__ __forceinline__ void copy_bytes(std::uint32_t row, int first_lane,
                                             unsigned char* keys) const {
    constexpr int kPieces = kHeadDim / 16;  // of a row
    const int lane = threadIdx.x % 32;
    const auto* const data = static_cast<const unsigned char*>(cache_.data);
    const std::size_t to_values = static_cast<std::size_t>(cache_.value_rows) * kHeadDim;
#pragma unroll
    for (int i = 0; i < (kTokens * kPieces + 31) / 32; ++i) {
      const int piece = i * 32 + lane;
      const int token = piece / kPieces;
      const std::uint32_t source_row =
          __shfl_sync(kAllLanes, row, first_lane + min(token, kTokens - 1));
      if (token >= kTokens) continue;
      const unsigned char* const source =
          data + static_cast<std::size_t>(source_row) * kHeadDim + piece % kPieces * 16;
      copy_16_async(keys + piece * 16, source);
      copy_16_async(keys + kTokens * kHeadDim + piece * 16, source + to_values);
    }
  }

  /// A lane's scale: those of keys, then those of values. A copy takes four bytes at least.
  template <int kHeadDim>
  __device__ __forceinline__ void copy_scales(std::uint32_t block, std::uint32_t row_in_block,
                                              int first_lane, unsigned char* stage) const {
    using Ring = DecodeRing<E4m3, kHeadDim>;
    const int lane = threadIdx.x % 32;
    const int owner = first_lane + lane % kTokens;
    block = __shfl_sync(kAllLanes, block, owner);
    row_in_block = __shfl_sync(kAllLanes, row_in_block, owner);
    const std::size_t at =
        cache_.scale_at(block, row_in_block, kHeadDim) + (lane < kTokens ? 0 : cache_.value_rows);
    copy_4_async(stage + Ring::kScalesAt + lane * 4,
                 static_cast<const unsigned char*>(cache_.data) + at / 4 * 4);
    stage[Ring::kPlacesAt + lane] = static_cast<unsigned char>(at % 4);
  }

  /// Asks for the blocks now: the answer is needed one tile later. Tokens outside of the context
  /// are loaded as its nearest: their weight will be 0, and what lies in unused slots may be
  /// anything.
  __device__ __forceinline__ void look_up() {
    const DecodeWork& work = works_[item_ % kListed];
    const int lane = threadIdx.x % 32;
    ahead_ = 0;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int tile = tile_ + (2 * i + lane / kTokens) * kDecodeWarps * kTokens;
      const auto token =
          static_cast<std::uint32_t>(max(min(tile + lane % kTokens, work.end - 1), work.begin));
      const std::uint32_t index = token / cache_.block_size;
      block_[i] = __ldg(cache_.block_tables + work.table + index);
      offset_[i] =
          cache_.layer_row + work.kv_head * cache_.block_size + token - index * cache_.block_size;
    }
  }

  const PagedRows& cache_;
  const DecodeWork* works_;
  std::uint64_t policy_;
  int item_ = 0;
  int tile_ = 0;
  bool has_tile_ = false;
  int ahead_ = 0;                 ///< The tile, counted from the first looked up.
  std::int32_t block_[2] = {};    ///< Of the lane's tokens, one of tiles 0 and 1, one of 2 and 3.
  std::uint32_t offset_[2] = {};  ///< Rows from the block's first to the lane's tokens.
};

/// A stage of 8-bit keys and values as a tile of T.
template <class T, int kHeadDim>
__device__ __forceinline__ void widen_stage(const unsigned char* stage, std::uint16_t* tile) {
  using Ring = DecodeRing<E4m3, kHeadDim>;
  using Layout = TileLayout<kHeadDim>;
  const int lane = threadIdx.x % 32;
  const int place = stage[Ring::kPlacesAt + lane];
  const std::uint32_t scale = scale_pair(T{}, stage[Ring::kScalesAt + lane * 4 + place]);
  constexpr int kPieces = kTokens * Layout::kPieces;  // of the keys, and as many of the values
#pragma unroll
  for (int i = 0; i < 2 * kPieces / 32; ++i) {
    const int piece = i * 32 + lane;
    const int row = piece / Layout::kPieces;
    const uint2 elements = *reinterpret_cast<const uint2*>(stage + piece * 8);
    const std::uint32_t of_row = __shfl_sync(kAllLanes, scale, row);
    *reinterpret_cast<uint4*>(tile + Layout::offset(row, piece % Layout::kPieces)) =
        widen_8<T>(elements, of_row);
  }
  __syncwarp();
}

/// One warp's softmax state and weighted sums: lane l has heads 2 * (l % 4) + {0, 1} (+ 8) and, of
/// them, dimensions l / 4 + {0, 8} of every 16.
template <class T, int kHeadDim, int kHeads>
struct DecodeSums {
  static constexpr int kSteps = kHeadDim / 16;
  static constexpr int kParts = kHeads / 8;

  float largest[kParts][2];
  float sum[kParts][2];
  float output[kParts][kSteps][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int n = 0; n < kParts; ++n) {
      largest[n][0] = largest[n][1] = minus_infinity();
      sum[n][0] = sum[n][1] = 0.0F;
#pragma unroll
      for (int d = 0; d < kSteps; ++d) {
#pragma unroll
        for (int i = 0; i < 4; ++i) output[n][d][i] = 0.0F;
      }
    }
  }

  __device__ __forceinline__ void scale(int n, float first, float second) {
#pragma unroll
    for (int d = 0; d < kSteps; ++d) {
      output[n][d][0] *= first;
      output[n][d][1] *= second;
      output[n][d][2] *= first;
      output[n][d][3] *= second;
    }
  }

  /// Hands the sums to another warp through memory of one stage.
  __device__ __forceinline__ void give(void* stage) const {
    auto* const to = static_cast<float4*>(stage) + threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < kParts * kSteps; ++i) {
      const float(&o)[4] = output[i / kSteps][i % kSteps];
      to[i * 32] = make_float4(o[0], o[1], o[2], o[3]);
    }
  }
  /// Rounded as a sum of its own, so that it does not matter which warp takes and which gives.
  __device__ __forceinline__ void take(const void* stage) {
    const auto* const from = static_cast<const float4*>(stage) + threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < kParts * kSteps; ++i) {
      float(&o)[4] = output[i / kSteps][i % kSteps];
      const float4 x = from[i * 32];
      o[0] = __fadd_rn(o[0], x.x);
      o[1] = __fadd_rn(o[1], x.y);
      o[2] = __fadd_rn(o[2], x.z);
      o[3] = __fadd_rn(o[3], x.w);
    }
  }

  /// Takes up the tile of tokens `first`.. of which [begin, end) count.
  __device__ __forceinline__ void add(const std::uint16_t* keys,
                                      const std::uint32_t (&query)[kParts][kSteps][2], int first,
                                      const DecodeWork& work, const AttentionCall& call) {
    using Layout = TileLayout<kHeadDim>;
    const int lane = threadIdx.x % 32;
    // Two chains, for each product waits for the one before it in its chain.
    float scores[2][kParts][4] = {};
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
      std::uint32_t a[4];
      load_matrices(a, keys + Layout::offset(lane % 16, 2 * k + lane / 16));
#pragma unroll
      for (int n = 0; n < kParts; ++n) {
        multiply_add(T{}, scores[k % 2][n], a, query[n][k][0], query[n][k][1]);
      }
    }
    std::uint32_t weights[kParts][2];
#pragma unroll
    for (int n = 0; n < kParts; ++n) weigh(n, scores, first, work, call, weights[n]);
    const std::uint16_t* const values = keys + kTokens * Layout::kElementsPerRow;
#pragma unroll
    for (int d = 0; d < kSteps; ++d) {
      std::uint32_t a[4];
      load_transposed(a, values + Layout::offset(lane % 8 + lane / 16 * 8, 2 * d + lane / 8 % 2));
#pragma unroll
      for (int n = 0; n < kParts; ++n) {
        multiply_add(T{}, output[n][d], a, weights[n][0], weights[n][1]);
      }
    }
  }

  /// Scores of eight heads become weights, in the order in which the values' product takes them.
  __device__ __forceinline__ void weigh(int n, const float (&scores)[2][kParts][4], int first,
                                        const DecodeWork& work, const AttentionCall& call,
                                        std::uint32_t (&weights)[2]) {
    const int lane = threadIdx.x % 32;
    float x[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      x[i] = scores[0][n][i] + scores[1][n][i];
      x[i] = call.soft_cap > 0.0F
                 ? capped(x[i] * (call.scale / call.soft_cap), call.soft_cap * kLog2E)
                 : x[i] * (call.scale * kLog2E);
      const int token = first + lane / 4 + i / 2 * 8;
      if (token < work.begin || token >= work.end) x[i] = minus_infinity();
    }
    float factor[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      float most = fmaxf(x[h], x[h + 2]);
#pragma unroll
      for (int step = 4; step < 32; step *= 2) {
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, step));
      }
      most = fmaxf(most, largest[n][h]);
      const float zero_point = most == minus_infinity() ? 0.0F : most;
      factor[h] = exp2_fast(largest[n][h] - zero_point);
      largest[n][h] = most;
      x[h] = exp2_fast(x[h] - zero_point);
      x[h + 2] = exp2_fast(x[h + 2] - zero_point);
      sum[n][h] = sum[n][h] * factor[h] + x[h] + x[h + 2];
    }
    if (__any_sync(kAllLanes, factor[0] != 1.0F || factor[1] != 1.0F)) {
      scale(n, factor[0], factor[1]);
    }
    weights[0] = transposed(pair_of(T{}, x[0], x[1]));
    weights[1] = transposed(pair_of(T{}, x[2], x[3]));
  }
};

}  // namespace octavo::kernels::cuda
