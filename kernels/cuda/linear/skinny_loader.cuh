// How `skinny_product` shares out its work, and how weights and inputs come into shared memory.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/ptx/async_copy.cuh"
#include "kernels/cuda/ptx/cache_policy.cuh"

namespace octavo::kernels::cuda {

struct SkinnyArgs {
  const void* input;
  const void* weight;
  const float* bias;
  void* output;
  int n;
  int rows;
  int cols;
  bool float_output;
  const float* scales;  ///< [rows], of weights of one byte.
};

/// What a block works with: weights of kElementBytes, tiles of 16 * kRowTiles rows by 8 *
/// kTokenTiles tokens, `kStages` slices in each warp's ring. With one tile of tokens it may be
/// known that there are fewer than eight.
template <int kElementBytes_, int kRowTiles_, int kTokenTiles_, int kStages_, int kWarps_ = 8,
          int kTokens_ = kTokenTiles_ * 8>
struct SkinnyPlan {
  static constexpr int kElementBytes = kElementBytes_;
  static constexpr int kRowTiles = kRowTiles_;
  static constexpr int kTokenTiles = kTokenTiles_;
  static constexpr int kStages = kStages_;
  /// Together they ask for kWarps * 128 neighbouring bytes of a row at about the same time; with
  /// fewer warps memory gave less, with two a third. Part of the order of summation.
  static constexpr int kWarps = kWarps_;
  static constexpr int kThreads = kWarps * 32;
  static constexpr int kRows = kRowTiles * 16;
  static constexpr int kTokens = kTokens_;
  static constexpr int kSlice = 128 / kElementBytes;  ///< Columns of a stage: 128 bytes a row.
  static constexpr int kWeightBytes = kRows * 128;
  static constexpr int kStageBytes = kWeightBytes + kTokens * kSlice * 2;
  static constexpr int kRingBytes = kWarps * kStages * kStageBytes;
  static constexpr int kSummedTiles =
      kTokenTiles < 2 ? 1 : 2;  ///< Tiles of tokens summed at a time.
  static constexpr int kSummed = kTokens < 8 ? kTokens : kSummedTiles * 8;
  static constexpr int kSumStride = kRows + 4;        ///< No bank conflicts.
  static constexpr int kSums = kSummed * kSumStride;  ///< Floats of one warp.
  static constexpr int kSharedBytes = kRingBytes + kWarps * kSums * 4;
  static_assert(kElementBytes == 1 || kElementBytes == 2);
  static_assert(kTokens == kTokenTiles * 8 || kTokenTiles == 1);
};

/// By the weights' bits.
template <int... kNumbers>
using Plan16 = SkinnyPlan<2, kNumbers...>;
template <int... kNumbers>
using Plan8 = SkinnyPlan<1, kNumbers...>;

/// The rows of one block, cut into tiles of nearly equal height.
struct RowShare {
  int begin;
  int end;
  int tiles;
  __device__ RowShare(int rows, int tile_rows)
      : begin(static_cast<int>(static_cast<std::int64_t>(rows) * blockIdx.x / gridDim.x)),
        end(static_cast<int>(static_cast<std::int64_t>(rows) * (blockIdx.x + 1) / gridDim.x)),
        tiles((end - begin + tile_rows - 1) / tile_rows) {}
  __device__ int tile_begin(int tile) const { return begin + (end - begin) * tile / tiles; }
};

/// Fills a warp's ring, slice after slice and tile after tile, to the block's last. A stage holds a
/// slice of the weight's rows, then that of the input's. Loads of one multiprocessor come back in
/// the order of their start, so an input read straight into registers, though it lies in the L2
/// cache, would wait for all weights that were asked for before it, and empty the ring.
template <class T, class Plan>
class SliceLoader {
 public:
  __device__ SliceLoader(const SkinnyArgs& args, const RowShare& share, std::uint32_t ring)
      : args_(args),
        share_(share),
        policy_(evict_first_policy()),
        weight_target_(ring + row() * 128 + (chunk() ^ ((row() & 1) * 4)) * 16),
        input_target_(ring + Plan::kWeightBytes + token() * Plan::kSlice * 2 +
                      (input_chunk() ^ ((token() & 1) * kInputSwap)) * 16) {
    tile_ = first_slice() * Plan::kSlice < args.cols ? 0 : share.tiles;
    place_tile();
  }

