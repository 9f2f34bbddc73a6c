// How `skinny_product` shares out its work, and how weights and inputs come into shared memory.
#pragma once

#include <cstdint>

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
};

/// What a block works with: tiles of 16 * kRowTiles rows by 8 * kTokenTiles tokens, `kStages`
/// slices in each warp's ring.
template <int kRowTiles_, int kTokenTiles_, int kStages_, int kWarps_ = 8>
struct SkinnyPlan {
  static constexpr int kRowTiles = kRowTiles_;
  static constexpr int kTokenTiles = kTokenTiles_;
  static constexpr int kStages = kStages_;
  /// Together they ask for kWarps * 128 neighbouring bytes of a row at about the same time; with
  /// fewer warps memory gave less, with two a third. Part of the order of summation.
  static constexpr int kWarps = kWarps_;
  static constexpr int kThreads = kWarps * 32;
  static constexpr int kRows = kRowTiles * 16;
  static constexpr int kTokens = kTokenTiles * 8;
  static constexpr int kSlice = 64;  ///< Columns of a stage: 128 bytes a row.
  static constexpr int kWeightBytes = kRows * kSlice * 2;
  static constexpr int kStageBytes = kWeightBytes + kTokens * kSlice * 2;
  static constexpr int kRingBytes = kWarps * kStages * kStageBytes;
  static constexpr int kSummedTiles = kTokenTiles < 2 ? 1 : 2;  ///< Of tokens, at a time.
  static constexpr int kSumStride = kRows + 4;                  ///< No bank conflicts.
  static constexpr int kSums = kSummedTiles * 8 * kSumStride;   ///< Floats of one warp.
  static constexpr int kSharedBytes = kRingBytes + kWarps * kSums * 4;
};

__device__ __forceinline__ std::uint64_t evict_first_policy() {
  std::uint64_t policy;
  asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}

/// 16 bytes to shared memory; zeros unless `inside`. Weights are not wanted again.
__device__ __forceinline__ void copy_weights(std::uint32_t target, const void* source, bool inside,
                                             std::uint64_t policy) {
  asm volatile(
      "cp.async.cg.shared.global.L2::cache_hint.L2::128B [%0], [%1], 16, %2, %3;" ::"r"(target),
      "l"(source), "r"(inside ? 16 : 0), "l"(policy)
      : "memory");
}
__device__ __forceinline__ void copy_inputs(std::uint32_t target, const void* source, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source),
               "r"(inside ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void end_stage() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Until all but the last kPending stages are there.
template <int kPending>
__device__ __forceinline__ void wait_for_stage() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

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
        target_(ring + row() * 128 + (chunk() ^ ((row() & 1) * 4)) * 16) {
    tile_ = first_slice() * Plan::kSlice < args.cols ? 0 : share.tiles;
    place_tile();
  }

  /// Of all stages but one: constants, ahead of the kernel's inputs.
  __device__ void load_first_weights() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_weights(target_ + stage * Plan::kStageBytes);
      end_stage();
    }
  }
  __device__ void load_first_inputs() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_inputs(target_ + stage * Plan::kStageBytes);
      end_stage();
    }
    stage_ = Plan::kStages - 1;
  }
  __device__ __forceinline__ void load_next() {
    load_weights(target_ + stage_ * Plan::kStageBytes);
    load_inputs(target_ + stage_ * Plan::kStageBytes);
    end_stage();
    stage_ = stage_ + 1 == Plan::kStages ? 0 : stage_ + 1;
  }

 private:
  /// Eight lanes copy a row's 128 bytes, so four rows at a time. Of two neighbouring rows one has
  /// its halves swapped: a quarter of a warp reads 64 bytes of each without bank conflicts.
  __device__ static int row() { return static_cast<int>(threadIdx.x % 32) / 8; }
  __device__ static int chunk() { return static_cast<int>(threadIdx.x) % 8; }
  __device__ static int first_slice() { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int next_slice(int slice) const {
    return (slice + Plan::kWarps) * Plan::kSlice < args_.cols ? slice + Plan::kWarps
                                                              : first_slice();
  }

  __device__ void place_tile() {
    if (tile_ >= share_.tiles) return;
    const int begin = share_.tile_begin(tile_);
    height_ = share_.tile_begin(tile_ + 1) - begin;
    row_start_ =
        static_cast<const T*>(args_.weight) + static_cast<std::int64_t>(begin + row()) * args_.cols;
  }

  __device__ __forceinline__ void load_weights(std::uint32_t target) {
    if (tile_ >= share_.tiles) return;
    const int column = slice_ * Plan::kSlice + chunk() * 8;
    const bool inside = column < args_.cols;
    const T* source = row_start_ + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kRows / 4; ++i) {
      if (i * 4 + row() < height_) {
        copy_weights(target + i * 512, source, inside, policy_);
      }
      source += static_cast<std::int64_t>(args_.cols) * 4;
    }
    slice_ = next_slice(slice_);
    if (slice_ == first_slice()) {
      ++tile_;
      place_tile();
    }
  }

  /// Tokens beyond the last are left as they are: their sums are not written.
  __device__ __forceinline__ void load_inputs(std::uint32_t target) {
    const int column = input_slice_ * Plan::kSlice + chunk() * 8;
    const bool inside = column < args_.cols;
    const T* source = static_cast<const T*>(args_.input) +
                      static_cast<std::int64_t>(row()) * args_.cols + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kTokens / 4; ++i) {
      if (i * 4 + row() < args_.n) {
        copy_inputs(target + Plan::kWeightBytes + i * 512, source, inside);
      }
      source += static_cast<std::int64_t>(args_.cols) * 4;
    }
    input_slice_ = next_slice(input_slice_);
  }

  const SkinnyArgs& args_;
  const RowShare& share_;
  std::uint64_t policy_;
  std::uint32_t target_;
  const T* row_start_ = nullptr;
  int height_ = 0;
  int tile_ = 0;
  int slice_ = first_slice();
  int input_slice_ = first_slice();
  int stage_ = 0;
};

}  // namespace octavo::kernels::cuda
