// The kernel of `skinny_linear`. What bounds it is memory, so everything serves keeping many bytes
// in flight, from before the kernel's inputs exist until its end:
//
// - Each block takes an even share of the weight's rows, in tiles; each of its warps takes every
//   eighth slice of 64 columns, through a ring of its own in shared memory. No warp waits for
//   another but to add up the sums of a tile, and then its ring stays full.
// - Weights are constants, so the ring is filled before the kernel ahead has ended.
// - Matrix units take 16 rows of the weight by 8 tokens, whatever n is. The order of a row's sum is
//   fixed by the number of columns: it depends neither on n nor on how rows are shared out.
//
// The columns of a product may be summed in any order as long as weight and input agree: a thread
// feeds eight neighbouring columns, one 16-byte read, to two matrix instructions.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/skinny_loader.cuh"
#include "kernels/cuda/types.cuh"

namespace octavo::kernels::cuda {

__device__ __forceinline__ uint4 read_chunk(std::uint32_t source) {
  uint4 x;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "r"(source)
               : "memory");
  return x;
}

/// sums (16 rows x 8 tokens) += weights (16 rows x 16 columns) x inputs (16 columns x 8 tokens).
template <class T>
__device__ __forceinline__ void multiply_add(float (&sums)[4], std::uint32_t a0, std::uint32_t a1,
                                             std::uint32_t a2, std::uint32_t a3, std::uint32_t b0,
                                             std::uint32_t b1) {
  if constexpr (std::is_same_v<T, __half>) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  }
}

template <class T, class Plan>
__device__ __forceinline__ void multiply_slice(
    std::uint32_t stage, float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int row = lane / 4;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const std::uint32_t source = stage + row * 128 + ((half * 4 + lane % 4) ^ ((row & 1) * 4)) * 16;
    uint4 inputs[Plan::kTokenTiles];
#pragma unroll
    for (int j = 0; j < Plan::kTokenTiles; ++j) {
      inputs[j] = read_chunk(source + Plan::kWeightBytes + j * 1024);
    }
#pragma unroll
    for (int i = 0; i < Plan::kRowTiles; ++i) {
      const uint4 upper = read_chunk(source + i * 2048);
      const uint4 lower = read_chunk(source + i * 2048 + 1024);
#pragma unroll
      for (int j = 0; j < Plan::kTokenTiles; ++j) {
        const uint4& x = inputs[j];
        multiply_add<T>(sums[i][j], upper.x, lower.x, upper.y, lower.y, x.x, x.y);
        multiply_add<T>(sums[i][j], upper.z, lower.z, upper.w, lower.w, x.z, x.w);
      }
    }
  }
}

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
          own[token * Plan::kSumStride + i * 16 + k / 2 * 8 + lane / 4] = sums[i][first + j][k];
        }
      }
    }
    __syncthreads();
    const int count = min(args.n - first * 8, Plan::kSummedTiles * 8) * Plan::kRows;
    for (int i = static_cast<int>(threadIdx.x); i < count; i += Plan::kThreads) {
      const int token = i / Plan::kRows;
      const int row = i % Plan::kRows;
      if (row >= height) continue;
      const float* source = shared_sums + token * Plan::kSumStride + row;
      float sum = source[0];
#pragma unroll
      for (int warp = 1; warp < Plan::kWarps; ++warp) sum += source[warp * Plan::kSums];
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
  const std::uint32_t ring = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) +
                             warp * Plan::kStages * Plan::kStageBytes;
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
      wait_for_stage<Plan::kStages - 2>();
      __syncwarp();  // All lanes' copies are there, and all have read the stage to be filled next.
      loader.load_next();
      multiply_slice<T, Plan>(ring + stage * Plan::kStageBytes, sums);
      stage = stage + 1 == Plan::kStages ? 0 : stage + 1;
    }
    const int begin = share.tile_begin(tile);
    write_tile<T, Plan>(args, begin, share.tile_begin(tile + 1) - begin, shared_sums, sums);
  }
}

}  // namespace octavo::kernels::cuda
