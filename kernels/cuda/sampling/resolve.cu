// One thread block per row puts its slices together: log-probabilities of the raw logits, then the
// adjustments that a request makes, then the best token, which is the choice of a greedy row.
#include "kernels/cuda/sampling/adjust.cuh"
#include "kernels/cuda/sampling/candidates.cuh"
#include "kernels/sampling.hpp"

namespace octavo::kernels::cuda {
namespace {

/// log(sum of exp) of the raw logits, in every thread of the first warp. The order of the sum is
/// the granules', however the row was cut.
__device__ double log_total(const GranuleSum* granules, int count) {
  const int lane = static_cast<int>(threadIdx.x);
  float largest = -INFINITY;
  for (int g = lane; g < count; g += kWarp) largest = fmaxf(largest, granules[g].largest);
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, offset));
  }
  double sum = 0.0;
  for (int g = lane; g < count; g += kWarp) {
    sum += static_cast<double>(granules[g].mass) *
           exp(static_cast<double>(granules[g].largest) - largest);
  }
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(~0U, sum, offset);
  }
  if (!isfinite(largest)) return nan("");
  return largest + log(sum * (1.0 / (Word64{1} << kWeightBits)));
}

/// The best of all slices' bests, with their log-probabilities.
__device__ void write_top(const DeviceSampleRow& row, const Word64* slice_top, int slices,
                          int vocab_size, double total, DeviceSampleOutput& output) {
  const int count = min(row.num_logprobs, kMaxTopLogprobs);
  const Word64 best = largest_of<kResolveThreads>(
      slices * count, [&](int i) { return slice_top[i / count * kMaxTopLogprobs + i % count]; });
  const int num_top = min(count, vocab_size);
  const int rank = static_cast<int>(threadIdx.x);
  if (rank == 0) output.num_top = num_top;
  if (rank >= num_top) return;
  output.top_tokens[rank] = candidate_token(best);
  output.top_logprobs[rank] = static_cast<float>(candidate_logit(best) - total);
}

__device__ Word64 best_of_row(const float* logits, int vocab_size) {
  float best = -INFINITY;
  int best_token = static_cast<int>(threadIdx.x) * 4;
  for_each_logit(logits, vocab_size, 0, vocab_size, static_cast<int>(threadIdx.x), kResolveThreads,
                 [&](float x, int token) {
                   if (x > best) {  // never of a NaN
                     best = x;
                     best_token = token;
                   }
                 });
  return best_token < vocab_size ? candidate(best, best_token) : 0;
}

__global__ void __launch_bounds__(kResolveThreads, 1)
    resolve(float* logits, int vocab_size, const SampleArrays arrays, DeviceSampleOutput* outputs,
            const SampleScratch scratch) {
  extern __shared__ Word64 shared[];
  __shared__ BlockCollectives<kResolveThreads> collectives;
  __shared__ double total;
  let_next_start();
  wait_for_inputs();
  const std::int64_t index = blockIdx.x;
  const DeviceSampleRow& row = arrays.rows[index];
  if (row.is_active == 0) {
    if (threadIdx.x == 0) scratch.states[index].kind = RowKind::kInactive;
    return;
  }
  if (row.num_logprobs >= 0) {
    if (threadIdx.x < kWarp) {
      const double sum =
          log_total(scratch.granules + index * scratch.num_granules, scratch.num_granules);
      if (threadIdx.x == 0) total = sum;
    }
    __syncthreads();
    if (row.num_logprobs > 0) {
      write_top(row, scratch.slice_top + index * scratch.slices * kMaxTopLogprobs, scratch.slices,
                vocab_size, total, outputs[index]);
    }
  }
  const bool is_adjusted = wants_adjusting(row);
  float* row_logits = logits + index * vocab_size;
  Word64 best = 0;
  if (is_adjusted) {
    adjust(row_logits, vocab_size, row, arrays, AdjustMemory(shared, vocab_size), collectives);
    best = best_of_row(row_logits, vocab_size);
  } else if (static_cast<int>(threadIdx.x) < scratch.slices) {
    best = scratch.slice_best[index * scratch.slices + threadIdx.x];
  }
  best = collectives.max(best);
  const float best_logit = candidate_logit(best);
  const bool is_chosen = row.temperature < kGreedyBelow || !isfinite(best_logit);
  const bool is_filtered =
      (row.top_k > 0 && row.top_k < vocab_size) || row.top_p < 1.0F || row.min_p > 0.0F;
  if (!is_chosen && is_filtered && threadIdx.x < kBins) {
    scratch.bin_mass[index * kBins + threadIdx.x] = 0;
    scratch.bin_count[index * kBins + threadIdx.x] = 0;
  }
  if (threadIdx.x != 0) return;
  scratch.states[index] = {is_chosen     ? RowKind::kChosen
                           : is_filtered ? RowKind::kFiltered
                                         : RowKind::kPlain,
                           candidate_token(best), best_logit, is_adjusted ? 1 : 0,
                           row.num_logprobs >= 0 ? total : 0.0};
}

}  // namespace

void launch_resolve(float* logits, int vocab_size, int n, const SampleArrays& arrays,
                    DeviceSampleOutput* outputs, const SampleScratch& scratch,
                    cudaStream_t stream) {
  const std::size_t bytes = AdjustMemory::bytes(vocab_size);
  // An attribute of the current device's context, so asked for every time; no work of a stream.
  OCTAVO_CUDA(cudaFuncSetAttribute(resolve, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(bytes)));
  launch(resolve, static_cast<unsigned>(n), kResolveThreads, bytes, stream, logits, vocab_size,
         arrays, outputs, scratch);
}

}  // namespace octavo::kernels::cuda
