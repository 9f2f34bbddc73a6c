// The kernel of `fp8_skinny`: `skinny_product` (skinny_linear.cuh, which says how and why) for
// weights of one byte. They become what the inputs are in registers, exactly, on their way to the
// matrix units; the row's scale multiplies its finished sum.
//
// A slice is 128 columns, 128 bytes of weights a row as there, but 256 of inputs, which come from
// the L2 cache once for each tile: taller tiles read them fewer times.
#pragma once

#include <cuda_fp8.h>

#include "kernels/cuda/skinny_linear.cuh"

namespace octavo::kernels::cuda {

struct Fp8SkinnyArgs {
  SkinnyArgs product;
  const float* scales;
};

/// As SkinnyPlan. With one tile of tokens it may be known that there are fewer than eight.
template <int kRowTiles_, int kTokenTiles_, int kStages_, int kWarps_ = 8,
          int kTokens_ = kTokenTiles_ * 8>
struct Fp8Plan {
  static constexpr int kRowTiles = kRowTiles_;
  static constexpr int kTokenTiles = kTokenTiles_;
  static constexpr int kStages = kStages_;
  static constexpr int kWarps = kWarps_;  ///< Part of the order of summation.
  static constexpr int kThreads = kWarps * 32;
  static constexpr int kRows = kRowTiles * 16;
  static constexpr int kTokens = kTokens_;
  static constexpr int kSlice = 128;
  static constexpr int kWeightBytes = kRows * kSlice;
  static constexpr int kStageBytes = kWeightBytes + kTokens * kSlice * 2;
  static constexpr int kRingBytes = kWarps * kStages * kStageBytes;
  static constexpr int kSummedTiles = kTokenTiles < 2 ? 1 : 2;  ///< Of tokens, at a time.
  static constexpr int kSummed = kTokens < 8 ? kTokens : kSummedTiles * 8;
  static constexpr int kSumStride = kRows + 4;  ///< No bank conflicts.
  static constexpr int kSums = kSummed * kSumStride;
  static constexpr int kSharedBytes = kRingBytes + kWarps * kSums * 4;
  static_assert(kTokens == kTokenTiles * 8 || kTokenTiles == 1);
};

/// Four neighbouring weights as two pairs of the inputs' type.
template <class T>
__device__ __forceinline__ uint2 widen(std::uint32_t weights) {
  const auto low = static_cast<__nv_fp8x2_storage_t>(weights & 0xFFFFU);
  const auto high = static_cast<__nv_fp8x2_storage_t>(weights >> 16);
  const __half2 pairs[2] = {__half2(__nv_cvt_fp8x2_to_halfraw2(low, __NV_E4M3)),
                            __half2(__nv_cvt_fp8x2_to_halfraw2(high, __NV_E4M3))};
  std::uint32_t words[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    if constexpr (std::is_same_v<T, __half>) {
      words[i] = reinterpret_cast<const std::uint32_t&>(pairs[i]);
    } else {
      const float2 wide = __half22float2(pairs[i]);
      const __nv_bfloat162 pair = __floats2bfloat162_rn(wide.x, wide.y);
      words[i] = reinterpret_cast<const std::uint32_t&>(pair);
    }
  }
  return make_uint2(words[0], words[1]);
}

/// Fills a warp's ring, as SliceLoader does.
template <class T, class Plan>
class Fp8Loader {
 public:
  __device__ Fp8Loader(const SkinnyArgs& args, const RowShare& share, std::uint32_t ring)
      : args_(args),
        share_(share),
        policy_(evict_first_policy()),
        weight_target_(ring + row() * 128 + (chunk() ^ ((row() & 1) * 4)) * 16),
        input_target_(ring + Plan::kWeightBytes + token() * 256 +
                      (input_chunk() ^ (token() & 1)) * 16) {
    tile_ = first_slice() * Plan::kSlice < args.cols ? 0 : share.tiles;
    place_tile();
  }

