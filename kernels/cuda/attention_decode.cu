#include "kernels/cuda/attention_decode.cuh"

#include <algorithm>

namespace octavo::kernels::cuda {
namespace {

__device__ __forceinline__ DecodeWork work_of(const AttentionCall& call, const DecodeItem& item,
                                              int kv_head) {
  DecodeWork work;
  const int seen_from = call.window > 0 ? max(0, item.context - call.window) : 0;
  work.begin = max(item.chunk * item.chunk_tokens, seen_from);
  work.end = min((item.chunk + 1) * item.chunk_tokens, item.context);
  work.table = call.cache.cu_blocks[item.seq];
  work.row = item.row;
  work.kv_head = kv_head;
  work.chunk = item.chunk;
  work.first_chunk = seen_from / item.chunk_tokens;
  work.num_chunks = item.num_chunks;
  work.first_slot = item.first_slot;
  work.counter = item.counter * call.num_kv_heads + kv_head;
  return work;
}

/// The group's queries as the second operand of the scores' product; padding is 0.
template <int kHeadDim, int kHeads>
__device__ __forceinline__ void load_query(const AttentionCall& call, const DecodeWork& work,
                                           std::uint32_t (&query)[kHeads / 8][kHeadDim / 16][2]) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int n = 0; n < kHeads / 8; ++n) {
    const int head = n * 8 + lane / 4;
    const std::size_t row = static_cast<std::size_t>(work.row) * call.num_heads +
                            work.kv_head * call.group + min(head, call.group - 1);
    const auto* const source =
        static_cast<const std::uint16_t*>(call.query) + row * kHeadDim + lane % 4 * 2;
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      const auto* const pair = reinterpret_cast<const std::uint32_t*>(source + k * 16);
      query[n][k][0] = head < call.group ? __ldg(pair) : 0U;
      query[n][k][1] = head < call.group ? __ldg(pair + 4) : 0U;
    }
  }
}

/// A barrier of the warps that compute.
__device__ __forceinline__ void sync_warps() {
  asm volatile("bar.sync 1, %0;" ::"n"(kDecodeThreads) : "memory");
}

/// Brings the warps' sums together in warp `root`, relative to the block's largest score. What one
/// warp hands to another goes through the stage of a ring that is free at the moment: the warp that
/// owns it loads again only after the last barrier, or after it has read it itself.
template <class T, int kHeadDim, int kHeads>
__device__ __forceinline__ void merge_warps(DecodeSums<T, kHeadDim, kHeads>& sums,
                                            DecodeShared<kHeadDim, kHeads>& shared, int root,
                                            std::uint16_t* free_stage) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  constexpr int kParts = kHeads / 8;
  constexpr int kSteps = kHeadDim / 16;
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

/// One warp: the result of a context of one chunk.
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

/// One warp: leaves a chunk's result. True when it was the context's last to come.
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

/// The block: every chunk of one context in order, so that who came last does not show.
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
        const int chunk = min(first + c, work.num_chunks - 1);
        const std::size_t row =
            static_cast<std::size_t>(work.first_slot + chunk) * call.num_heads + head;
        state[c] = __ldcg(states + row);
        x[c] = __ldcg(reinterpret_cast<const float4*>(call.partials + row * kHeadDim + d));
        if (first + c >= work.num_chunks) state[c] = make_float2(minus_infinity(), 0.0F);
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
    const uint2 packed = make_uint2(pair_of(T{}, total[0] * inverse, total[1] * inverse),
                                    pair_of(T{}, total[2] * inverse, total[3] * inverse));
    *reinterpret_cast<uint2*>(static_cast<T*>(call.output) + row * kHeadDim + d) = packed;
  }
}

