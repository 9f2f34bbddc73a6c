#include <algorithm>

#include "kernels/cuda/attention/decode_merge.cuh"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/per_device.hpp"

namespace octavo::kernels::cuda {
namespace {

/// A block's warps tell each other how far they are without a barrier: what was written before the
/// one is seen after the other.
__device__ __forceinline__ void release(std::int32_t* shared, std::int32_t value) {
  asm volatile("st.release.cta.shared.b32 [%0], %1;" ::"r"(shared_address(shared)), "r"(value)
               : "memory");
}
__device__ __forceinline__ std::int32_t acquire(const std::int32_t* shared) {
  std::int32_t value;
  asm volatile("ld.acquire.cta.shared.b32 %0, [%1];"
               : "=r"(value)
               : "r"(shared_address(shared))
               : "memory");
  return value;
}

__device__ __forceinline__ DecodeWork work_of(const AttentionCall& call, const DecodeItem& item,
                                              int kv_head) {
  DecodeWork work;
  const int seen_from = call.window > 0 ? max(0, item.context - call.window) : 0;
  work.begin = max(item.chunk * item.chunk_tokens, seen_from);
  const bool is_last = item.chunk + 1 == item.num_chunks;
  work.end = is_last ? item.context : (item.chunk + 1) * item.chunk_tokens;
  work.table = call.cache.cu_blocks[item.seq];
  work.row = item.row;
  work.kv_head = kv_head;
  work.chunk = item.chunk;
  work.first_chunk = min(seen_from / item.chunk_tokens, item.num_chunks - 1);
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

/// The fifth warp: fetches the block's next item while the others are at the one before, so that a
/// block that was held up takes fewer. The first is the block's own, and may be known before the
/// kernel ahead has ended. `schedule`: items taken, blocks that have ended.
template <class Shared>
__device__ __forceinline__ void schedule_works(const AttentionCall& call, Shared& shared) {
  if (!call.starts_early) wait_for_inputs();
  const auto* const header = static_cast<const PlanHeader*>(call.plan);
  const auto* const items = reinterpret_cast<const DecodeItem*>(header + 1);
  const int num_items = header->num_items * call.num_kv_heads;
  const int num_blocks = static_cast<int>(gridDim.x);
  const auto next_index = [&] {
    wait_for_inputs();
    return num_blocks + atomicAdd(call.schedule, 1);
  };
  int w = 0;
  for (int index = blockIdx.x; index < num_items; index = next_index()) {
    const DecodeWork work =
        work_of(call, items[index / call.num_kv_heads], index % call.num_kv_heads);
    if (work.begin >= work.end) continue;  // outside of the window
    shared.works[w % kListed] = work;
    release(&shared.published, ++w);
    while (acquire(&shared.current) < w - 1) __nanosleep(100);
  }
  shared.works[w % kListed] = DecodeWork{};
  release(&shared.published, w + 1);
  wait_for_inputs();
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
  const int count = __shfl_sync(kAllLanes, acquire(&shared.published), 0);
  __syncwarp();
  return count;
}

template <class T, class Cache, int kHeadDim, int kHeads>
__device__ __forceinline__ void do_works(const AttentionCall& call, int stages,
                                         unsigned char* memory,
                                         DecodeShared<kHeadDim, kHeads>& shared) {
  using Ring = DecodeRing<Cache, kHeadDim>;
  constexpr int kStage = Ring::kStageBytes;
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  unsigned char* const ring = memory + warp * Ring::bytes(stages);
  unsigned char* const widened = ring + stages * kStage;  // where there are 8-bit elements
  DecodeLoader loader(call, shared.works);
  int on_way = 0;  // tiles from the current one to the last asked for
  int stage = 0;   // of the current tile
  int free_stage = 0;
  bool has_query = false;
  std::uint32_t query[kHeads / 8][kHeadDim / 16][2];
  const auto load_next = [&] {
    loader.template issue<Cache, kHeadDim>(ring + free_stage * kStage);
    commit_copies();
    free_stage = free_stage + 1 == stages ? 0 : free_stage + 1;
    ++on_way;
  };
  if (call.starts_early) {
    while (published_works(shared) == 0) __nanosleep(20);
    while (on_way < stages && loader.is_ready(1) && loader.is_of_earlier_steps()) load_next();
  }
  wait_for_inputs();
  let_next_start();
  int w = 0;
  for (;; ++w) {
    while (published_works(shared) <= w) __nanosleep(20);
    const DecodeWork& work = shared.works[w % kListed];
    if (work.end == 0) break;
    if (threadIdx.x == 0) release(&shared.current, w);
    if (!has_query) load_query<kHeadDim, kHeads>(call, work, query);
    DecodeSums<T, kHeadDim, kHeads> sums;
    sums.clear();
    for (int tile = work.begin / kTokens * kTokens + warp * kTokens; tile < work.end;
         tile += kDecodeWarps * kTokens) {
      const int published = published_works(shared);
      while (on_way < stages && loader.is_ready(published)) load_next();
      wait_for_copies(on_way - 1);
      const unsigned char* keys = ring + stage * kStage;
      if constexpr (Ring::kWidens) {
        widen_stage<T, kHeadDim>(keys, reinterpret_cast<std::uint16_t*>(widened));
        keys = widened;
      }
      sums.add(reinterpret_cast<const std::uint16_t*>(keys), query, tile, work, call);
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
    merge_warps(sums, shared, root, Ring::kWidens ? widened : ring + free_stage * kStage);
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

template <class T, class Cache, int kHeadDim, int kHeads>
__global__ void __launch_bounds__(kDecodeThreads + kSchedulerThreads, kHeadDim > 128 ? 1 : 2)
    decode_attention(const __grid_constant__ AttentionCall call, int stages) {
  using Shared = DecodeShared<kHeadDim, kHeads>;
  extern __shared__ __align__(128) unsigned char memory[];
  auto& shared = *reinterpret_cast<Shared*>(
      memory + kDecodeWarps * DecodeRing<Cache, kHeadDim>::bytes(stages));
  if (threadIdx.x == 0) {
    shared.published = 0;
    shared.current = 0;
  }
  __syncthreads();
  if (threadIdx.x < kDecodeThreads) {
    do_works<T, Cache, kHeadDim, kHeads>(call, stages, memory, shared);
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

template <class T, class Cache, int kHeadDim, int kHeads>
const DecodeLaunch& decode_launch() {
  static PerDevice<DecodeLaunch> launches;
  return launches.get([] {
    const auto bytes_of = [](int stages) {
      return kDecodeWarps * DecodeRing<Cache, kHeadDim>::bytes(stages) +
             static_cast<int>(sizeof(DecodeShared<kHeadDim, kHeads>));
    };
    const DeviceLimits& device = device_limits();
    DecodeLaunch found;
    // Two blocks of a multiprocessor hide each other's merges; else one with a longer ring.
    for (const int blocks : {2, 1}) {
      const int most =
          std::min(device.shared_per_block, device.shared_per_multiprocessor / blocks - 1024);
      for (int stages = kMostStages; stages >= (blocks == 2 ? 3 : 2) && found.stages == 0;
           --stages) {
        if (bytes_of(stages) > most) continue;
        found = {stages, bytes_of(stages), device.multiprocessors * blocks};
      }
    }
    if (found.stages != 0) {
      OCTAVO_CUDA(cudaFuncSetAttribute(decode_attention<T, Cache, kHeadDim, kHeads>,
                                       cudaFuncAttributeMaxDynamicSharedMemorySize, found.bytes));
    }
    return found;
  });
}

template <class T, class Cache, int kHeadDim, int kHeads>
bool start(const AttentionCall& call, cudaStream_t stream) {
  const DecodeLaunch& how = decode_launch<T, Cache, kHeadDim, kHeads>();
  if (how.stages == 0) return false;
  launch(decode_attention<T, Cache, kHeadDim, kHeads>, dim3(how.grid),
         dim3(kDecodeThreads + kSchedulerThreads), how.bytes, stream, call, how.stages);
  return true;
}

template <class T, class Cache, int kHeadDim>
bool start(const AttentionCall& call, cudaStream_t stream) {
  return call.group <= 8 ? start<T, Cache, kHeadDim, 8>(call, stream)
                         : start<T, Cache, kHeadDim, 16>(call, stream);
}

}  // namespace

template <class T, class Cache>
bool start_decode(const AttentionCall& call, cudaStream_t stream) {
  if (call.group > 16) return false;
  switch (call.head_dim) {
    case 64:
      return start<T, Cache, 64>(call, stream);
    case 80:
      return start<T, Cache, 80>(call, stream);
    case 96:
      return start<T, Cache, 96>(call, stream);
    case 128:
      return start<T, Cache, 128>(call, stream);
    case 256:
      return start<T, Cache, 256>(call, stream);
    default:
      return false;
  }
}

template bool start_decode<__half, __half>(const AttentionCall&, cudaStream_t);
template bool start_decode<__half, E4m3>(const AttentionCall&, cudaStream_t);
template bool start_decode<__nv_bfloat16, __nv_bfloat16>(const AttentionCall&, cudaStream_t);
template bool start_decode<__nv_bfloat16, E4m3>(const AttentionCall&, cudaStream_t);

}  // namespace octavo::kernels::cuda
