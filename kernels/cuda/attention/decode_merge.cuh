// How partial results of decode attention come together: the warps of a block, then the chunks of a
// context. All orders are fixed, so that a result does not depend on who was first.
#pragma once

#include "kernels/cuda/attention/decode_sums.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/ptx/barrier.cuh"

namespace octavo::kernels::cuda {

/// A barrier of the warps that compute.
__device__ __forceinline__ void sync_warps() { sync_threads_at<1, kDecodeThreads>(); }

/// Brings the warps' sums together in warp `root`, relative to the block's largest score. What one
/// warp hands to another goes through the stage of a ring that is free at the moment: the warp that
/// owns it loads again only after the last barrier, or after it has read it itself.
template <class T, int kHeadDim, int kHeads>
__device__ __forceinline__ void merge_warps(DecodeSums<T, kHeadDim, kHeads>& sums,
                                            DecodeShared<kHeadDim, kHeads>& shared, int root,
                                            unsigned char* free_stage) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  constexpr int kParts = kHeads / 8;
  if (lane == 0) shared.free_stage[warp] = free_stage;
#pragma unroll
  for (int n = 0; n < kParts; ++n) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      float& sum = sums.sum[n][h];
#pragma unroll
      for (int step = 4; step < 32; step *= 2) sum += __shfl_xor_sync(kAllLanes, sum, step);
      const float2 state = make_float2(sums.largest[n][h], sum);
      if (lane < 4) shared.softmax[warp][n * 8 + lane * 2 + h] = state;
    }
  }
  sync_warps();
#pragma unroll
  for (int n = 0; n < kParts; ++n) {
    float factor[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int head = n * 8 + lane % 4 * 2 + h;
      float most = minus_infinity();
#pragma unroll
      for (int w = 0; w < kDecodeWarps; ++w) most = fmaxf(most, shared.softmax[w][head].x);
      const float zero_point = most == minus_infinity() ? 0.0F : most;
      float sum = 0.0F;
#pragma unroll
      for (int w = 0; w < kDecodeWarps; ++w) {
        const float2 state = shared.softmax[w][head];
        sum += state.y * exp2_fast(state.x - zero_point);
      }
      factor[h] = exp2_fast(sums.largest[n][h] - zero_point);
      sums.largest[n][h] = most;
      sums.sum[n][h] = sum;
    }
    sums.scale(n, factor[0], factor[1]);
  }
  // (0 + 2) + (1 + 3), or the same with sides changed: the root does not show in the result.
  const bool gives_first = ((warp ^ root) & 2) != 0;
  const int partner = warp ^ 2;
  if (gives_first) sums.give(free_stage);
  sync_warps();
  if (!gives_first) {
    sums.take(shared.free_stage[partner]);
    if (warp != root) sums.give(shared.free_stage[root]);
  }
  sync_warps();
  if (warp == root) sums.take(free_stage);
}

/// Calls visit(head of the group, dimension, value) for what the lane holds.
template <class T, int kHeadDim, int kHeads, class Visit>
__device__ __forceinline__ void for_each_sum(const DecodeSums<T, kHeadDim, kHeads>& sums, int group,
                                             const Visit& visit) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int n = 0; n < kHeads / 8; ++n) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int head = n * 8 + lane % 4 * 2 + h;
      if (head >= group) continue;
#pragma unroll
      for (int d = 0; d < kHeadDim / 16; ++d) {
        visit(n, h, head, d * 16 + lane / 4, sums.output[n][d][h]);
        visit(n, h, head, d * 16 + lane / 4 + 8, sums.output[n][d][h + 2]);
      }
    }
  }
}

/// By one warp: the result of a context of one chunk.
template <class T, int kHeadDim, int kHeads>
__device__ __forceinline__ void write_output(const DecodeSums<T, kHeadDim, kHeads>& sums,
                                             const AttentionCall& call, const DecodeWork& work) {
  const std::size_t row =
      static_cast<std::size_t>(work.row) * call.num_heads + work.kv_head * call.group;
  for_each_sum(sums, call.group, [&](int n, int h, int head, int d, float value) {
    static_cast<T*>(call.output)[(row + head) * kHeadDim + d] =
        from_float<T>(value / sums.sum[n][h]);
  });
}