  __device__ void load_first_weights() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_weights(stage);
      end_stage();
    }
  }
  __device__ void load_first_inputs() {
    for (int stage = 0; stage < Plan::kStages - 1; ++stage) {
      load_inputs(stage);
      end_stage();
    }
    stage_ = Plan::kStages - 1;
  }
  __device__ __forceinline__ void load_next() {
    load_weights(stage_);
    load_inputs(stage_);
    end_stage();
    stage_ = stage_ + 1 == Plan::kStages ? 0 : stage_ + 1;
  }

 private:
  /// Eight lanes copy a row of weights, sixteen one of inputs. Of two neighbouring rows one has its
  /// halves, of inputs its neighbouring chunks swapped: the reads have no bank conflicts.
  __device__ static int row() { return static_cast<int>(threadIdx.x % 32) / 8; }
  __device__ static int chunk() { return static_cast<int>(threadIdx.x) % 8; }
  __device__ static int token() { return static_cast<int>(threadIdx.x % 32) / 16; }
  __device__ static int input_chunk() { return static_cast<int>(threadIdx.x) % 16; }
  __device__ static int first_slice() { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int next_slice(int slice) const {
    return (slice + Plan::kWarps) * Plan::kSlice < args_.cols ? slice + Plan::kWarps
                                                              : first_slice();
  }

  __device__ void place_tile() {
    if (tile_ >= share_.tiles) return;
    const int begin = share_.tile_begin(tile_);
    height_ = share_.tile_begin(tile_ + 1) - begin;
    row_start_ = static_cast<const std::uint8_t*>(args_.weight) +
                 static_cast<std::int64_t>(begin + row()) * args_.cols;
  }

  __device__ __forceinline__ void load_weights(int stage) {
    if (tile_ >= share_.tiles) return;
    const std::uint32_t target = weight_target_ + stage * Plan::kStageBytes;
    const int column = slice_ * Plan::kSlice + chunk() * 16;
    const bool inside = column < args_.cols;
    const std::uint8_t* source = row_start_ + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kRows / 4; ++i) {
      if (i * 4 + row() < height_) copy_weights(target + i * 512, source, inside, policy_);
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
    const std::uint32_t target = input_target_ + stage * Plan::kStageBytes;
    const int column = input_slice_ * Plan::kSlice + input_chunk() * 8;
    const bool inside = column < args_.cols;
    const T* source = static_cast<const T*>(args_.input) +
                      static_cast<std::int64_t>(token()) * args_.cols + (inside ? column : 0);
#pragma unroll
    for (int i = 0; i < Plan::kTokens / 2; ++i) {
      if (i * 2 + token() < args_.n) copy_inputs(target + i * 512, source, inside);
      source += static_cast<std::int64_t>(args_.cols) * 2;
    }
    input_slice_ = next_slice(input_slice_);
  }

  const SkinnyArgs& args_;
  const RowShare& share_;
  std::uint64_t policy_;
  std::uint32_t weight_target_;
  std::uint32_t input_target_;
  const std::uint8_t* row_start_ = nullptr;
  int height_ = 0;
  int tile_ = 0;
  int slice_ = first_slice();
  int input_slice_ = first_slice();
  int stage_ = 0;
};

/// A lane's sixteen neighbouring columns go to four matrix instructions.
template <class T, class Plan>
__device__ __forceinline__ void multiply_fp8_slice(
    std::uint32_t stage, float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int row = lane / 4;
  const int token = row % Plan::kTokens;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int chunk = half * 4 + lane % 4;
    const std::uint32_t source = stage + row * 128 + (chunk ^ ((row & 1) * 4)) * 16;
    const std::uint32_t input_source = stage + Plan::kWeightBytes + token * 256;
    uint4 inputs[Plan::kTokenTiles][2];
#pragma unroll
    for (int j = 0; j < Plan::kTokenTiles; ++j) {
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        inputs[j][k] = read_chunk(input_source + j * 2048 + ((chunk * 2 + k) ^ (token & 1)) * 16);
      }
    }
