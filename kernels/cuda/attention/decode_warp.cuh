// One warp of decode attention, from its first item to its last.
#pragma once

#include <cstdint>

#include "kernels/cuda/attention/decode_loader.cuh"
#include "kernels/cuda/attention/decode_merge.cuh"
#include "kernels/cuda/attention/decode_schedule.cuh"
#include "kernels/cuda/attention/decode_sums.cuh"

namespace octavo::kernels::cuda {

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

/// Until at most `pending` of the warp's tiles are on their way.
__device__ __forceinline__ void wait_for_tiles(int pending) {
  if (pending == 0) {
    wait_for_copies<0>();
  } else if (pending == 1) {
    wait_for_copies<1>();
  } else if (pending == 2) {
    wait_for_copies<2>();
  } else if (pending == 3) {
    wait_for_copies<3>();
  } else {
    wait_for_copies<kMaxStages - 1>();
  }
  __syncwarp();
}

/// One warp that computes. It walks over the block's items with a ring of stages in flight: tiles
/// of the next item are loaded while the current one is multiplied.
template <class T, class Cache, int kHeadDim, int kHeads>
class DecodeWarp {
 public:
  using Shared = DecodeShared<kHeadDim, kHeads>;
  using Sums = DecodeSums<T, kHeadDim, kHeads>;

  __device__ __forceinline__ DecodeWarp(const AttentionCall& call, int stages,
                                        unsigned char* memory, Shared& shared)
      : call_(call),
        stages_(stages),
        shared_(shared),
        ring_(memory + threadIdx.x / 32 * Ring::bytes(stages)),
        widened_(ring_ + stages * kStage),
        loader_(call, shared.works) {}

  __device__ __forceinline__ void run() {
    if (call_.starts_early) load_earlier_steps();
    wait_for_inputs();
    let_next_start();
    int w = 0;
    for (;; ++w) {
      while (published_works(shared_) <= w) __nanosleep(20);
      const DecodeWork& work = shared_.works[w % kListed];
      if (work.end == 0) break;
      if (threadIdx.x == 0) release_in_block(&shared_.current, w);
      if (!has_query_) load_query<kHeadDim, kHeads>(call_, work, query_);
      Sums sums;
      sums.clear();
      add_tiles(work, sums);
      const DecodeWork& next = shared_.works[(w + 1) % kListed];
      has_query_ = published_works(shared_) > w + 1 && next.end != 0;
      if (has_query_) load_query<kHeadDim, kHeads>(call_, next, query_);
      finish(w, work, sums);
      merge_context_of(w - 1);
    }
    sync_warps();
    merge_context_of(w - 1);
  }

 private:
  using Ring = DecodeRing<Cache, kHeadDim>;
  static constexpr int kStage = Ring::kStageBytes;

  /// Begins to load the next tile into the free stage.
  __device__ __forceinline__ void load_next() {
    loader_.template issue<Cache, kHeadDim>(ring_ + free_stage_ * kStage);
    commit_copies();
    free_stage_ = free_stage_ + 1 == stages_ ? 0 : free_stage_ + 1;
    ++on_way_;
  }

  /// Fills the ring with what earlier steps have written, before the kernel ahead has ended.
  __device__ __forceinline__ void load_earlier_steps() {
    while (published_works(shared_) == 0) __nanosleep(20);
    while (on_way_ < stages_ && loader_.is_ready(1) && loader_.is_of_earlier_steps()) load_next();
  }

  /// Takes the warp's tiles of one item into `sums`.
  __device__ __forceinline__ void add_tiles(const DecodeWork& work, Sums& sums) {
    const int warp = threadIdx.x / 32;
    for (int tile = work.begin / kTokens * kTokens + warp * kTokens; tile < work.end;
         tile += kDecodeWarps * kTokens) {
      const int published = published_works(shared_);
      while (on_way_ < stages_ && loader_.is_ready(published)) load_next();
      wait_for_tiles(on_way_ - 1);
      const unsigned char* keys = ring_ + stage_ * kStage;
      if constexpr (Ring::kWidens) {
        widen_stage<T, kHeadDim>(keys, reinterpret_cast<std::uint16_t*>(widened_));
        keys = widened_;
      }
      sums.add(reinterpret_cast<const std::uint16_t*>(keys), query_, tile, work, call_);
      __syncwarp();
      stage_ = stage_ + 1 == stages_ ? 0 : stage_ + 1;
      --on_way_;
    }
  }

  /// Merges the warps' sums in one of them, which writes the result. The warps take turns, since
  /// writing means waiting for memory, and the others go on at once.
  __device__ __forceinline__ void finish(int w, const DecodeWork& work, Sums& sums) {
    const int root = w % kDecodeWarps;
    merge_warps(sums, shared_, root, Ring::kWidens ? widened_ : ring_ + free_stage_ * kStage);
    if (static_cast<int>(threadIdx.x) / 32 != root) return;
    bool is_last = false;
    if (work.num_chunks - work.first_chunk > 1) {
      is_last = leave_partial(sums, call_, work);
    } else {
      write_output(sums, call_, work);
    }
    if (threadIdx.x % 32 == 0) shared_.is_last[w % 2] = is_last ? 1 : 0;
  }

  /// Merges the chunks of item w's context if that item was the last of them to finish. This is
  /// looked at one item later, when the answer has certainly arrived, so that nobody waits for it.
  __device__ __forceinline__ void merge_context_of(int w) {
    if (w >= 0 && shared_.is_last[w % 2] != 0) {
      merge_chunks<T, kHeadDim>(call_, shared_.works[w % kListed]);
    }
  }

  const AttentionCall& call_;
  const int stages_;
  Shared& shared_;
  unsigned char* const ring_;
  unsigned char* const widened_;  ///< Where 8-bit elements are widened to.
  DecodeLoader loader_;
  int on_way_ = 0;  ///< Tiles from the current one to the last that was asked for.
  int stage_ = 0;   ///< Where the current tile lies.
  int free_stage_ = 0;
  bool has_query_ = false;
  std::uint32_t query_[kHeads / 8][kHeadDim / 16][2];
};

}  // namespace octavo::kernels::cuda
