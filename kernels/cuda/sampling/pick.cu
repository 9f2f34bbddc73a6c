// One thread block per random row: top-k, top-p and min-p as cuts in the order of candidates, then
// the draw. The histogram that `weigh` left tells in which bin a cut lies; only that bin, or where
// few candidates can be left all of them, is looked at one by one.
#include "kernels/cuda/sampling/candidates.cuh"
#include "kernels/cuda/sampling/select.cuh"
#include "kernels/host/philox.hpp"

namespace octavo::kernels::cuda {
namespace {

/// What the filters leave: an amount of 0 for what they drop.
struct Survivors {
  float least = -INFINITY;    ///< Of divided logits: top-k.
  std::uint32_t cut_key = 0;  ///< The last that top-p keeps, and of its equals those up to a token.
  int cut_token = kMaxVocab;
  Word64 least_weight = 0;  ///< min-p

  __device__ Word64 amount(const Scale& scale, float x, int token) const {
    const Word64 weight = scale.weight(x);
    const std::uint32_t key = order_key(x);
    const bool is_kept = scale.divided(x) >= least &&
                         (key > cut_key || (key == cut_key && token <= cut_token)) &&
                         weight >= least_weight;
    return is_kept ? weight : 0;
  }
};

/// The sum at which the draw falls.
__device__ Word64 draw(const DeviceSampleRow& row, Word64 mass) {
  const auto at =
      static_cast<Word64>(uniform_draw(row.seed, row.position) * static_cast<double>(mass));
  return at < mass ? at : mass - 1;
}

__device__ Word64 count_above(const SelectMemory& memory, int bin) {
  return bin > 0 ? memory.count_through[bin - 1] : 0;
}
__device__ Word64 mass_above(const SelectMemory& memory, int bin) {
  return bin > 0 ? memory.mass_through[bin - 1] : 0;
}

/// The first bin whose sum of masses, it included, is `least` or more; or the last.
__device__ int bin_reaching(SelectMemory& memory, double least) {
  __syncthreads();
  if (threadIdx.x == 0) memory.found = kBins - 1;
  __syncthreads();
  const int bin = static_cast<int>(threadIdx.x);
  if (bin < kBins && static_cast<double>(memory.mass_through[bin]) >= least &&
      (bin == 0 || static_cast<double>(memory.mass_through[bin - 1]) < least)) {
    memory.found = bin;
  }
  __syncthreads();
  return memory.found;
}

__device__ int bin_reaching(SelectMemory& memory, Word64 least) {
  __syncthreads();
  const int bin = static_cast<int>(threadIdx.x);
  if (bin < kBins && memory.mass_through[bin] >= least && mass_above(memory, bin) < least) {
    memory.found = bin;
  }
  __syncthreads();
  return memory.found;
}

/// The last bin in which a survivor may lie when there is no top-k.
__device__ int last_bin(const DeviceSampleRow& row, SelectMemory& memory) {
  int last = kBins - 1;
  if (row.top_p < 1.0F) {
    // Whoever has as much above it is dropped; a little more, for the roundings.
    const double most = fmax(static_cast<double>(row.top_p), 0.0) *
                        static_cast<double>(memory.mass_through[kBins - 1]);
    last = bin_reaching(memory, most * (1.0 + 0x1p-40) + 1.0);
  }
  if (row.min_p > 0.0F) {
    const float distance = fmaxf(-logf(row.min_p), 0.0F);
    last = min(last, static_cast<int>(fminf(distance * kBinsPerUnit, kBins)) + 1);
  }
  return last;
}

/// The token of a filtered row. A call would put `all` into local memory.
__device__ __forceinline__ int pick_filtered(const DeviceSampleRow& row, const RowSelect& all,
                                             int best_token) {
  SelectMemory& memory = all.memory;
  const Scale& scale = all.scale;
  if (row.min_p > 1.0F) return best_token;
  const int num_weighted = static_cast<int>(memory.count_through[kBins - 1]);
  const bool has_top_k = row.top_k > 0 && row.top_k < num_weighted;
  int k_bin = kBins - 1;
  if (has_top_k) {
    const int bin = static_cast<int>(threadIdx.x);
    if (bin < kBins && memory.count_through[bin] >= static_cast<unsigned>(row.top_k) &&
        count_above(memory, bin) < static_cast<unsigned>(row.top_k)) {
      memory.found = bin;
    }
    __syncthreads();
    k_bin = memory.found;
  }
  const int last = has_top_k ? k_bin : last_bin(row, memory);
  const bool in_list = all.collect(0, last);

  Survivors left;
  Word64 mass = memory.mass_through[kBins - 1];
  if (has_top_k) {
    const bool has_bin = in_list || all.collect(k_bin, k_bin);
    const Selected least = all.select(
        has_bin, [](float x, int) { return ~order_key(x); },
        [&](float x, int) { return Word64{scale.bin(x) == k_bin && scale.weight(x) != 0}; },
        static_cast<Word64>(row.top_k) - 1 - count_above(memory, k_bin));
    left.least = scale.divided(key_value(~least.key));
    mass = mass_above(memory, k_bin) + all.sum(has_bin, [&](float x, int) {
      return scale.bin(x) == k_bin && scale.divided(x) >= left.least ? scale.weight(x) : 0;
    });
  }
  if (row.top_p < 1.0F) {
    const double allowed = (1.0 - static_cast<double>(row.top_p)) * static_cast<double>(mass);
    if (allowed >= static_cast<double>(mass)) return best_token;
    const Word64 kept = mass - static_cast<Word64>(allowed);  // The cut is where these are reached.
    const int p_bin = bin_reaching(memory, kept);
    if (!in_list || p_bin <= last) {
      const bool has_bin = in_list || all.collect(p_bin, p_bin);
      const Word64 through = p_bin == k_bin ? mass : min(memory.mass_through[p_bin], mass);
      const Word64 target = through - kept;  // From the bottom of the bin.
      const Selected cut = all.select(
          has_bin, [](float x, int) { return order_key(x); },
          [&](float x, int) {
            return scale.bin(x) == p_bin && scale.divided(x) >= left.least ? scale.weight(x) : 0;
          },
          target);
      left.cut_key = cut.key;
      const Word64 weight = max(scale.weight(key_value(cut.key)), Word64{1});
      const Word64 num_equal = cut.amount / weight;
      const Word64 num_dropped = (target - cut.before) / weight;
      if (num_dropped > 0 && num_dropped < num_equal) {
        const auto is_equal = [&](float x, int) { return Word64{order_key(x) == cut.key}; };
        const Word64 last_kept = num_equal - num_dropped - 1;
        left.cut_token =
            has_bin ? static_cast<int>(
                          all.select(
                                 true,
                                 [](float, int token) { return static_cast<std::uint32_t>(token); },
                                 is_equal, last_kept)
                              .key)
                    : all.walk(all.sum_chunks(scale.least, is_equal), all.warp_chunk(), is_equal,
                               last_kept);
      }
    }
  }
  const double least =
      static_cast<double>(row.min_p) * static_cast<double>(Word64{1} << kWeightBits);
  left.least_weight = static_cast<Word64>(ceil(fmax(least, 0.0)));

  const auto amount = [&](float x, int token) { return left.amount(scale, x, token); };
  if (in_list) {
    const Word64 survived = all.sum(true, amount);
    if (survived == 0) return best_token;
    return static_cast<int>(
        all.select(
               true, [](float, int token) { return static_cast<std::uint32_t>(token); }, amount,
               draw(row, survived))
            .key);
  }
  const float lowest = left.cut_key > 0 ? key_value(left.cut_key) : scale.least;
  const Word64 chunk_sum = all.sum_chunks(lowest, amount);
  const Word64 survived = memory.collectives.sum(chunk_sum);
  if (survived == 0) return best_token;
  return all.walk(chunk_sum, all.warp_chunk(), amount, draw(row, survived));
}

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
  int token = state.best_token;
  if (state.kind != RowKind::kChosen) {
    const RowSelect all{row_logits, vocab_size, Scale(state.best_logit, row.temperature), memory};
    if (state.kind == RowKind::kPlain) {
      const bool has_slice = static_cast<int>(threadIdx.x) < scratch.slices;
      const Word64 mass = has_slice ? scratch.slice_mass[index * scratch.slices + threadIdx.x] : 0;
      token = pick_plain(row, all, mass, slice, token);
    } else {
      load_bins(scratch, index, memory);
      token = pick_filtered(row, all, token);
    }
  }
  if (threadIdx.x != 0) return;
  DeviceSampleOutput& output = outputs[index];
  output.token = token;
  arrays.sampled[index] = token;
  if (row.num_logprobs <= 0) output.num_top = 0;
  if (row.num_logprobs < 0) return;
  const float raw =
      state.is_adjusted != 0 ? scratch.raw[index * vocab_size + token] : row_logits[token];
  output.logprob = static_cast<float>(key_value(order_key(raw)) - state.log_total);
}

}  // namespace

void launch_pick(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                 DeviceSampleOutput* outputs, const SampleScratch& scratch, cudaStream_t stream) {
  const int slice = kGranule * (n <= kFewRows ? 1 : kWideSlice);
  launch(pick, static_cast<unsigned>(n), kPickThreads, 0, stream, logits, vocab_size, slice, arrays,
         outputs, scratch);
}

}  // namespace octavo::kernels::cuda
