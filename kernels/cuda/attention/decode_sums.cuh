// The softmax of decode attention while it is made: each warp goes over its tiles of 16 tokens once
// and keeps the largest score, the sum of weights and the weighted values ("Online normalizer
// calculation for softmax", 2018).
#pragma once

#include <cstdint>

#include "kernels/cuda/attention/decode_work.cuh"
#include "kernels/cuda/ptx/mma.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"

namespace octavo::kernels::cuda {

/// One warp's softmax state and weighted sums. Lane l has the heads 2 * (l % 4) + {0, 1} (+ 8) and,
/// of each of them, the dimensions l / 4 + {0, 8} of every 16.
template <class T, int kHeadDim, int kHeads>
struct DecodeSums {
  static constexpr int kSteps = kHeadDim / 16;
  static constexpr int kParts = kHeads / 8;

  float largest[kParts][2];
  float sum[kParts][2];
  float output[kParts][kSteps][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int n = 0; n < kParts; ++n) {
      largest[n][0] = largest[n][1] = minus_infinity();
      sum[n][0] = sum[n][1] = 0.0F;
#pragma unroll
      for (int d = 0; d < kSteps; ++d) {
#pragma unroll
        for (int i = 0; i < 4; ++i) output[n][d][i] = 0.0F;
      }
    }
  }

  __device__ __forceinline__ void scale(int n, float first, float second) {
#pragma unroll
    for (int d = 0; d < kSteps; ++d) {
      output[n][d][0] *= first;
      output[n][d][1] *= second;
      output[n][d][2] *= first;
      output[n][d][3] *= second;
    }
  }

  /// Hands the sums to another warp through memory of one stage.
  __device__ __forceinline__ void give(void* stage) const {
    auto* const to = static_cast<float4*>(stage) + threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < kParts * kSteps; ++i) {
      const float(&o)[4] = output[i / kSteps][i % kSteps];
      to[i * 32] = make_float4(o[0], o[1], o[2], o[3]);
    }
  }
  /// Rounded as a sum of its own, so that it does not matter which warp takes and which gives.
  __device__ __forceinline__ void take(const void* stage) {
    const auto* const from = static_cast<const float4*>(stage) + threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < kParts * kSteps; ++i) {
      float(&o)[4] = output[i / kSteps][i % kSteps];
      const float4 x = from[i * 32];
      o[0] = __fadd_rn(o[0], x.x);
      o[1] = __fadd_rn(o[1], x.y);
      o[2] = __fadd_rn(o[2], x.z);
      o[3] = __fadd_rn(o[3], x.w);
    }
  }

  /// Takes up the tile of tokens `first`.. of which [begin, end) count.
  __device__ __forceinline__ void add(const std::uint16_t* keys,
                                      const std::uint32_t (&query)[kParts][kSteps][2], int first,
                                      const DecodeWork& work, const AttentionCall& call) {
    using Layout = TileLayout<kHeadDim>;
    const int lane = threadIdx.x % 32;
    // Two chains, for each product waits for the one before it in its chain.
    float scores[2][kParts][4] = {};
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
      std::uint32_t a[4];
      load_matrices(a, keys + Layout::offset(lane % 16, 2 * k + lane / 16));
#pragma unroll
      for (int n = 0; n < kParts; ++n) {
        multiply_add<T>(scores[k % 2][n], a, query[n][k][0], query[n][k][1]);
      }
    }
    std::uint32_t weights[kParts][2];
#pragma unroll
    for (int n = 0; n < kParts; ++n) weigh(n, scores, first, work, call, weights[n]);
    const std::uint16_t* const values = keys + kTokens * Layout::kElementsPerRow;
#pragma unroll
    for (int d = 0; d < kSteps; ++d) {
      std::uint32_t a[4];
      load_matrices_transposed(
          a, values + Layout::offset(lane % 8 + lane / 16 * 8, 2 * d + lane / 8 % 2));
#pragma unroll
      for (int n = 0; n < kParts; ++n) {
        multiply_add<T>(output[n][d], a, weights[n][0], weights[n][1]);
      }
    }
  }

  /// Scores of eight heads become weights, in the order in which the values' product takes them.
  __device__ __forceinline__ void weigh(int n, const float (&scores)[2][kParts][4], int first,
                                        const DecodeWork& work, const AttentionCall& call,
                                        std::uint32_t (&weights)[2]) {
    const int lane = threadIdx.x % 32;
    float x[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      x[i] = scores[0][n][i] + scores[1][n][i];
      x[i] = call.soft_cap > 0.0F
                 ? capped(x[i] * (call.scale / call.soft_cap), call.soft_cap * kLog2E)
                 : x[i] * (call.scale * kLog2E);
      const int token = first + lane / 4 + i / 2 * 8;
      if (token < work.begin || token >= work.end) x[i] = minus_infinity();
    }
    float factor[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      float most = fmaxf(x[h], x[h + 2]);
#pragma unroll
      for (int step = 4; step < 32; step *= 2) {
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, step));
      }
      most = fmaxf(most, largest[n][h]);
      const float zero_point = most == minus_infinity() ? 0.0F : most;
      factor[h] = exp2_fast(largest[n][h] - zero_point);
      largest[n][h] = most;
      x[h] = exp2_fast(x[h] - zero_point);
      x[h + 2] = exp2_fast(x[h + 2] - zero_point);
      sum[n][h] = sum[n][h] * factor[h] + x[h] + x[h + 2];
    }
    if (__any_sync(kAllLanes, factor[0] != 1.0F || factor[1] != 1.0F)) {
      scale(n, factor[0], factor[1]);
    }
    weights[0] = transpose_matrix(pack_pair<T>(x[0], x[1]));
    weights[1] = transpose_matrix(pack_pair<T>(x[2], x[3]));
  }
};

}  // namespace octavo::kernels::cuda
