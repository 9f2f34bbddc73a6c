// The plain attention kernel: any head size, float32, correctness over speed. It takes what the
// decode and prefill kernels do not.
#pragma once

#include <type_traits>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/attention/call.cuh"
#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/rows/e4m3.cuh"

namespace octavo::kernels::cuda {

constexpr int kPlainThreads = 256;
constexpr int kPlainBlocksPerSm = 4;
constexpr int kMostDims = 8;  ///< Dimensions of a head that one lane has.

/// One row of one head, by one warp: lane l has dimensions l, l + 32, ...
template <class Act, class Cache>
__device__ void attend(const AttentionCall& call, int seq, int row, int position, int head) {
  const int lane = threadIdx.x % 32;
  const int dims = call.head_dim;
  const std::size_t at = (static_cast<std::size_t>(row) * call.num_heads + head) * dims;
  const auto* const data = static_cast<const Cache*>(call.cache.data);
  const std::int32_t* const table = call.cache.block_tables + call.cache.cu_blocks[seq];
  float query[kMostDims];
  float output[kMostDims] = {};
#pragma unroll
  for (int i = 0; i < kMostDims; ++i) {
    const int d = i * 32 + lane;
    query[i] = d < dims ? to_float(static_cast<const Act*>(call.query)[at + d]) * call.scale : 0.0F;
  }
  float largest = minus_infinity();
  float sum = 0.0F;
  const auto block_size = static_cast<int>(call.cache.block_size);
  for (int p = call.window > 0 ? max(0, position - call.window + 1) : 0; p <= position; ++p) {
    const auto block = static_cast<std::uint32_t>(table[p / block_size]);
    const std::uint32_t row_in_block =
        call.cache.layer_row + head / call.group * block_size + p % block_size;
    const Cache* const key =
        data + (static_cast<std::size_t>(block) * call.cache.rows_per_block + row_in_block) * dims;
    const Cache* const value = key + static_cast<std::size_t>(call.cache.value_rows) * dims;
    float key_scale = 1.0F;
    float value_scale = 1.0F;
    if constexpr (std::is_same_v<Cache, E4m3>) {
      const Cache* const scale = data + call.cache.scale_at(block, row_in_block, dims);
      key_scale = float_of_scale(scale->bits);
      value_scale = float_of_scale(scale[call.cache.value_rows].bits);
    }
    float score = 0.0F;
#pragma unroll
    for (int i = 0; i < kMostDims; ++i) {
      const int d = i * 32 + lane;
      if (d < dims) score += query[i] * (to_float(key[d]) * key_scale);
    }
#pragma unroll
    for (int step = 16; step > 0; step /= 2) score += __shfl_xor_sync(kAllLanes, score, step);
    if (call.soft_cap > 0.0F) score = call.soft_cap * tanhf(score / call.soft_cap);
    const float most = fmaxf(largest, score);
    const float zero_point = most == minus_infinity() ? 0.0F : most;
    const float factor = expf(largest - zero_point);
    const float weight = expf(score - zero_point);
    largest = most;
    sum = sum * factor + weight;
#pragma unroll
    for (int i = 0; i < kMostDims; ++i) {
      const int d = i * 32 + lane;
      if (d >= dims) continue;
      output[i] = output[i] * factor + weight * (to_float(value[d]) * value_scale);
    }
  }
#pragma unroll
  for (int i = 0; i < kMostDims; ++i) {
    const int d = i * 32 + lane;
    if (d < dims) static_cast<Act*>(call.output)[at + d] = from_float<Act>(output[i] / sum);
  }
}

/// What of the plan is to be done: the decode kernels, the prefill kernels may have had their part.
template <class Act, class Cache>
__global__ void __launch_bounds__(kPlainThreads)
    plain_attention(const __grid_constant__ AttentionCall call, bool decodes, bool prefills) {
  wait_for_inputs();
  let_next_start();
  const auto* const header = static_cast<const PlanHeader*>(call.plan);
  const auto* const items = reinterpret_cast<const DecodeItem*>(header + 1);
  const auto* const tiles = reinterpret_cast<const PrefillTile*>(items + header->num_items);
  const int warps = gridDim.x * (kPlainThreads / 32);
  const int first = (blockIdx.x * kPlainThreads + threadIdx.x) / 32;
  const int num_items = decodes ? header->num_items * call.num_heads : 0;
  for (int i = first; i < num_items; i += warps) {
    const DecodeItem& item = items[i / call.num_heads];
    if (item.chunk != 0) continue;  // the whole context at once
    attend<Act, Cache>(call, item.seq, item.row, item.context - 1, i % call.num_heads);
  }
  constexpr int kTokensOfTile = static_cast<int>(kTileTokens);
  const int num_rows = prefills ? header->num_tiles * kTokensOfTile * call.num_heads : 0;
  for (int i = first; i < num_rows; i += warps) {
    const PrefillTile& tile = tiles[i / call.num_heads / kTokensOfTile];
    const int token = i / call.num_heads % kTokensOfTile;
    if (token >= tile.num_tokens) continue;
    attend<Act, Cache>(call, tile.seq, tile.row + token, tile.position + token, i % call.num_heads);
  }
}

template <class Act, class Cache>
void start_plain(const AttentionCall& call, bool decodes, bool prefills, cudaStream_t stream) {
  launch(plain_attention<Act, Cache>, dim3(device_limits().multiprocessors * kPlainBlocksPerSm),
         dim3(kPlainThreads), 0, stream, call, decodes, prefills);
}

}  // namespace octavo::kernels::cuda
