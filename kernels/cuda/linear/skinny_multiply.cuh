// A stage of `skinny_product`'s ring through the matrix units: 16 rows of weights by 8 tokens, by
// 16 columns. Weights of one byte (e4m3) become what the inputs are in registers, exactly.
//
// The columns of a product may be summed in any order as long as weight and input agree, so a lane
// feeds neighbouring columns, 16 bytes of weights at a read.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/linear/skinny_loader.cuh"
#include "kernels/cuda/ptx/mma.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"

namespace octavo::kernels::cuda {

/// Weights of the inputs' type: a lane's eight neighbouring columns go to two matrix instructions.
template <class T, class Plan>
__device__ __forceinline__ void multiply_wide_slice(
    std::uint32_t stage, float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int row = lane / 4;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const std::uint32_t source = stage + row * 128 + ((half * 4 + lane % 4) ^ ((row & 1) * 4)) * 16;
    uint4 inputs[Plan::kTokenTiles];
#pragma unroll
    for (int j = 0; j < Plan::kTokenTiles; ++j) {
      inputs[j] = load_shared_16(source + Plan::kWeightBytes + j * 1024);
    }
#pragma unroll
    for (int i = 0; i < Plan::kRowTiles; ++i) {
      const uint4 upper = load_shared_16(source + i * 2048);
      const uint4 lower = load_shared_16(source + i * 2048 + 1024);
#pragma unroll
      for (int j = 0; j < Plan::kTokenTiles; ++j) {
        const uint4& x = inputs[j];
        multiply_add<T>(sums[i][j], upper.x, lower.x, upper.y, lower.y, x.x, x.y);
        multiply_add<T>(sums[i][j], upper.z, lower.z, upper.w, lower.w, x.z, x.w);
      }
    }
  }
}

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

/// Weights of one byte: a lane's sixteen neighbouring columns go to four.
template <class T, class Plan>
__device__ __forceinline__ void multiply_byte_slice(
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
        inputs[j][k] =
            load_shared_16(input_source + j * 2048 + ((chunk * 2 + k) ^ (token & 1)) * 16);
      }
    }
#pragma unroll
    for (int i = 0; i < Plan::kRowTiles; ++i) {
      const uint4 upper = load_shared_16(source + i * 2048);
      const uint4 lower = load_shared_16(source + i * 2048 + 1024);
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

template <class T, class Plan>
__device__ __forceinline__ void multiply_slice(
    std::uint32_t stage, float (&sums)[Plan::kRowTiles][Plan::kTokenTiles][4]) {
  if constexpr (Plan::kElementBytes == 1) {
    multiply_byte_slice<T, Plan>(stage, sums);
  } else {
    multiply_wide_slice<T, Plan>(stage, sums);
  }
}

}  // namespace octavo::kernels::cuda
