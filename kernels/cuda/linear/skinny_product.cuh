// The kernel of products with few rows of input (`skinny_linear`, `fp8_skinny`). What bounds it is
// memory, so everything serves keeping many bytes in flight, from before the kernel's inputs exist
// until its end:
//
// - Each block takes an even share of the weight's rows, in tiles; each of its warps takes every
//   eighth slice of 128 bytes, through a ring of its own in shared memory. No warp waits for
//   another but to add up the sums of a tile, and then its ring stays full.
// - Weights are constants, so the ring is filled before the kernel ahead has ended.
// - Matrix units take 16 rows of the weight by 8 tokens, whatever n is. The order of a row's sum is
//   fixed by the number of columns: it depends neither on n nor on how rows are shared out.
// - Weights of one byte have a scale for each row, which multiplies its finished sum. With each 128
//   bytes of a row come 256 of each input, from the L2 cache and once for every tile: taller tiles
//   read them fewer times.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/linear/skinny_linear.hpp"
#include "kernels/cuda/linear/skinny_loader.cuh"
#include "kernels/cuda/linear/skinny_multiply.cuh"

namespace octavo::kernels::cuda {

/// Adds up the warps' sums of one tile, in the order of the warps, and writes them; a few tokens at
/// a time, for little shared memory.
template <class T, class Plan>
__device__ __forceinline__ void write_tile(
    const SkinnyArgs& args, int row_begin, int height, float* shared_sums,
    const float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  float* own = shared_sums + static_cast<int>(threadIdx.x) / 32 * Plan::kSums;
#pragma unroll
  for (int first = 0; first < Plan::kTokenTiles; first += Plan::kSummedTiles) {
    if (first * 8 >= args.n) break;
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
    const int count = min(args.n - first * 8, Plan::kSummed) * Plan::kRows;
    for (int i = static_cast<int>(threadIdx.x); i < count; i += Plan::kThreads) {
      const int token = i / Plan::kRows;
      const int row = i % Plan::kRows;
      if (row >= height) continue;
      const float* source = shared_sums + token * Plan::kSumStride + row;
      float sum = source[0];
#pragma unroll
      for (int warp = 1; warp < Plan::kWarps; ++warp) sum += source[warp * Plan::kSums];
      if constexpr (Plan::kElementBytes == 1) sum *= args.scales[row_begin + row];
      if (args.bias != nullptr) sum += args.bias[row_begin + row];
      const std::int64_t place =
          static_cast<std::int64_t>(first * 8 + token) * args.rows + row_begin + row;
      if (args.float_output) {
        static_cast<float*>(args.output)[place] = sum;
      } else {
        static_cast<T*>(args.output)[place] = from_float<T>(sum);
      }
    }
  }
}

template <class T, class Plan>
__global__ void __launch_bounds__(Plan::kThreads, 1) skinny_product(SkinnyArgs args) {
  extern __shared__ uint4 shared[];
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const RowShare share(args.rows, Plan::kRows);
  const std::uint32_t ring = shared_address(shared) + warp * Plan::kStages * Plan::kStageBytes;
  SliceLoader<T, Plan> loader(args, share, ring);
  loader.load_first_weights();
  let_next_start();
  wait_for_inputs();
  loader.load_first_inputs();

  float* shared_sums = reinterpret_cast<float*>(shared) + Plan::kRingBytes / 4;
  int stage = 0;
  for (int tile = 0; tile < share.tiles; ++tile) {
    float sums[Plan::kRowTiles][Plan::kTokenTiles][4] = {};
    for (int slice = warp; slice * Plan::kSlice < args.cols; slice += Plan::kWarps) {
      wait_for_copies<Plan::kStages - 2>();
      __syncwarp();  // All lanes' copies are there, and all have read the stage to be filled next.
      loader.load_next();
      multiply_slice<T, Plan>(ring + stage * Plan::kStageBytes, sums);
      stage = stage + 1 == Plan::kStages ? 0 : stage + 1;
    }
    const int begin = share.tile_begin(tile);
    write_tile<T, Plan>(args, begin, share.tile_begin(tile + 1) - begin, shared_sums, sums);
  }
}

/// Made from LinearArgs, or from Fp8LinearArgs with their scales.
template <class Args>
SkinnyArgs skinny_args(const Args& args, const float* scales = nullptr) {
  return {.input = args.input,
          .weight = args.weight,
          .bias = args.bias,
          .output = args.output,
          .n = static_cast<int>(args.n),
          .rows = static_cast<int>(args.rows),
          .cols = static_cast<int>(args.cols),
          .float_output = args.output_dtype == DType::kF32,
          .scales = scales};
}

template <class T, class Plan>
bool prepare_skinny_product() {
  return OCTAVO_CUDA(cudaFuncSetAttribute(
      skinny_product<T, Plan>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes<Plan>));
}

/// Whether blocks of `room` bytes of shared memory hold all of these plans, which are then ready.
template <class... Plans>
bool prepare_skinny_products(int room) {
  return std::max({shared_bytes<Plans>...}) <= room &&
         (prepare_skinny_product<__half, Plans>() && ...) &&
         (prepare_skinny_product<__nv_bfloat16, Plans>() && ...);
}

template <class T, class Plan>
void start_skinny_product(const SkinnyArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(std::min(device.multiprocessors, args.rows));
  launch(skinny_product<T, Plan>, blocks, Plan::kThreads, shared_bytes<Plan>, stream, args);
}

}  // namespace octavo::kernels::cuda
