// What `streamk_product` is given, the shape of its tiles, and how it shares out its work.
#pragma once

#include <cstdint>

#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

struct StreamKArgs {
  const float* bias;
  void* output;
  float4* partials;      ///< [blocks, 2, kTokens / 8, 128]: parts of tiles that other blocks began.
  std::uint32_t* ready;  ///< [blocks, 2], zeros before and after.
  int n;
  int rows;
  int cols;
  bool float_output;
  bool is_activated;
  bool is_gated;  ///< With 16-bit outputs.
  Activation activation;
};

/// What a block works with: tiles of 128 rows by kTokens, kStages slices on their way.
template <int kTokens_, int kStages_>
struct StreamKPlan {
  static constexpr int kTokens = kTokens_;
  static constexpr int kStages = kStages_;
  static constexpr int kSlice = 64;  ///< Columns: the 128 bytes of a swizzled row.
  static constexpr int kGroups = 2;  ///< Warpgroups that multiply.
  static constexpr int kGroupRows = 64;
  static constexpr int kRows = kGroups * kGroupRows;
  static constexpr int kThreads = kGroups * 128 + 32;  ///< And one warp that fetches.
  static constexpr int kWeightBytes = kRows * kSlice * 2;
  static constexpr int kInputBytes = kTokens * kSlice * 2;
  static constexpr int kStageBytes = kWeightBytes + kInputBytes;
  static constexpr int kRingBytes = kStages * kStageBytes;
  static constexpr int kWriteBytes = kTokens * kGroupRows * 2;  ///< A warpgroup's rounded sums.
  static constexpr int kSharedBytes = 1024 + kRingBytes + kGroups * kWriteBytes + kStages * 16;
};

/// The slices of all tiles in a row, and the part of them that falls to each block.
struct StreamKShare {
  int slices;  ///< Slices of one tile.
  std::int64_t total;

  __device__ StreamKShare(int rows, int cols, int tile_rows, int slice)
      : slices((cols + slice - 1) / slice),
        total(static_cast<std::int64_t>((rows + tile_rows - 1) / tile_rows) * slices) {}
  __device__ int begin(int block) const {
    return static_cast<int>(total * block / static_cast<int>(gridDim.x));
  }
};

}  // namespace octavo::kernels::cuda
