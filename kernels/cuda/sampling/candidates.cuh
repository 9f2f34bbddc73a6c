// What the kernels of the sampler share: its scratch memory, its order of candidates and its
// weights.
//
// Weights are integers: exp(logit - largest) in units of 2^-44. A sum of integers does not depend
// on the order of its terms, so atomics and any division of a row among thread blocks give the same
// token. What weighs less than a unit weighs nothing: it would be drawn once in 10^13 draws.
//
// Four launches. `scan`: the best of each slice of a row, and of rows with log-probabilities what
// those need of the raw logits. `resolve`: one block per row puts slices together, adjusts logits,
// and is done with greedy rows. `weigh`: masses of the slices of random rows, or a histogram where
// filters are on. `pick`: one block per row filters, draws and writes the token where the next call
// finds it; no kernel after `resolve` reads the tokens of the call before.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/sampling/sampling.hpp"

namespace octavo::kernels::cuda {

using Word64 = unsigned long long;  // what CUDA's atomics take

constexpr int kWarp = 32;
constexpr int kGranule = 2048;      ///< Elements of a row that are summed as one, whatever n is.
constexpr int kSliceThreads = 256;  ///< A block of `scan` and `weigh`.
constexpr int kResolveThreads = 1024;
// 512 gain a tenth in batches of 256, but lose a third where few rows have flat logits.
constexpr int kPickThreads = 1024;
constexpr int kLoadsInFlight = 4;  ///< A thread's loads of 16 bytes, where one block reads a row.
constexpr int kGranuleShare = kGranule / kSliceThreads;
constexpr int kWideSlice = 4;          ///< Granules of a slice in large batches.
constexpr std::int64_t kFewRows = 16;  ///< Batches up to this are cut finer, to fill the device.
constexpr int kMaxVocab = 262144;
constexpr int kWeightBits = 44;
constexpr int kBins = 512;             ///< The histogram of logits below the largest.
constexpr float kBinsPerUnit = 16.0F;  ///< 512 / 16: what lies further below weighs nothing.

enum class RowKind : std::int32_t { kInactive, kChosen, kPlain, kFiltered };

/// What `resolve` leaves for the kernels after it.
struct RowState {
  RowKind kind;
  std::int32_t best_token;  ///< Also the choice, when kind is kChosen.
  float best_logit;         ///< Before the division by the temperature.
  std::int32_t is_adjusted;
  double log_total;  ///< log of the sum of exp of the raw logits; 0 where nobody asks for it.
};

struct GranuleSum {
  float largest;
  Word64 mass;  ///< Relative to `largest`.
};

/// Scratch; all device memory.
struct SampleScratch {
  RowState* states;          ///< [n]
  Word64* slice_best;        ///< [n, slices] candidates
  Word64* slice_top;         ///< [n, slices, kMaxTopLogprobs] candidates, best first, 0: none
  Word64* slice_mass;        ///< [n, slices]
  GranuleSum* granules;      ///< [n, granules]
  Word64* bin_mass;          ///< [n, kBins]
  std::uint32_t* bin_count;  ///< [n, kBins]
  float* raw;                ///< [n, vocab_size], rows that are adjusted and want log-probabilities
  int slices;
  int num_granules;
};

__device__ __forceinline__ bool wants_adjusting(const DeviceSampleRow& row) {
  const bool has_penalty = row.repetition_penalty != 1.0F || row.presence_penalty != 0.0F ||
                           row.frequency_penalty != 0.0F;
  return row.num_bias > 0 || row.num_forbidden > 0 || row.num_allowed > 0 ||
         (row.num_tokens > 0 && has_penalty);
}

/// Unsigned integers in the order of the floats; a NaN is the least, both zeros are one.
__device__ __forceinline__ std::uint32_t order_key(float x) {
  x = x != x ? -INFINITY : x + 0.0F;
  const std::uint32_t bits = __float_as_uint(x);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

__device__ __forceinline__ float key_value(std::uint32_t key) {
  return __uint_as_float((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
}

/// A logit and its token as one number: the better candidate is the larger. Never 0.
__device__ __forceinline__ Word64 candidate(float x, int token) {
  return Word64{order_key(x)} << 32 | ~static_cast<std::uint32_t>(token);
}

__device__ __forceinline__ int candidate_token(Word64 c) {
  return static_cast<int>(~static_cast<std::uint32_t>(c));
}

__device__ __forceinline__ float candidate_logit(Word64 c) {
  return key_value(static_cast<std::uint32_t>(c >> 32));
}

/// exp(logit - largest) in units of 2^-kWeightBits, about 28 bits of it right; logit <= largest.
__device__ __forceinline__ Word64 weight_of(float logit, float largest) {
  const float difference = logit - largest;
  if (!(difference > -32.0F)) return 0;  // NaN too
  // What the subtraction lost (Knuth's two-sum): at 30 below, half an ulp is 1e-6 of the weight.
  const float back = difference - logit;
  const float lost = (logit - (difference - back)) + (-largest - back);
  const float n = rintf(difference * 1.44269504F);
  const float r = fmaf(n, -0.693145751953125F, difference);  // exact: the constant has 15 bits
  const float low = fmaf(n, -1.42860682e-6F, lost);
  float q = 1.0F / 40320.0F;
  q = fmaf(q, r, 1.0F / 5040.0F);
  q = fmaf(q, r, 1.0F / 720.0F);
  q = fmaf(q, r, 1.0F / 120.0F);
  q = fmaf(q, r, 1.0F / 24.0F);
  q = fmaf(q, r, 1.0F / 6.0F);
  q = fmaf(q, r, 0.5F);
  q = fmaf(q * r, r, fmaf(low, r, low));
  constexpr int kBits = 30;
  constexpr float kUnit = 1 << kBits;
  const int mantissa = (1 << kBits) + __float2int_rn(r * kUnit) + __float2int_rn(q * kUnit);
  return Word64{static_cast<std::uint32_t>(mantissa)} << (kWeightBits - kBits) >>
         static_cast<int>(-n);
}

/// A row's logits as its draw sees them.
struct Scale {
  float temperature;
  float largest;  ///< Divided.
  float least;    ///< What is below this (undivided) weighs nothing: spares most divisions.

  __device__ Scale(float best_logit, float temperature)
      : temperature(temperature), largest(best_logit / temperature) {
    least = below(32.5F);
  }
  /// Undivided, a little less than what lies `distance` below the largest.
  __device__ float below(float distance) const {
    const float best = largest * temperature;
    return best - distance * temperature - fabsf(best) * 2e-6F;
  }
  __device__ float divided(float x) const { return x / temperature; }
  __device__ Word64 weight(float x) const {
    return x >= least ? weight_of(divided(x), largest) : 0;
  }
  __device__ int bin(float x) const {
    return static_cast<int>(fminf((largest - divided(x)) * kBinsPerUnit, kBins - 1));
  }
};

/// Four neighbours of a row from `at`, which is a multiple of 4; -inf past the end. `is_aligned`:
/// the row begins at 16 bytes and vocab_size is a multiple of 4.
__device__ __forceinline__ void load_four(const float* row, int vocab_size, int at, bool is_aligned,
                                          float (&to)[4]) {
  if (is_aligned && at < vocab_size) {
    const float4 four = *reinterpret_cast<const float4*>(row + at);
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) to[i] = at + i < vocab_size ? row[at + i] : -INFINITY;
}

__device__ __forceinline__ bool has_four(const float* row, int vocab_size) {
  return vocab_size % 4 == 0 && reinterpret_cast<std::uintptr_t>(row) % 16 == 0;
}

/// visit(logit, token) for [first, last) of a row, as thread `thread` of `count`; both ends are
/// multiples of 4 or the row's. Loads go ahead of their use: one block alone must hide the latency
/// of memory.
template <class Visit>
__device__ __forceinline__ void for_each_logit(const float* row, int vocab_size, int first,
                                               int last, int thread, int count,
                                               const Visit& visit) {
  const int step = count * 4;
  const bool is_aligned = has_four(row, vocab_size);
  int at = first + thread * 4;
  for (; is_aligned && at + (kLoadsInFlight - 1) * step < last; at += kLoadsInFlight * step) {
    float4 fours[kLoadsInFlight];
#pragma unroll
    for (int k = 0; k < kLoadsInFlight; ++k) {
      fours[k] = *reinterpret_cast<const float4*>(row + at + k * step);
    }
#pragma unroll
    for (int k = 0; k < kLoadsInFlight; ++k) {
      visit(fours[k].x, at + k * step);
      visit(fours[k].y, at + k * step + 1);
      visit(fours[k].z, at + k * step + 2);
      visit(fours[k].w, at + k * step + 3);
    }
  }
  for (; at < last; at += step) {
    float four[4];
    load_four(row, vocab_size, at, is_aligned, four);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (at + i < last) visit(four[i], at + i);
    }
  }
}

/// Adds to a 64-bit sum in shared memory by two 32-bit atomics, which the hardware has.
__device__ __forceinline__ void add_split(std::uint32_t* low, std::uint32_t* high, Word64 amount) {
  const auto amount_low = static_cast<std::uint32_t>(amount);
  const std::uint32_t old = atomicAdd(low, amount_low);
  const auto carried =
      static_cast<std::uint32_t>(amount >> 32) + (old + amount_low < old ? 1U : 0U);
  if (carried != 0) atomicAdd(high, carried);
}

void launch_scan(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                 const SampleScratch& scratch, cudaStream_t stream);
void launch_resolve(float* logits, int vocab_size, int n, const SampleArrays& arrays,
                    DeviceSampleOutput* outputs, const SampleScratch& scratch, cudaStream_t stream);
void launch_weigh(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                  const SampleScratch& scratch, cudaStream_t stream);
void launch_pick(const float* logits, int vocab_size, int n, const SampleArrays& arrays,
                 DeviceSampleOutput* outputs, const SampleScratch& scratch, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