/// The fifth warp: fetches the block's next item while the others are at the one before, so that a
/// block that was held up takes fewer. `schedule`: items taken, blocks that have ended.
template <class Shared>
__device__ __forceinline__ void schedule_works(const AttentionCall& call, Shared& shared) {
  const auto* const header = static_cast<const PlanHeader*>(call.plan);
  const auto* const items = reinterpret_cast<const DecodeItem*>(header + 1);
  const int num_items = header->num_items * call.num_kv_heads;
  const int num_blocks = static_cast<int>(gridDim.x);
  int index = blockIdx.x;
  for (int w = 0; index < num_items; index = num_blocks + atomicAdd(call.schedule, 1)) {
    const DecodeWork work =
        work_of(call, items[index / call.num_kv_heads], index % call.num_kv_heads);
    if (work.begin >= work.end) continue;  // outside of the window
    shared.works[w % kListed] = work;
    __threadfence_block();
    shared.published = ++w;
    while (shared.current < w - 1) __nanosleep(100);
  }
  const int w = shared.published;
  shared.works[w % kListed] = DecodeWork{};
  __threadfence_block();
  shared.published = w + 1;
  if (atomicAdd(call.schedule + 1, 1) == num_blocks - 1) {
    call.schedule[0] = 0;
    call.schedule[1] = 0;
  }
}

/// Until at most `pending` of the warp's copies are on their way.
__device__ __forceinline__ void wait_for_copies(int pending) {
  if (pending == 0) {
    wait_copies<0>();
  } else if (pending == 1) {
    wait_copies<1>();
  } else if (pending == 2) {
    wait_copies<2>();
  } else if (pending == 3) {
    wait_copies<3>();
  } else {
    wait_copies<kMostStages - 1>();
  }
  __syncwarp();
}

/// How many items are there to see; the same for all lanes, and what they say is read after it.
template <class Shared>
__device__ __forceinline__ int published_works(const Shared& shared) {
  const int count = __shfl_sync(kAllLanes, shared.published, 0);
  __syncwarp();
  return count;
}

template <class T, int kHeadDim, int kHeads>
__device__ __forceinline__ void do_works(const AttentionCall& call, int stages,
                                         unsigned char* memory,
                                         DecodeShared<kHeadDim, kHeads>& shared) {
  constexpr int kStage = DecodeShared<kHeadDim, kHeads>::kStageBytes / 2;
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  auto* const ring = reinterpret_cast<std::uint16_t*>(memory) + warp * stages * kStage;
  DecodeLoader loader(call, shared.works);
  int on_way = 0;  // tiles from the current one to the last asked for
  int stage = 0;   // of the current tile
  int free_stage = 0;
  bool has_query = false;
  std::uint32_t query[kHeads / 8][kHeadDim / 16][2];
  int w = 0;
  for (;; ++w) {
    while (published_works(shared) <= w) __nanosleep(20);
    const DecodeWork& work = shared.works[w % kListed];
    if (work.end == 0) break;
    if (threadIdx.x == 0) shared.current = w;
    if (!has_query) load_query<kHeadDim, kHeads>(call, work, query);
    DecodeSums<T, kHeadDim, kHeads> sums;
    sums.clear();
    for (int tile = work.begin / kTokens * kTokens + warp * kTokens; tile < work.end;
         tile += kDecodeWarps * kTokens) {
      const int published = published_works(shared);
      while (on_way < stages && loader.is_ready(published)) {
        loader.template issue<kHeadDim>(ring + free_stage * kStage);
        commit_copies();
        free_stage = free_stage + 1 == stages ? 0 : free_stage + 1;
        ++on_way;
      }
      wait_for_copies(on_way - 1);
      sums.add(ring + stage * kStage, query, tile, work, call);
      __syncwarp();
      stage = stage + 1 == stages ? 0 : stage + 1;
      --on_way;
    }
    const DecodeWork& next = shared.works[(w + 1) % kListed];
    has_query = published_works(shared) > w + 1 && next.end != 0;
    if (has_query) load_query<kHeadDim, kHeads>(call, next, query);
    // Warps take turns in waiting for memory to have a result, and nobody waits for them: whether
    // the context is complete is looked at one item later.
    const int root = w % kDecodeWarps;
    merge_warps(sums, shared, root, ring + free_stage * kStage);
    if (warp == root) {
      bool is_last = false;
      if (work.num_chunks - work.first_chunk > 1) {
        is_last = leave_partial(sums, call, work);
      } else {
        write_output(sums, call, work);
      }
      if (lane == 0) shared.is_last[w % 2] = is_last ? 1 : 0;
    }
    if (w > 0 && shared.is_last[(w - 1) % 2] != 0) {
      merge_chunks<T, kHeadDim>(call, shared.works[(w - 1) % kListed]);
    }
  }
  sync_warps();
  if (w > 0 && shared.is_last[(w - 1) % 2] != 0) {
    merge_chunks<T, kHeadDim>(call, shared.works[(w - 1) % kListed]);
  }
}

