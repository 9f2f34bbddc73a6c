// How tiles of paged keys and values come into shared memory while others are being multiplied.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/attention/decode_work.cuh"
#include "kernels/cuda/ptx/async_copy.cuh"
#include "kernels/cuda/ptx/cache_policy.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"

namespace octavo::kernels::cuda {

/// Brings a warp's tiles into its ring, in the order in which the warp will want them: it takes
/// every kDecodeWarps-th tile of every item.
class DecodeLoader {
 public:
  __device__ __forceinline__ DecodeLoader(const AttentionCall& call, const DecodeWork* works)
      : cache_(call.cache), works_(works), policy_(evict_first_policy()) {}

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
      copy_async_16(shared_address(keys + target), source, policy_);
      copy_async_16(shared_address(values + target), source + to_values, policy_);
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
      copy_async_16(shared_address(keys + piece * 16), source);
      copy_async_16(shared_address(keys + kTokens * kHeadDim + piece * 16), source + to_values);
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
    copy_async_4(shared_address(stage + Ring::kScalesAt + lane * 4),
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
  std::int32_t block_[2] = {};    ///< The blocks of the lane's tokens in tiles 0 or 1, 2 or 3.
  std::uint32_t offset_[2] = {};  ///< Rows from the block's first to the lane's tokens.
};

/// A stage of 8-bit keys and values as a tile of T.
template <class T, int kHeadDim>
__device__ __forceinline__ void widen_stage(const unsigned char* stage, std::uint16_t* tile) {
  using Ring = DecodeRing<E4m3, kHeadDim>;
  using Layout = TileLayout<kHeadDim>;
  const int lane = threadIdx.x % 32;
  const int place = stage[Ring::kPlacesAt + lane];
  const std::uint32_t scale = scale_pair<T>(stage[Ring::kScalesAt + lane * 4 + place]);
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

}  // namespace octavo::kernels::cuda
