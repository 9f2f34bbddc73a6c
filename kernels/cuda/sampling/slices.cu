// The two passes of the sampler over whole rows, cut into slices: `scan` finds the best logits,
// `weigh` sums what those below them weigh. A slice stays in registers.
#include "kernels/cuda/sampling/collectives.cuh"

namespace octavo::kernels::cuda {
namespace {

using SliceCollectives = BlockCollectives<kSliceThreads>;

template <int kGranules>
struct Slice {
  static constexpr int kShare = kGranules * kGranuleShare;
  float values[kShare];
  int base;
  int vocab_size;

  __device__ Slice(const float* row, int vocab)
      : base(static_cast<int>(blockIdx.x) * kGranules * kGranule), vocab_size(vocab) {
    const bool is_aligned = has_four(row, vocab);
#pragma unroll
    for (int q = 0; q < kShare / 4; ++q) {
      float four[4];
      load_four(row, vocab, token(q * 4), is_aligned, four);
#pragma unroll
      for (int i = 0; i < 4; ++i) values[q * 4 + i] = four[i];
    }
  }
  /// Ascending in `i`.
  __device__ int token(int i) const {
    return base + (i / 4 * kSliceThreads + static_cast<int>(threadIdx.x)) * 4 + i % 4;
  }
};

/// Sum and largest of each granule of raw logits.
template <int kGranules>
__device__ void sum_granules(const Slice<kGranules>& slice, SliceCollectives& collectives,
                             GranuleSum* to, int num_granules) {
#pragma unroll
  for (int g = 0; g < kGranules; ++g) {
    Word64 best = 0;
#pragma unroll
    for (int i = 0; i < kGranuleShare; ++i) {
      const Word64 key = order_key(slice.values[g * kGranuleShare + i]);
      best = key > best ? key : best;
    }
    const float largest = key_value(static_cast<std::uint32_t>(collectives.max(best)));
    Word64 mass = 0;
#pragma unroll
    for (int i = 0; i < kGranuleShare; ++i) {
      mass += weight_of(slice.values[g * kGranuleShare + i], largest);
    }
    const Word64 total = collectives.sum(mass);
    const int granule = static_cast<int>(blockIdx.x) * kGranules + g;
    if (threadIdx.x == 0 && granule < num_granules) to[granule] = {largest, total};
  }
}

/// The `count` best of the slice. The bests of the threads, sorted, give a bound that just `count`
/// threads reach: only what reaches it is sorted.
template <int kGranules>
__device__ void find_top(const Slice<kGranules>& slice, Word64 mine, int count, Word64* to) {
  __shared__ Word64 bound;
  __shared__ Word64 kept[kMaxTopLogprobs * Slice<kGranules>::kShare];  // of `count` threads at most
  __shared__ int num_kept;
  const int thread = static_cast<int>(threadIdx.x);
  mine = sort_descending<kSliceThreads>(mine, kSliceThreads);
  if (thread == 0) num_kept = 0;
  if (thread == count - 1) bound = mine;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < Slice<kGranules>::kShare; ++i) {
    const int token = slice.token(i);
    const Word64 value = candidate(slice.values[i], token);
    if (token < slice.vocab_size && value >= bound) kept[atomicAdd(&num_kept, 1)] = value;
  }
  __syncthreads();
  mine = largest_of<kSliceThreads>(num_kept, [&](int i) { return kept[i]; });
  if (thread < count) to[thread] = mine;
}

/// The best of the thread's share; 0 where all of that lies outside the vocabulary.
template <int kGranules>
__device__ Word64 best_of(const Slice<kGranules>& slice) {
  float best = -INFINITY;
  int best_token = slice.token(0);
#pragma unroll
  for (int i = 0; i < Slice<kGranules>::kShare; ++i) {
    if (slice.values[i] > best) {  // never of a NaN
      best = slice.values[i];
      best_token = slice.token(i);
    }
  }
  return best_token < slice.vocab_size ? candidate(best, best_token) : 0;
}

/// Puts -inf for what is not allowed. allowed: [ceil(vocab_size / 32)] words.
template <int kGranules>
__device__ void keep_allowed(Slice<kGranules>& slice, const std::uint32_t* allowed) {
#pragma unroll
  for (int i = 0; i < Slice<kGranules>::kShare; ++i) {
    const int token = slice.token(i);
    if (token >= slice.vocab_size || (allowed[token / 32] >> (token % 32) & 1U) != 0) continue;
    slice.values[i] = -INFINITY;
  }
}

template <int kGranules>
__global__ void __launch_bounds__(kSliceThreads)
    scan(const float* logits, int vocab_size, const SampleArrays arrays,
         const SampleScratch scratch) {
  __shared__ SliceCollectives collectives;
  let_next_start();
  wait_for_inputs();
  const int index = static_cast<int>(blockIdx.y);
  const DeviceSampleRow& row = arrays.rows[index];
  if (row.is_active == 0) return;
  Slice<kGranules> slice(logits + static_cast<std::int64_t>(index) * vocab_size, vocab_size);
  Word64 mine = best_of(slice);
  const std::int64_t at = static_cast<std::int64_t>(index) * scratch.slices + blockIdx.x;
  const Word64 block_best = collectives.max(mine);
  if (threadIdx.x == 0) scratch.slice_best[at] = block_best;
  if (row.num_logprobs < 0) return;

  if (wants_adjusting(row)) {
    float* raw = scratch.raw + static_cast<std::int64_t>(index) * vocab_size;
#pragma unroll
    for (int i = 0; i < Slice<kGranules>::kShare; ++i) {
      if (slice.token(i) < vocab_size) raw[slice.token(i)] = slice.values[i];
    }
  }
  sum_granules<kGranules>(
      slice, collectives,
      scratch.granules + static_cast<std::int64_t>(index) * scratch.num_granules,
      scratch.num_granules);
  if (row.num_logprobs == 0) return;
  if (row.has_top_of_allowed != 0) {
    keep_allowed(slice, arrays.allowed + row.first_allowed);
    mine = best_of(slice);
  }
  const int count = row.num_logprobs < kMaxTopLogprobs ? row.num_logprobs : kMaxTopLogprobs;
  find_top<kGranules>(slice, mine, count, scratch.slice_top + at * kMaxTopLogprobs);
}

template <int kGranules>
__global__ void __launch_bounds__(kSliceThreads)
    weigh(const float* logits, int vocab_size, const DeviceSampleRow* rows,
          const SampleScratch scratch) {
  __shared__ SliceCollectives collectives;
  __shared__ std::uint32_t counts[kBins];
  __shared__ std::uint32_t lows[kBins];
  __shared__ std::uint32_t highs[kBins];
  let_next_start();
  wait_for_inputs();
  const std::int64_t index = blockIdx.y;
  const RowState state = scratch.states[index];
  if (state.kind != RowKind::kPlain && state.kind != RowKind::kFiltered) return;
  const Scale scale(state.best_logit, rows[index].temperature);
  const Slice<kGranules> slice(logits + index * vocab_size, vocab_size);
  if (state.kind == RowKind::kPlain) {
    Word64 mass = 0;
#pragma unroll
    for (int i = 0; i < Slice<kGranules>::kShare; ++i) mass += scale.weight(slice.values[i]);
    const Word64 total = collectives.sum(mass);
    if (threadIdx.x == 0) scratch.slice_mass[index * scratch.slices + blockIdx.x] = total;
    return;
  }
  for (int b = static_cast<int>(threadIdx.x); b < kBins; b += kSliceThreads) {
    counts[b] = lows[b] = highs[b] = 0;
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < Slice<kGranules>::kShare; ++i) {
    const Word64 weight = scale.weight(slice.values[i]);
    if (weight == 0) continue;
    const int bin = scale.bin(slice.values[i]);
    atomicAdd(&counts[bin], 1U);
    add_split(&lows[bin], &highs[bin], weight);
  }
  __syncthreads();
  for (int b = static_cast<int>(threadIdx.x); b < kBins; b += kSliceThreads) {
    if (counts[b] == 0) continue;
    atomicAdd(&scratch.bin_count[index * kBins + b], counts[b]);
    atomicAdd(&scratch.bin_mass[index * kBins + b], Word64{highs[b]} << 32 | lows[b]);
  }
}

dim3 slices_of(const SampleScratch& scratch, int n) {
  return {static_cast<unsigned>(scratch.slices), static_cast<unsigned>(n)};
}

}  // namespace

void launch_scan(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                 const SampleScratch& scratch, cudaStream_t stream) {
  const bool is_fine = n <= kFewRows;
  launch(is_fine ? scan<1> : scan<kWideSlice>, slices_of(scratch, n), kSliceThreads, 0, stream,
         logits, vocab_size, arrays, scratch);
}

void launch_weigh(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                  const SampleScratch& scratch, cudaStream_t stream) {
  const bool is_fine = n <= kFewRows;
  launch(is_fine ? weigh<1> : weigh<kWideSlice>, slices_of(scratch, n), kSliceThreads, 0, stream,
         logits, vocab_size, arrays.rows, scratch);
}

}  // namespace octavo::kernels::cuda
