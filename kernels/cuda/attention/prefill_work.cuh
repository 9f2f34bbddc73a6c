// What the parts of prefill attention share: the shape of a block's tiles, by the matrix
// instructions that it uses, and the block's work.
#pragma once

#include <cstdint>

#include "kernels/cuda/attention/call.cuh"
#include "kernels/cuda/attention/plan.hpp"
#include "kernels/cuda/attention/tiles.cuh"

namespace octavo::kernels::cuda {

/// Products by single warps, on every device.
template <int kDims>
struct WarpTraits {
  using Layout = TileLayout<kDims>;
  static constexpr int kHeadDim = kDims;
  static constexpr bool kIsWarpgroup = false;
  static constexpr bool kWide = kDims > 128;  ///< Registers hold half as many rows.
  static constexpr int kThreads = 128;
  static constexpr int kRowTiles = kWide ? 1 : 2;  ///< A warp's rows, in tiles of 16.
  static constexpr int kRows = kThreads / 32 * 16 * kRowTiles;
  static constexpr int kKeys = kWide ? 32 : 64;  ///< Keys of a tile.
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

/// Where a key lies in the cache, and its scale.
struct KeyPlace {
  std::uint32_t row = 0;
  std::uint32_t scales = 0;  ///< The key's in the lowest byte, its value's in the next.
};

/// Queries, two stages of keys and values, two lists of the keys' places.
template <class Traits>
constexpr int prefill_shared_bytes() {
  return 2 * (Traits::kQueryElements + 4 * Traits::kKeyElements) +
         2 * Traits::kKeys * static_cast<int>(sizeof(KeyPlace));
}

/// What one block computes: some rows of a tile, for one KV head.
struct PrefillWork {
  PrefillTile tile;
  std::int32_t table;
  std::int32_t kv_head;
  std::int32_t first_row;   ///< Among the tile's rows, which are its tokens x the group's heads.
  std::int32_t first_seen;  ///< The last key that the first row may see.
  std::int32_t key_begin, key_end;  ///< The keys that any of the rows may see.

  __device__ __forceinline__ int token_of(int row, int group) const {
    return min((first_row + row) / group, tile.num_tokens - 1);
  }
  __device__ __forceinline__ bool holds(int row, int group) const {
    return first_row + row < tile.num_tokens * group;
  }
  /// The row's first element in query and output.
  __device__ __forceinline__ std::size_t element_of(int row, const AttentionCall& call) const {
    const int token = (first_row + row) / call.group;
    const int head = kv_head * call.group + (first_row + row) % call.group;
    return (static_cast<std::size_t>(tile.row + token) * call.num_heads + head) * call.head_dim;
  }
};

}  // namespace octavo::kernels::cuda