/// By one warp: leaves a chunk's partial result in memory. True when all other chunks of the
/// context had left theirs before.
template <class T, int kHeadDim, int kHeads>
__device__ __forceinline__ bool leave_partial(const DecodeSums<T, kHeadDim, kHeads>& sums,
                                              const AttentionCall& call, const DecodeWork& work) {
  const int lane = threadIdx.x % 32;
  const std::size_t row = static_cast<std::size_t>(work.first_slot + work.chunk) * call.num_heads +
                          work.kv_head * call.group;
  for_each_sum(sums, call.group, [&](int n, int h, int head, int d, float value) {
    call.partials[(row + head) * kHeadDim + d] = value;
    if (d == 0) {
      reinterpret_cast<float2*>(call.softmax)[row + head] =
          make_float2(sums.largest[n][h], sums.sum[n][h]);
    }
  });
  __threadfence();
  __syncwarp();
  int done = 0;
  if (lane == 0) done = atomicAdd(call.counters + work.counter, 1);
  return __shfl_sync(kAllLanes, done, 0) == work.num_chunks - work.first_chunk - 1;
}

/// By the whole block: the result of a context from the partial results of all its chunks, in their
/// order, so that it does not depend on which of them came last.
template <class T, int kHeadDim>
__device__ __forceinline__ void merge_chunks(const AttentionCall& call, const DecodeWork& work) {
  constexpr int kAtOnce = 8;  // chunks in flight: each is a round trip to the L2 cache
  if (threadIdx.x == 0) call.counters[work.counter] = 0;
  __threadfence();
  const auto* const states = reinterpret_cast<const float2*>(call.softmax);
  for (int i = threadIdx.x; i < call.group * (kHeadDim / 4); i += kDecodeThreads) {
    const int head = work.kv_head * call.group + i / (kHeadDim / 4);
    const int d = i % (kHeadDim / 4) * 4;
    float most = minus_infinity();
    float sum = 0.0F;
    float total[4] = {};
    for (int first = work.first_chunk; first < work.num_chunks; first += kAtOnce) {
      float2 state[kAtOnce];
      float4 x[kAtOnce];
#pragma unroll
      for (int c = 0; c < kAtOnce; ++c) {
        state[c] = make_float2(minus_infinity(), 0.0F);
        x[c] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
        if (first + c >= work.num_chunks) continue;
        const std::size_t row =
            static_cast<std::size_t>(work.first_slot + first + c) * call.num_heads + head;
        state[c] = __ldcg(states + row);
        x[c] = __ldcg(reinterpret_cast<const float4*>(call.partials + row * kHeadDim + d));
      }
      const float before = most;
#pragma unroll
      for (int c = 0; c < kAtOnce; ++c) most = fmaxf(most, state[c].x);
      const float zero_point = most == minus_infinity() ? 0.0F : most;
      const float factor = exp2_fast(before - zero_point);
      sum *= factor;
#pragma unroll
      for (float& t : total) t *= factor;
#pragma unroll
      for (int c = 0; c < kAtOnce; ++c) {
        const float weight = exp2_fast(state[c].x - zero_point);
        sum += weight * state[c].y;
        total[0] += weight * x[c].x;
        total[1] += weight * x[c].y;
        total[2] += weight * x[c].z;
        total[3] += weight * x[c].w;
      }
    }
    const float inverse = 1.0F / sum;
    const std::size_t row = static_cast<std::size_t>(work.row) * call.num_heads + head;
    const uint2 packed = make_uint2(pack_pair<T>(total[0] * inverse, total[1] * inverse),
                                    pack_pair<T>(total[2] * inverse, total[3] * inverse));
    *reinterpret_cast<uint2*>(static_cast<T*>(call.output) + row * kHeadDim + d) = packed;
  }
}

}  // namespace octavo::kernels::cuda
