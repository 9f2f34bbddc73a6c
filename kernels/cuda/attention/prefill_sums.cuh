// The softmax of prefill attention while it is made: scores of a tile of keys, their weights, and
// the weighted values, in the registers of the warps that multiply ("FlashAttention-2", Dao 2023).
#pragma once

#include <cstdint>

#include "kernels/cuda/attention/prefill_work.cuh"
#include "kernels/cuda/ptx/mma.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"
#include "kernels/cuda/ptx/wgmma.cuh"

namespace octavo::kernels::cuda {

/// One warp's rows: softmax state and weighted sums, in the layout of the product's accumulators.
template <class T, class Traits>
struct PrefillSums {
  static constexpr int kHeadDim = Traits::kHeadDim;
  static constexpr int kRowTiles = Traits::kRowTiles;
  static constexpr int kKeyTiles = Traits::kKeys / 8;
  static constexpr int kOutputTiles = kHeadDim / 8;
  using Scores = float[kRowTiles][kKeyTiles][4];

  float largest[kRowTiles][2];
  float sum[kRowTiles][2];
  float output[kRowTiles][kOutputTiles][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
      largest[m][0] = largest[m][1] = minus_infinity();
      sum[m][0] = sum[m][1] = 0.0F;
#pragma unroll
      for (int n = 0; n < kOutputTiles; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) output[m][n][i] = 0.0F;
      }
    }
  }

  /// scores = queries keys^T, of this warp's rows. `queries`, `keys`: tiles in shared memory.
  __device__ __forceinline__ static void score(const std::uint16_t* queries,
                                               const std::uint16_t* keys, Scores& scores) {
    if constexpr (Traits::kIsWarpgroup) {
      score_by_warpgroup(queries, keys, scores);
    } else {
      score_by_warp(queries, keys, scores);
    }
  }

  /// The weighted values of a tile are added to `output`.
  __device__ __forceinline__ void add_values(const std::uint16_t* values, const Scores& weights) {
    if constexpr (Traits::kIsWarpgroup) {
      add_by_warpgroup(values, weights);
    } else {
      add_by_warp(values, weights);
    }
  }

  /// Scores become weights. `to_log2`: what a score is multiplied by to be a power of two.
  __device__ __forceinline__ void weigh(Scores& scores, float to_log2) {
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        float most = largest[m][r];
#pragma unroll
        for (int n = 0; n < kKeyTiles; ++n) {
          most = fmaxf(most, fmaxf(scores[m][n][2 * r], scores[m][n][2 * r + 1]));
        }
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 1));
        most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 2));
        const float zero_point = most == minus_infinity() ? 0.0F : most * to_log2;
        const float factor = exp2_fast(fmaf(largest[m][r], to_log2, -zero_point));
        largest[m][r] = most;
        float total = sum[m][r] * factor;
#pragma unroll
        for (int n = 0; n < kKeyTiles; ++n) {
#pragma unroll
          for (int i = 2 * r; i < 2 * r + 2; ++i) {
            scores[m][n][i] = exp2_fast(fmaf(scores[m][n][i], to_log2, -zero_point));
            total += scores[m][n][i];
          }
        }
        sum[m][r] = total;
#pragma unroll
        for (int n = 0; n < kOutputTiles; ++n) {
          output[m][n][2 * r] *= factor;
          output[m][n][2 * r + 1] *= factor;
        }
      }
    }
  }

 private:
  /// Weights of 16 keys as the first operand of the values' product.
  __device__ __forceinline__ static void pack_weights(const float (&weights)[kKeyTiles][4], int k,
                                                      std::uint32_t (&a)[4]) {
    a[0] = pack_pair<T>(weights[2 * k][0], weights[2 * k][1]);
    a[1] = pack_pair<T>(weights[2 * k][2], weights[2 * k][3]);
    a[2] = pack_pair<T>(weights[2 * k + 1][0], weights[2 * k + 1][1]);
    a[3] = pack_pair<T>(weights[2 * k + 1][2], weights[2 * k + 1][3]);
  }

  __device__ __forceinline__ static void score_by_warp(const std::uint16_t* queries,
                                                       const std::uint16_t* keys, Scores& scores) {
    const int lane = threadIdx.x % 32;
    const int first = threadIdx.x / 32 * 16 * kRowTiles;
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      std::uint32_t a[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        load_matrices(
            a[m], queries + Traits::query_offset(first + m * 16 + lane % 16, 2 * k + lane / 16));
      }
#pragma unroll
      for (int n = 0; n < kKeyTiles; n += 2) {
        std::uint32_t b[4];
        load_matrices(
            b, keys + Traits::key_offset(n * 8 + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply_add<T>(scores[m][n], a[m], b[0], b[1]);
          multiply_add<T>(scores[m][n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  __device__ __forceinline__ void add_by_warp(const std::uint16_t* values, const Scores& weights) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) {
      std::uint32_t a[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        pack_weights(weights[m], k, a[m]);
      }
#pragma unroll
      for (int n = 0; n < kOutputTiles; n += 2) {
        std::uint32_t b[4];
        load_matrices_transposed(b, values + Traits::key_offset(k * 16 + lane % 16, n + lane / 16));
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply_add<T>(output[m][n], a[m], b[0], b[1]);
          multiply_add<T>(output[m][n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  __device__ __forceinline__ static void score_by_warpgroup(const std::uint16_t* queries,
                                                            const std::uint16_t* keys,
                                                            Scores& scores) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
    const std::uint16_t* const rows = queries + threadIdx.x / 128 * 64 * 64;
    begin_products();
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      const int column = k / 4 * 64;
      multiply_tiles<T>(
          scores[0],
          tile_descriptor(shared_address(rows + column * Traits::kRows + k % 4 * 16), 16),
          tile_descriptor(shared_address(keys + column * Traits::kKeys + k % 4 * 16), 16), k != 0);
    }
    commit_products();
    wait_for_products<0>();
#endif
  }

  __device__ __forceinline__ void add_by_warpgroup(const std::uint16_t* values,
                                                   const Scores& weights) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
    std::uint32_t a[kKeyTiles / 2][4];
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) pack_weights(weights[0], k, a[k]);
    begin_products();
#pragma unroll
    for (int k = 0; k < kKeyTiles / 2; ++k) {
      multiply_registers<T>(
          output[0], a[k],
          tile_descriptor(shared_address(values + k * 16 * 64), Traits::kKeys * 128));
    }
    commit_products();
    wait_for_products<0>();
#endif
  }
};

}  // namespace octavo::kernels::cuda