template <class T, int kHeadDim, int kHeads>
__global__ void __launch_bounds__(kDecodeThreads + kSchedulerThreads, kHeadDim > 128 ? 1 : 2)
    decode_attention(const __grid_constant__ AttentionCall call, int stages) {
  using Shared = DecodeShared<kHeadDim, kHeads>;
  extern __shared__ __align__(128) unsigned char memory[];
  auto& shared = *reinterpret_cast<Shared*>(memory + kDecodeWarps * stages * Shared::kStageBytes);
  if (threadIdx.x == 0) {
    shared.published = 0;
    shared.current = 0;
  }
  wait_for_inputs();
  let_next_start();
  __syncthreads();
  if (threadIdx.x < kDecodeThreads) {
    do_works<T, kHeadDim, kHeads>(call, stages, memory, shared);
  } else if (threadIdx.x == kDecodeThreads) {
    schedule_works(call, shared);
  }
}

/// How one kernel is started on the devices of this host.
struct DecodeLaunch {
  int stages = 0;  ///< 0: the device has too little shared memory.
  int bytes = 0;
  int grid = 0;
};

template <class T, int kHeadDim, int kHeads>
const DecodeLaunch& decode_launch() {
  static const DecodeLaunch result = [] {
    using Shared = DecodeShared<kHeadDim, kHeads>;
    const DeviceLimits& device = device_limits();
    DecodeLaunch found;
    // Two blocks of a multiprocessor hide each other's merges; else one with a longer ring.
    for (const int blocks : {2, 1}) {
      const int most = std::min(device.shared_per_block, device.shared_per_sm / blocks - 1024);
      for (int stages = kMostStages; stages >= (blocks == 2 ? 3 : 2) && found.stages == 0; --stages) {
        if (Shared::bytes(stages) > most) continue;
        found = {stages, Shared::bytes(stages), device.num_sms * blocks};
      }
    }
    if (found.stages != 0) {
      OCTAVO_CUDA(cudaFuncSetAttribute(decode_attention<T, kHeadDim, kHeads>,
                                       cudaFuncAttributeMaxDynamicSharedMemorySize, found.bytes));
    }
    return found;
  }();
  return result;
}

template <class T, int kHeadDim, int kHeads>
bool start(const AttentionCall& call, cudaStream_t stream) {
  const DecodeLaunch& how = decode_launch<T, kHeadDim, kHeads>();
  if (how.stages == 0) return false;
  launch(decode_attention<T, kHeadDim, kHeads>, dim3(how.grid),
         dim3(kDecodeThreads + kSchedulerThreads), how.bytes, stream, call, how.stages);
  return true;
}

template <class T, int kHeadDim>
bool start(const AttentionCall& call, cudaStream_t stream) {
  return call.group <= 8 ? start<T, kHeadDim, 8>(call, stream)
                         : start<T, kHeadDim, 16>(call, stream);
}

}  // namespace

template <class T>
bool start_decode(const AttentionCall& call, cudaStream_t stream) {
  if (call.group > 16) return false;
  switch (call.head_dim) {
    case 64:
      return start<T, 64>(call, stream);
    case 80:
      return start<T, 80>(call, stream);
    case 96:
      return start<T, 96>(call, stream);
    case 128:
      return start<T, 128>(call, stream);
    case 256:
      return start<T, 256>(call, stream);
    default:
      return false;
  }
}

template bool start_decode<__half>(const AttentionCall&, cudaStream_t);
template bool start_decode<__nv_bfloat16>(const AttentionCall&, cudaStream_t);

}  // namespace octavo::kernels::cuda
