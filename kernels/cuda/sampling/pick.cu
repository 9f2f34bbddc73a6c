// The last of the sampler's kernels: one thread block per row filters and draws the token of a
// random row, and writes every row's token and log-probability.
#include "kernels/cuda/sampling/candidates.cuh"
#include "kernels/cuda/sampling/filters.cuh"
#include "kernels/cuda/sampling/select.cuh"

namespace octavo::kernels::cuda {
namespace {

__device__ int pick_plain(const DeviceSampleRow& row, const RowSelect& all, Word64 slice_mass,
                          int slice, int best_token) {
  const Word64 mass = all.memory.collectives.sum(slice_mass);
  if (mass == 0) return best_token;
  return all.walk(
      slice_mass, slice, [&](float x, int) { return all.scale.weight(x); }, draw(row, mass));
}

/// The histogram as sums from the best bin on.
__device__ void load_bins(const SampleScratch& scratch, std::int64_t index, SelectMemory& memory) {
  const int bin = static_cast<int>(threadIdx.x);
  const Word64 mass = bin < kBins ? scratch.bin_mass[index * kBins + bin] : 0;
  const Word64 count = bin < kBins ? scratch.bin_count[index * kBins + bin] : 0;
  Word64 total = 0;
  const Word64 mass_before = memory.collectives.prefix(mass, &total);
  const Word64 count_before = memory.collectives.prefix(count, &total);
  if (bin < kBins) {
    memory.mass_through[bin] = mass_before + mass;
    memory.count_through[bin] = static_cast<std::uint32_t>(count_before + count);
  }
  __syncthreads();
}

/// One more than the logits above the token's.
__device__ int rank_of(const float* logits, int vocab_size, int token, SelectMemory& memory) {
  const std::uint32_t own = order_key(logits[token]);
  Word64 above = 0;
  for_each_logit(logits, vocab_size, 0, vocab_size, static_cast<int>(threadIdx.x), kPickThreads,
                 [&](float x, int) { above += order_key(x) > own ? 1 : 0; });
  return 1 + static_cast<int>(memory.collectives.sum(above));
}

__global__ void __launch_bounds__(kPickThreads)
    pick(const float* logits, int vocab_size, int slice, const SampleArrays arrays,
         DeviceSampleOutput* outputs, const SampleScratch scratch) {
  __shared__ SelectMemory memory;
  let_next_start();
  wait_for_inputs();
  const std::int64_t index = blockIdx.x;
  const RowState state = scratch.states[index];
  if (state.kind == RowKind::kInactive) return;
  const DeviceSampleRow& row = arrays.rows[index];
  const float* row_logits = logits + index * vocab_size;
  const float* raw_logits = state.is_adjusted != 0 ? scratch.raw + index * vocab_size : row_logits;
  int token = state.best_token;
  int rank = 0;
  if (row.given >= 0) {
    token = row.given;
    rank = rank_of(raw_logits, vocab_size, token, memory);
  } else if (state.kind != RowKind::kChosen) {
    const RowSelect all{row_logits, vocab_size, Scale(state.best_logit, row.temperature), memory};
    if (state.kind == RowKind::kPlain) {
      const bool has_slice = static_cast<int>(threadIdx.x) < scratch.slices;
      const Word64 mass = has_slice ? scratch.slice_mass[index * scratch.slices + threadIdx.x] : 0;
      token = pick_plain(row, all, mass, slice, token);
    } else {
      load_bins(scratch, index, memory);
      token = FilteredRow(row, all).pick(token);
    }
  }
  if (threadIdx.x != 0) return;
  DeviceSampleOutput& output = outputs[index];
  const bool has_best = row.given >= 0 || isfinite(state.best_logit);
  const bool is_finite = has_best && isfinite(state.log_total);
  output.choice = arrays.choices[index] = is_finite ? token : ~token;
  output.rank = rank;
  arrays.sampled[index] = token;
  if (row.num_logprobs <= 0) output.num_top = 0;
  if (row.num_logprobs < 0) return;
  output.logprob = static_cast<float>(key_value(order_key(raw_logits[token])) - state.log_total);
}

}  // namespace

void launch_pick(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                 DeviceSampleOutput* outputs, const SampleScratch& scratch, cudaStream_t stream) {
  const int slice = kGranule * (n <= kFewRows ? 1 : kWideSlice);
  launch(pick, static_cast<unsigned>(n), kPickThreads, 0, stream, logits, vocab_size, slice, arrays,
         outputs, scratch);
}

}  // namespace octavo::kernels::cuda
