// The one question that the filters and the draw ask of a row: which is the first element, in some
// order, at which the sum of some amounts exceeds a target? By one thread block, over the row in
// memory or over a list of its better part in shared memory. Sums are of integers, so the list
// needs no order.
#pragma once

#include <cub/warp/warp_reduce.cuh>

#include "kernels/cuda/sampling/collectives.cuh"

namespace octavo::kernels::cuda {

constexpr int kListSize = 4096;
constexpr int kDigits = 256;

struct SelectMemory {
  Word64 list[kListSize];  ///< Candidates
  Word64 mass_through[kBins];
  std::uint32_t count_through[kBins];
  std::uint32_t lows[kDigits];
  std::uint32_t highs[kDigits];
  BlockCollectives<kPickThreads> collectives;
  cub::WarpReduce<Word64>::TempStorage warps[kPickThreads / kWarp];
  Word64 sums[kPickThreads / kWarp];
  Word64 found_before;
  Word64 found_amount;
  int found;
  int list_size;
};

struct Selected {
  std::uint32_t key;
  Word64 before;  ///< The sum of the amounts of smaller keys.
  Word64 amount;  ///< The amount of this key.
};

/// A row, its list, and what a block of kPickThreads does with them. Every thread calls every
/// method with equal arguments, and gets equal results.
struct RowSelect {
  const float* logits;
  int vocab_size;
  Scale scale;
  SelectMemory& memory;

  /// visit(logit, token) for those of this thread, all of some weight.
  template <class Visit>
  __device__ void for_each(bool in_list, const Visit& visit) const {
    if (in_list) {
      for (int i = static_cast<int>(threadIdx.x); i < memory.list_size; i += kPickThreads) {
        visit(candidate_logit(memory.list[i]), candidate_token(memory.list[i]));
      }
    } else {
      for_each_logit(logits, vocab_size, 0, vocab_size, static_cast<int>(threadIdx.x), kPickThreads,
                     [&](float x, int token) {
                       if (x >= scale.least) visit(x, token);
                     });
    }
  }

  /// Makes the list hold what lies in those bins of the histogram; false, and nothing done, when
  /// it has no room.
  __device__ bool collect(int first_bin, int last_bin) const {
    const std::uint32_t above = first_bin > 0 ? memory.count_through[first_bin - 1] : 0;
    if (memory.count_through[last_bin] - above > kListSize) return false;
    __syncthreads();
    if (threadIdx.x == 0) memory.list_size = 0;
    __syncthreads();
    const float distance = static_cast<float>(last_bin + 3) / kBinsPerUnit;
    const float least = fmaxf(scale.least, scale.below(distance));
    for_each_logit(logits, vocab_size, 0, vocab_size, static_cast<int>(threadIdx.x), kPickThreads,
                   [&](float x, int token) {
                     if (!(x >= least)) return;
                     const int bin = scale.bin(x);
                     if (bin < first_bin || bin > last_bin || scale.weight(x) == 0) return;
                     memory.list[atomicAdd(&memory.list_size, 1)] = candidate(x, token);
                   });
    __syncthreads();
    return true;
  }

  template <class Amount>
  __device__ Word64 sum(bool in_list, const Amount& amount) const {
    Word64 mine = 0;
    for_each(in_list, [&](float x, int token) { mine += amount(x, token); });
    return memory.collectives.sum(mine);
  }

  /// Where this thread's `amount` is the one at which the threads' sum exceeds `target`, it tells
  /// all others its `index`.
  __device__ void find(Word64 amount, Word64 target, int index) const {
    Word64 total = 0;
    const Word64 before = memory.collectives.prefix(amount, &total);
    if (before <= target && target - before < amount) {
      memory.found = index;
      memory.found_before = before;
      memory.found_amount = amount;
    }
    __syncthreads();
  }