  /// Fills all stages but one with weights, which are constants, before the kernel's inputs exist.
  __device__ void load_first_weights() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_weights(stage);
      commit_copies();
    }
  }
  __device__ void load_first_inputs() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_inputs(stage);
      commit_copies();
    }
    stage_ = Plan::kStages - 1;
  }
  __device__ __forceinline__ void load_next() {
    load_weights(stage_);
    load_inputs(stage_);
    commit_copies();
    stage_ = stage_ + 1 == Plan::kStages ? 0 : stage_ + 1;
  }

 private:
  using Weight = std::conditional_t<Plan::kElementBytes == 1, std::uint8_t, T>;

  /// Eight lanes copy a row's 128 bytes of weights, so four rows at a time; and eight, or sixteen,
  /// one of inputs. Of two neighbouring rows one has its halves swapped, of 256 bytes its
  /// neighbouring chunks: what a warp reads together has no bank conflicts.
  static constexpr int kInputLanes = Plan::kSlice / 8;
  static constexpr int kInputRows = 32 / kInputLanes;
  /// Inputs lie as the weights before them do: one address serves both.
  static constexpr bool kIsAlike = kInputLanes == 8;
  static constexpr int kAfterWeights = kIsAlike ? Plan::kWeightBytes : 0;
  static constexpr int kInputSwap = kIsAlike ? 4 : 1;
  __device__ static int row() { return static_cast<int>(threadIdx.x % 32) / 8; }
  __device__ static int chunk() { return static_cast<int>(threadIdx.x) % 8; }
  __device__ static int token() { return static_cast<int>(threadIdx.x % 32) / kInputLanes; }
  __device__ static int input_chunk() { return static_cast<int>(threadIdx.x) % kInputLanes; }
  __device__ static int first_slice() { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int next_slice(int slice) const {
    return (slice + Plan::kWarps) * Plan::kSlice < args_.cols ? slice + Plan::kWarps
                                                              : first_slice();
  }

  __device__ void place_tile() {
    if (tile_ >= share_.tiles) return;
    const int begin = share_.tile_begin(tile_);
    height_ = share_.tile_begin(tile_ + 1) - begin;
    row_start_ = static_cast<const Weight*>(args_.weight) +
                 static_cast<std::int64_t>(begin + row()) * args_.cols;
  }

  __device__ __forceinline__ void load_weights(int stage) {
    if (tile_ >= share_.tiles) return;
    const std::uint32_t target = weight_target_ + stage * Plan::kStageBytes;
    const int column = slice_ * Plan::kSlice + chunk() * (16 / Plan::kElementBytes);
    const bool inside = column < args_.cols;
    const Weight* source = row_start_ + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kRows / 4; ++i) {
      if (i * 4 + row() < height_)
        copy_async_16_or_zeros(target + i * 512, source, inside, policy_);
      source += static_cast<std::int64_t>(args_.cols) * 4;
    }
    slice_ = next_slice(slice_);
    if (slice_ == first_slice()) {
      ++tile_;
      place_tile();
    }
  }

  /// Tokens beyond the last are left as they are: their sums are not written.
  __device__ __forceinline__ void load_inputs(int stage) {
    const std::uint32_t target =
        (kIsAlike ? weight_target_ : input_target_) + stage * Plan::kStageBytes;
    const int column = input_slice_ * Plan::kSlice + input_chunk() * 8;
    const bool inside = column < args_.cols;
    const T* source = static_cast<const T*>(args_.input) +
                      static_cast<std::int64_t>(token()) * args_.cols + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kTokens / kInputRows; ++i) {
      if (i * kInputRows + token() < args_.n)
        copy_async_16_or_zeros(target + kAfterWeights + i * 512, source, inside);
      source += static_cast<std::int64_t>(args_.cols) * kInputRows;
    }
    input_slice_ = next_slice(input_slice_);
  }

  const SkinnyArgs& args_;
  const RowShare& share_;
  std::uint64_t policy_;
  std::uint32_t weight_target_;
  std::uint32_t input_target_;
  const Weight* row_start_ = nullptr;
  int height_ = 0;
  int tile_ = 0;
  int slice_ = first_slice();
  int input_slice_ = first_slice();
  int stage_ = 0;
};

}  // namespace octavo::kernels::cuda
