// How a block of decode attention comes by its items: a warp of its own fetches them, a few ahead,
// and the warps that compute look up how many there are.
#pragma once

#include <cstdint>

#include "kernels/cuda/attention/decode_work.cuh"
#include "kernels/cuda/attention/plan.hpp"
#include "kernels/cuda/ptx/dependent_launch.cuh"
#include "kernels/cuda/ptx/memory_order.cuh"

namespace octavo::kernels::cuda {

/// An item of the plan for one KV head, without what a sliding window hides.
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

/// The fifth warp: fetches the block's next item while the other warps are at the one before.
/// Blocks take items one by one instead of having a fixed share, so that a block that was held up
/// takes fewer. Each block's first item is fixed, and so may be known before the kernel ahead has
/// ended.
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
    release_in_block(&shared.published, ++w);
    while (acquire_in_block(&shared.current) < w - 1) __nanosleep(100);
  }
  shared.works[w % kListed] = DecodeWork{};
  release_in_block(&shared.published, w + 1);
  wait_for_inputs();
  if (atomicAdd(call.schedule + 1, 1) == num_blocks - 1) {
    call.schedule[0] = 0;
    call.schedule[1] = 0;
  }
}

/// How many items have been published, the same for all lanes. What they hold may be read
/// afterwards.
template <class Shared>
__device__ __forceinline__ int published_works(const Shared& shared) {
  const int count = __shfl_sync(kAllLanes, acquire_in_block(&shared.published), 0);
  __syncwarp();
  return count;
}

}  // namespace octavo::kernels::cuda