  /// The first key at which the sum of amounts exceeds `target`, which is less than their total.
  /// key(logit, token): 32 bits; an amount of 0: no part of it.
  template <class Key, class Amount>
  __device__ Selected select(bool in_list, const Key& key, const Amount& amount,
                             Word64 target) const {
    std::uint32_t least = ~0U;
    std::uint32_t most = 0;
    for_each(in_list, [&](float x, int token) {
      if (amount(x, token) == 0) return;
      least = min(least, key(x, token));
      most = max(most, key(x, token));
    });
    least = ~static_cast<std::uint32_t>(memory.collectives.max(~least));
    most = static_cast<std::uint32_t>(memory.collectives.max(most));
    if (least >= most) return {least, 0, sum(in_list, amount)};
    // Digits of the distance from the least: the first already separates the keys.
    Word64 before = 0;
    for (int shift = max(kWarp - __clz(static_cast<int>(most - least)) - 8, 0);;
         shift = max(shift - 8, 0)) {
      if (threadIdx.x < kDigits) memory.lows[threadIdx.x] = memory.highs[threadIdx.x] = 0;
      __syncthreads();
      for_each(in_list, [&](float x, int token) {
        const std::uint32_t at = key(x, token);
        if (at < least || (at - least) >> shift >= kDigits) return;
        const Word64 mine = amount(x, token);
        if (mine == 0) return;
        const std::uint32_t digit = (at - least) >> shift;
        add_split(&memory.lows[digit], &memory.highs[digit], mine);
      });
      __syncthreads();
      const int digit = static_cast<int>(threadIdx.x);
      const Word64 mine =
          digit < kDigits ? Word64{memory.highs[digit]} << 32 | memory.lows[digit] : 0;
      find(mine, target - before, digit);
      least += static_cast<std::uint32_t>(memory.found) << shift;
      before += memory.found_before;
      if (shift == 0) return {least, before, memory.found_amount};
      __syncthreads();
    }
  }

  /// The first token at which the sum exceeds `target`, given the sum of each chunk of the row in
  /// the thread of its number: chunks of `chunk` tokens, a multiple of 4.
  template <class Amount>
  __device__ int walk(Word64 chunk_sum, int chunk, const Amount& amount, Word64 target) const {
    find(chunk_sum, target, static_cast<int>(threadIdx.x));
    target -= memory.found_before;
    const int share = (chunk + kPickThreads - 1) / kPickThreads;
    const int end = min((memory.found + 1) * chunk, vocab_size);
    const int first = memory.found * chunk + static_cast<int>(threadIdx.x) * share;
    const int last = min(first + share, end);
    Word64 mine = 0;
    for (int t = first; t < last; ++t) mine += amount(logits[t], t);
    __syncthreads();
    find(mine, target, static_cast<int>(threadIdx.x));
    const int owner = memory.found;
    target -= memory.found_before;
    __syncthreads();
    if (static_cast<int>(threadIdx.x) == owner) {
      int token = first;
      for (; token < last - 1; ++token) {
        const Word64 weight = amount(logits[token], token);
        if (target < weight) break;
        target -= weight;
      }
      memory.found = token;
    }
    __syncthreads();
    return memory.found;
  }

  /// Chunks of the row that a warp sums each, for `walk`.
  __device__ int warp_chunk() const {
    constexpr int kStep = kWarp * 4;
    constexpr int kWarps = kPickThreads / kWarp;
    return (vocab_size + kWarps * kStep - 1) / (kWarps * kStep) * kStep;
  }

  /// The sum of chunk i in thread i; logits below `least` have no amount.
  template <class Amount>
  __device__ Word64 sum_chunks(float least, const Amount& amount) const {
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int first = warp * warp_chunk();
    Word64 mine = 0;
    for_each_logit(logits, vocab_size, first, min(first + warp_chunk(), vocab_size), lane, kWarp,
                   [&](float x, int token) {
                     if (x >= least) mine += amount(x, token);
                   });
    mine = cub::WarpReduce<Word64>(memory.warps[warp]).Sum(mine);
    if (lane == 0) memory.sums[warp] = mine;
    __syncthreads();
    return threadIdx.x < kPickThreads / kWarp ? memory.sums[threadIdx.x] : 0;
  }
};

}  // namespace octavo::kernels::cuda