#pragma unroll
    for (int i = 0; i < Plan::kRowTiles; ++i) {
      const uint4 upper = read_chunk(source + i * 2048);
      const uint4 lower = read_chunk(source + i * 2048 + 1024);
      const auto multiply_four = [&](std::uint32_t up, std::uint32_t low, int k, bool is_second) {
        const uint2 a = widen<T>(up);
        const uint2 b = widen<T>(low);
#pragma unroll
        for (int j = 0; j < Plan::kTokenTiles; ++j) {
          const uint4& x = inputs[j][k];
          multiply_add<T>(sums[i][j], a.x, b.x, a.y, b.y, is_second ? x.z : x.x,
                          is_second ? x.w : x.y);
        }
      };
      multiply_four(upper.x, lower.x, 0, false);
      multiply_four(upper.y, lower.y, 0, true);
      multiply_four(upper.z, lower.z, 1, false);
      multiply_four(upper.w, lower.w, 1, true);
    }
  }
}

/// Adds up the warps' sums of one tile, in the order of the warps, and writes them scaled.
template <class T, class Plan>
__device__ __forceinline__ void write_fp8_tile(
    const Fp8SkinnyArgs& args, int row_begin, int height, float* shared_sums,
    const float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  const SkinnyArgs& product = args.product;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  float* own = shared_sums + static_cast<int>(threadIdx.x) / 32 * Plan::kSums;
#pragma unroll
  for (int first = 0; first < Plan::kTokenTiles; first += Plan::kSummedTiles) {
    if (first * 8 >= product.n) break;
    __syncthreads();  // What was summed before has been read.
#pragma unroll
    for (int i = 0; i < Plan::kRowTiles; ++i) {
#pragma unroll
      for (int j = 0; j < Plan::kSummedTiles; ++j) {
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          const int token = j * 8 + lane % 4 * 2 + k % 2;
          if (Plan::kTokens < 8 && token >= Plan::kTokens) continue;
          own[token * Plan::kSumStride + i * 16 + k / 2 * 8 + lane / 4] = sums[i][first + j][k];
        }
      }
    }
    __syncthreads();
    const int count = min(product.n - first * 8, Plan::kSummed) * Plan::kRows;
    for (int i = static_cast<int>(threadIdx.x); i < count; i += Plan::kThreads) {
      const int token = i / Plan::kRows;
      const int row = i % Plan::kRows;
      if (row >= height) continue;
      const float* source = shared_sums + token * Plan::kSumStride + row;
      float sum = source[0];
#pragma unroll
      for (int warp = 1; warp < Plan::kWarps; ++warp) sum += source[warp * Plan::kSums];
      sum *= args.scales[row_begin + row];
      if (product.bias != nullptr) sum += product.bias[row_begin + row];
      const std::int64_t place =
          static_cast<std::int64_t>(first * 8 + token) * product.rows + row_begin + row;
      if (product.float_output) {
        static_cast<float*>(product.output)[place] = sum;
      } else {
        static_cast<T*>(product.output)[place] = from_float<T>(sum);
      }
    }
  }
}

template <class T, class Plan>
__global__ void __launch_bounds__(Plan::kThreads, 1) fp8_skinny_product(Fp8SkinnyArgs args) {
  extern __shared__ uint4 shared[];
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const RowShare share(args.product.rows, Plan::kRows);
  const std::uint32_t ring = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) +
                             warp * Plan::kStages * Plan::kStageBytes;
  Fp8Loader<T, Plan> loader(args.product, share, ring);
  loader.load_first_weights();
  let_next_start();
  wait_for_inputs();
  loader.load_first_inputs();

  float* shared_sums = reinterpret_cast<float*>(shared) + Plan::kRingBytes / 4;
  int stage = 0;
  for (int tile = 0; tile < share.tiles; ++tile) {
    float sums[Plan::kRowTiles][Plan::kTokenTiles][4] = {};
    for (int slice = warp; slice * Plan::kSlice < args.product.cols; slice += Plan::kWarps) {
      wait_for_stage<Plan::kStages - 2>();
      __syncwarp();  // All lanes' copies are there, and all have read the stage to be filled next.
      loader.load_next();
      multiply_fp8_slice<T, Plan>(ring + stage * Plan::kStageBytes, sums);
      stage = stage + 1 == Plan::kStages ? 0 : stage + 1;
    }
    const int begin = share.tile_begin(tile);
    write_fp8_tile<T, Plan>(args, begin, share.tile_begin(tile + 1) - begin, shared_sums, sums);
  }
}

}  // namespace octavo::kernels::cuda
