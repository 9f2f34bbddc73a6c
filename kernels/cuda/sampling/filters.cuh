// Top-k, top-p and min-p as cuts in the order of candidates, then the draw among what is left. The
// histogram of a row's logits shows in which bin a cut lies; only that bin, or where few candidates
// can be left all of them, is looked at one by one.
#pragma once

#include <cstdint>

#include "kernels/cuda/sampling/candidates.cuh"
#include "kernels/cuda/sampling/select.cuh"
#include "kernels/host/philox.hpp"

namespace octavo::kernels::cuda {

/// Which candidates the filters keep.
struct Survivors {
  float least = -INFINITY;    ///< The least divided logit that top-k keeps.
  std::uint32_t cut_key = 0;  ///< The least order key that top-p keeps ...
  int cut_token = kMaxVocab;  ///< ... and, among the tokens of that key, the last that it keeps.
  Word64 least_weight = 0;    ///< The least weight that min-p keeps.

  /// The weight of what is kept, 0 for what is dropped.
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
__device__ inline Word64 draw(const DeviceSampleRow& row, Word64 mass) {
  const auto at =
      static_cast<Word64>(uniform_draw(row.seed, row.position) * static_cast<double>(mass));
  return at < mass ? at : mass - 1;
}

__device__ inline Word64 count_above(const SelectMemory& memory, int bin) {
  return bin > 0 ? memory.count_through[bin - 1] : 0;
}
__device__ inline Word64 mass_above(const SelectMemory& memory, int bin) {
  return bin > 0 ? memory.mass_through[bin - 1] : 0;
}

/// The first bin whose sum of masses, it included, is `least` or more; or the last.
__device__ inline int bin_reaching(SelectMemory& memory, double least) {
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

__device__ inline int bin_reaching(SelectMemory& memory, Word64 least) {
  __syncthreads();
  const int bin = static_cast<int>(threadIdx.x);
  if (bin < kBins && memory.mass_through[bin] >= least && mass_above(memory, bin) < least) {
    memory.found = bin;
  }
  __syncthreads();
  return memory.found;
}

/// The last bin in which a survivor may lie when there is no top-k.
__device__ inline int last_bin(const DeviceSampleRow& row, SelectMemory& memory) {
  int last = kBins - 1;
  if (row.top_p < 1.0F) {
    // A candidate is dropped when those above it weigh as much as top-p wants; a little more is
    // asked for, to be safe from the roundings.
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

/// A filtered row. One block of kPickThreads walks through it: every thread calls every method with
/// equal arguments. Forced inline, since a call would put the row into local memory.
class FilteredRow {
 public:
  __device__ __forceinline__ FilteredRow(const DeviceSampleRow& row, const RowSelect& all)
      : row_(row), all_(all), memory_(all.memory), scale_(all.scale) {}

  /// The row's token; `best_token` where the filters leave no weight.
  __device__ __forceinline__ int pick(int best_token) {
    if (row_.min_p > 1.0F) return best_token;
    collect_candidates();
    if (has_top_k_) keep_top_k();
    if (row_.top_p < 1.0F && !keep_top_p()) return best_token;
    const double least =
        static_cast<double>(row_.min_p) * static_cast<double>(Word64{1} << kWeightBits);
    left_.least_weight = static_cast<Word64>(ceil(fmax(least, 0.0)));
    return draw_survivor(best_token);
  }

 private:
  /// Finds the bins that can hold survivors, and lists what is in them if there is room.
  __device__ __forceinline__ void collect_candidates() {
    const int num_weighted = static_cast<int>(memory_.count_through[kBins - 1]);
    has_top_k_ = row_.top_k > 0 && row_.top_k < num_weighted;
    mass_ = memory_.mass_through[kBins - 1];
    if (has_top_k_) {
      const int bin = static_cast<int>(threadIdx.x);
      if (bin < kBins && memory_.count_through[bin] >= static_cast<unsigned>(row_.top_k) &&
          count_above(memory_, bin) < static_cast<unsigned>(row_.top_k)) {
        memory_.found = bin;
      }
      __syncthreads();
      k_bin_ = memory_.found;
    }
    last_ = has_top_k_ ? k_bin_ : last_bin(row_, memory_);
    in_list_ = all_.collect(0, last_);
  }

  /// Cuts below the k-th logit; its equals stay.
  __device__ __forceinline__ void keep_top_k() {
    const bool has_bin = in_list_ || all_.collect(k_bin_, k_bin_);
    const Selected least = all_.select(
        has_bin, [](float x, int) { return ~order_key(x); },
        [&](float x, int) { return Word64{scale_.bin(x) == k_bin_ && scale_.weight(x) != 0}; },
        static_cast<Word64>(row_.top_k) - 1 - count_above(memory_, k_bin_));
    left_.least = scale_.divided(key_value(~least.key));
    mass_ = mass_above(memory_, k_bin_) + all_.sum(has_bin, [&](float x, int) {
      return scale_.bin(x) == k_bin_ && scale_.divided(x) >= left_.least ? scale_.weight(x) : 0;
    });
  }

  /// Cuts where the kept mass reaches top-p's part of the whole. False when nothing is left.
  __device__ __forceinline__ bool keep_top_p() {
    const double allowed = (1.0 - static_cast<double>(row_.top_p)) * static_cast<double>(mass_);
    if (allowed >= static_cast<double>(mass_)) return false;
    const Word64 kept = mass_ - static_cast<Word64>(allowed);
    const int p_bin = bin_reaching(memory_, kept);
    if (in_list_ && p_bin > last_) return true;
    const bool has_bin = in_list_ || all_.collect(p_bin, p_bin);
    const Word64 through = p_bin == k_bin_ ? mass_ : min(memory_.mass_through[p_bin], mass_);
    const Word64 target = through - kept;  // counted from the bottom of the bin
    const Selected cut = all_.select(
        has_bin, [](float x, int) { return order_key(x); },
        [&](float x, int) {
          return scale_.bin(x) == p_bin && scale_.divided(x) >= left_.least ? scale_.weight(x) : 0;
        },
        target);
    left_.cut_key = cut.key;
    const Word64 weight = max(scale_.weight(key_value(cut.key)), Word64{1});
    const Word64 num_equal = cut.amount / weight;
    const Word64 num_dropped = (target - cut.before) / weight;
    if (num_dropped > 0 && num_dropped < num_equal) {
      left_.cut_token = token_of_key(cut.key, num_equal - num_dropped - 1, has_bin);
    }
    return true;
  }

  /// The token of that key that has `num_before` others of it before it, in the order of the ids.
  __device__ __forceinline__ int token_of_key(std::uint32_t key, Word64 num_before,
                                              bool has_bin) const {
    const auto is_equal = [&](float x, int) { return Word64{order_key(x) == key}; };
    if (has_bin) {
      return static_cast<int>(
          all_.select(
                  true, [](float, int token) { return static_cast<std::uint32_t>(token); },
                  is_equal, num_before)
              .key);
    }
    return all_.walk(all_.sum_chunks(scale_.least, is_equal), all_.warp_chunk(), is_equal,
                     num_before);
  }

  /// Draws among the survivors, in the order of their ids.
  __device__ __forceinline__ int draw_survivor(int best_token) const {
    const auto amount = [&](float x, int token) { return left_.amount(scale_, x, token); };
    if (in_list_) {
      const Word64 survived = all_.sum(true, amount);
      if (survived == 0) return best_token;
      return static_cast<int>(
          all_.select(
                  true, [](float, int token) { return static_cast<std::uint32_t>(token); }, amount,
                  draw(row_, survived))
              .key);
    }
    const float lowest = left_.cut_key > 0 ? key_value(left_.cut_key) : scale_.least;
    const Word64 chunk_sum = all_.sum_chunks(lowest, amount);
    const Word64 survived = memory_.collectives.sum(chunk_sum);
    if (survived == 0) return best_token;
    return all_.walk(chunk_sum, all_.warp_chunk(), amount, draw(row_, survived));
  }

  const DeviceSampleRow& row_;
  const RowSelect& all_;
  SelectMemory& memory_;
  const Scale& scale_;
  Survivors left_;
  bool has_top_k_ = false;
  int k_bin_ = kBins - 1;  ///< The bin of the k-th logit.
  int last_ = kBins - 1;   ///< The last bin that can hold a survivor.
  bool in_list_ = false;   ///< Whether the list holds all bins to `last_`.
  Word64 mass_ = 0;        ///< The weight of what top-k keeps.
};

}  // namespace octavo::kernels::cuda
