// What the parts of decode attention share: an item of work, and the block's shared memory.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/attention/call.cuh"
#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/rows/e4m3.cuh"

namespace octavo::kernels::cuda {

inline constexpr int kDecodeWarps = 4;
inline constexpr int kDecodeThreads = kDecodeWarps * 32;
inline constexpr int kSchedulerThreads = 32;
inline constexpr int kTokens = 16;  ///< A tile: what one warp takes at a time, one stage.
inline constexpr int kListed = 8;   ///< Items that a block has in view.
inline constexpr int kMaxStages = 5;

/// An item as this block's warps need it.
struct DecodeWork {
  std::int32_t begin, end;  ///< The chunk's tokens; end 0: there are no more items.
  std::int32_t table;       ///< Where the sequence's block table begins.
  std::int32_t row, kv_head;
  std::int32_t chunk, first_chunk, num_chunks;
  std::int32_t first_slot, counter;
};

/// One warp's part of shared memory: a ring of stages and, for 8-bit elements, a tile after it.
template <class Cache, int kHeadDim>
struct DecodeRing {
  static constexpr bool kWidens = std::is_same_v<Cache, E4m3>;
  /// Keys and values of 16 bits, as the products take them.
  static constexpr int kTileBytes = 2 * kTokens * TileLayout<kHeadDim>::kElementsPerRow * 2;
  /// After the rows of 8-bit keys and values comes, for each of them, the word that holds its
  /// scale, and then which of the word's bytes that is.
  static constexpr int kScalesAt = 2 * kTokens * kHeadDim;
  static constexpr int kPlacesAt = kScalesAt + 2 * kTokens * 4;
  static constexpr int kStageBytes = kWidens ? kPlacesAt + 2 * kTokens : kTileBytes;

  static constexpr int bytes(int stages) {
    return stages * kStageBytes + (kWidens ? kTileBytes : 0);
  }
};

/// What a block has in shared memory after its warps' rings. `kHeads`: the heads of a group, padded
/// to 8 or 16.
template <int kHeadDim, int kHeads>
struct DecodeShared {
  DecodeWork works[kListed];
  std::int32_t published;   ///< How many items have been written to `works` so far.
  std::int32_t current;     ///< The item at which the warps are.
  std::int32_t is_last[2];  ///< By parity of the item: whether it was its context's last to finish.
  unsigned char* free_stage[kDecodeWarps];
  float2 softmax[kDecodeWarps][kHeads];
};

}  // namespace octavo::kernels::cuda
