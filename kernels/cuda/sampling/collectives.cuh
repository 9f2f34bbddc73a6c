// What the threads of a block work out together for the sampler: sums, maxima and sorts of 64-bit
// integers, by CUB.
#pragma once

#include <cub/block/block_merge_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/warp/warp_scan.cuh>
#include <cuda/functional>

#include "kernels/cuda/sampling/candidates.cuh"

namespace octavo::kernels::cuda {

/// Over the threads of a block, in shared memory: every thread calls, every thread gets the result,
/// and the next call may follow at once.
template <int kThreads>
class BlockCollectives {
 public:
  __device__ Word64 sum(Word64 value) { return all_reduce(value, ::cuda::std::plus<>{}); }
  __device__ Word64 max(Word64 value) { return all_reduce(value, ::cuda::maximum<>{}); }

  /// The sum of `value` over the threads before this one, and over all. Not by BlockScan: with
  /// that, every thread adds up the sums of all warps, which at 32 warps is twice the instructions,
  /// or the block needs a word of shared memory per thread.
  __device__ Word64 prefix(Word64 value, Word64* total) {
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    Word64 before = 0;
    Word64 warp_sum = 0;
    WarpScan(scans_[warp]).ExclusiveSum(value, before, warp_sum);
    if (lane == 0) sums_[warp] = warp_sum;
    __syncthreads();
    Word64 before_warp = lane < kWarps ? sums_[lane] : 0;
    WarpScan(scans_[warp]).ExclusiveSum(before_warp, before_warp, *total);
    __syncthreads();
    return before + __shfl_sync(~0U, before_warp, warp);
  }

 private:
  static constexpr int kWarps = kThreads / kWarp;
  using Reduce = cub::BlockReduce<Word64, kThreads>;
  using WarpScan = cub::WarpScan<Word64>;

  template <class Op>
  __device__ Word64 all_reduce(Word64 value, Op op) {
    value = Reduce(reduce_).Reduce(value, op);
    // Thread 0 is here when all have given their values, so have read what the last call left.
    if (threadIdx.x == 0) result_ = value;
    __syncthreads();
    return result_;
  }

  typename Reduce::TempStorage reduce_;
  Word64 result_;
  typename WarpScan::TempStorage scans_[kWarps];
  Word64 sums_[kWarps];
};

/// The i-th largest of the first `count` threads' keys, in thread i < count; anything in others.
template <int kThreads>
__device__ Word64 sort_descending(Word64 key, int count) {
  using Sort = cub::BlockMergeSort<Word64, kThreads, 1>;
  __shared__ typename Sort::TempStorage memory;
  Word64 keys[] = {key};
  Sort(memory).Sort(keys, ::cuda::std::greater<>{}, count, 0);
  __syncthreads();
  return keys[0];
}

/// The i-th largest of key(0) to key(count - 1), in thread i < kMaxTopLogprobs; 0: none. A block's
/// worth at a time: the first threads keep the best so far, the others bring what comes next.
template <int kThreads, class Key>
__device__ Word64 largest_of(int count, const Key& key) {
  constexpr int kStep = kThreads - kMaxTopLogprobs;
  int next = static_cast<int>(threadIdx.x);
  Word64 best = next < count ? key(next) : 0;
  for (int left = count;; left -= kStep) {
    best = sort_descending<kThreads>(best, min(left, kThreads));
    if (left <= kThreads) break;
    if (threadIdx.x < kMaxTopLogprobs) continue;
    next += kStep;
    best = next < count ? key(next) : 0;
  }
  return static_cast<int>(threadIdx.x) < count ? best : 0;
}

}  // namespace octavo::kernels::cuda
