// What becomes of a tile's finished sums in `streamk_product`: bias, rounding, activation and gate,
// and the writing of whole 16-byte pieces by way of shared memory.
//
// A tile is written once, so this is short code on purpose: loops that are unrolled over all sums
// with an activation in them are thousands of instructions, each fetched for one use, and that
// takes longer than all else here.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/linear/streamk_plan.cuh"
#include "kernels/cuda/ptx/arithmetic.cuh"
#include "kernels/cuda/ptx/barrier.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"
#include "kernels/cuda/rows/activation.cuh"
#include "kernels/cuda/rows/row_packs.cuh"

namespace octavo::kernels::cuda {

/// A block's warpgroups and the threads of one.
__device__ __forceinline__ int warpgroup() { return static_cast<int>(threadIdx.x) / 128; }
__device__ __forceinline__ int warpgroup_thread() { return static_cast<int>(threadIdx.x) % 128; }
__device__ __forceinline__ void sync_warpgroup() { sync_threads_at<128>(warpgroup() + 1); }

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

template <class T, class Plan>
class StreamKEpilogue {
 public:
  static constexpr int kBlocks = Plan::kTokens / 8;  ///< Groups of eight tokens.

  /// `area`: shared memory of this warpgroup, of Plan::kWriteBytes.
  __device__ StreamKEpilogue(const StreamKArgs& args, std::uint32_t area)
      : args_(args), area_(area) {}

  /// By the threads of a warpgroup: its 64 rows of the tile.
  __device__ void write(int tile, float (&sums)[kBlocks][4]) const {
    const int row = tile * Plan::kRows + warpgroup() * Plan::kGroupRows;
    if (args_.bias != nullptr) add_bias(row, sums);
    if (args_.float_output) return write_floats(row, sums);
    round(sums);
    sync_warpgroup();
    if (args_.is_gated) {
      write_chunks<true>(row);
    } else {
      write_chunks<false>(row);
    }
    sync_warpgroup();
  }

 private:
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }

  /// Writes what `round` left in shared memory, activated where that is asked for.
  template <bool kIsGated>
  __device__ void write_chunks(int tile_row) const {
    constexpr int kChunks = kIsGated ? 4 : 8;  // 16-byte pieces of a token's output
    const int width = kIsGated ? args_.rows / 2 : args_.rows;
    const int chunk = warpgroup_thread() % kChunks;
    const int column = (kIsGated ? tile_row / 2 : tile_row) + chunk * 8;
    if (column >= width) return;
#pragma unroll 1
    for (int token = warpgroup_thread() / kChunks; token < args_.n; token += 128 / kChunks) {
      float results[8];
      read_chunk(token, kIsGated ? chunk * 2 : chunk, results);
      if (args_.is_activated) activate_chunk(results);
      if constexpr (kIsGated) {
        float ups[8];
        read_chunk(token, chunk * 2 + 1, ups);
#pragma unroll
        for (int k = 0; k < 8; ++k) results[k] *= ups[k];
      }
      T* place = static_cast<T*>(args_.output) + static_cast<std::int64_t>(token) * width + column;
      store_pack<8>(place, results);
    }
  }

  __device__ void add_bias(int row, float (&sums)[kBlocks][4]) const {
    float bias[2];
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int below = warpgroup_thread() / 32 * 16 + lane() / 4 + k * 8;
      // In a gated tile, the first eight of 16 rows are gates, the others what passes them.
      const int own = args_.is_gated
                          ? (row + below / 16 * 16) / 2 + below % 8 + k * (args_.rows / 2)
                          : row + below;
      bias[k] = own < args_.rows ? args_.bias[own] : 0.0F;
    }
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
      for (int k = 0; k < 4; ++k) sums[j][k] += bias[k / 2];
    }
  }

  /// Eight lanes have eight neighbouring rows of a token: 32 bytes.
  __device__ void write_floats(int row, const float (&sums)[kBlocks][4]) const {
    auto* output = static_cast<float*>(args_.output);
    const int own = row + warpgroup_thread() / 32 * 16 + lane() / 4;
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const int token = j * 8 + lane() % 4 * 2 + k % 2;
        const int at = own + k / 2 * 8;
        if (token < args_.n && at < args_.rows) {
          output[static_cast<std::int64_t>(token) * args_.rows + at] = sums[j][k];
        }
      }
    }
  }

  /// An address in the shared memory of the warpgroup, which holds [kTokens, 64 rows], swizzled.
  __device__ std::uint32_t chunk_at(int token, int chunk) const {
    return area_ + token * 128 + (chunk ^ (token & 7)) * 16;
  }
  /// Eight neighbouring rows of a token.
  __device__ void read_chunk(int token, int chunk, float (&values)[8]) const {
    const uint4 words = load_shared_16(chunk_at(token, chunk));
    const auto& pack = reinterpret_cast<const Pack<T, 8>&>(words);
#pragma unroll
    for (int k = 0; k < 8; ++k) values[k] = to_float(pack.values[k]);
  }
  /// Rounds the sums into shared memory; matrices of eight by eight are transposed on the way.
  __device__ void round(const float (&sums)[kBlocks][4]) const {
#pragma unroll
    for (int j = 0; j < kBlocks; j += 2) {
      // The four matrices: the tokens of j with the upper rows and with the lower rows, and the
      // same for those of j + 1.
      const int token = (j + lane() / 16) * 8 + lane() % 8;
      const int chunk = warpgroup_thread() / 32 * 2 + lane() / 8 % 2;
      const auto& a = sums[j];
      const auto& b = sums[j + 1];
      store_matrices_transposed(chunk_at(token, chunk), pack_pair<T>(a[0], a[1]),
                                pack_pair<T>(a[2], a[3]), pack_pair<T>(b[0], b[1]),
                                pack_pair<T>(b[2], b[3]));
    }
  }
  __device__ void activate_chunk(float (&chunk)[8]) const {
    switch (args_.activation) {
      case Activation::kSilu:
        return activate_all<Activation::kSilu>(chunk);
      case Activation::kGelu:
        return activate_all<Activation::kGelu>(chunk);
      case Activation::kGeluTanh:
        return activate_all<Activation::kGeluTanh>(chunk);
      case Activation::kRelu:
        return activate_all<Activation::kRelu>(chunk);
    }
  }
  template <Activation kKind>
  __device__ static void activate_all(float (&chunk)[8]) {
#pragma unroll
    for (float& value : chunk) value = activate<kKind>(value);
  }

  const StreamKArgs& args_;
  const std::uint32_t area_;
};

#endif

}  // namespace octavo::kernels::cuda
