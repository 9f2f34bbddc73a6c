// The kernel of `streamk_linear`. A product of some ten to some hundred rows of input still takes
// the time of reading the weights, if only the matrix units and the L2 cache keep up:
//
// - Warpgroups multiply 64 rows of the weight by all tokens at once; tiles come by bulk copies that
//   one thread asks for, stages ahead.
// - Work is shared out evenly in slices of 64 columns of a tile, not in tiles (stream-K): a block
//   goes on from tile to tile where its share does. Of a tile that several share, the first adds
//   what the others left in memory, in order, and writes it; those others are done early, and the
//   next product's blocks fetch weights in their place.
// - Weights are constants, so the first stages of them come before the kernel ahead has ended.
//
// How a row is summed depends on the weight's shape, the tokens of the plan and the device.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/linear/streamk_plan.cuh"
#include "kernels/cuda/linear/streamk_products.cuh"
#include "kernels/cuda/ptx/tensor_copy.cuh"
#include "kernels/cuda/rows/activation.cuh"
#include "kernels/cuda/rows/row_packs.cuh"

namespace octavo::kernels::cuda {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

template <class T, class Plan>
class StreamKProduct {
 public:
  __device__ StreamKProduct(const StreamKArgs& args, const void* shared)
      : args_(args),
        share_(args.rows, args.cols, Plan::kRows, Plan::kSlice),
        begin_(share_.begin(block())),
        end_(share_.begin(block() + 1)),
        // Swizzled tiles begin at multiples of 1024, wherever shared memory does.
        ring_((static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023U) & ~1023U) {}

  __device__ void make_barriers() const {
    if (threadIdx.x == 0) {
      for (int stage = 0; stage < Plan::kStages; ++stage) {
        init_barrier(filled(stage), 1);
        init_barrier(emptied(stage), Plan::kGroups * 4);
      }
      publish_barriers();
    }
    __syncthreads();
  }

  /// One thread.
  __device__ void fetch(const CUtensorMap& weight, const CUtensorMap& input) const {
    std::uint64_t policy;
    asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    const int count = end_ - begin_;
    const int ahead = count < Plan::kStages ? count : Plan::kStages;
    for (int i = 0; i < ahead; ++i) fetch_weight(weight, i, i, policy);
    wait_for_inputs();
    for (int i = 0; i < ahead; ++i) fetch_input(input, i, i);
    int stage = 0;
    std::uint32_t parity = 0;
    for (int i = ahead; i < count; ++i) {
      wait_for_barrier(emptied(stage), parity);
      fetch_weight(weight, i, stage, policy);
      fetch_input(input, i, stage);
      if (++stage == Plan::kStages) {
        stage = 0;
        parity ^= 1;
      }
    }
  }

  /// The threads of both warpgroups.
  __device__ void multiply() {
    for (int at = begin_; at < end_;) {
      const int tile = at / share_.slices;
      const int first = at % share_.slices;
      const int last = min(share_.slices, first + end_ - at);
      float sums[Plan::kTokens / 8][4];
      multiply_slices(last - first, sums);
      if (first > 0) {
        leave(sums);
      } else {
        add_others(last, sums);
        write(tile, sums);
      }
      at += last - first;
    }
  }

 private:
  static constexpr int kBlocks = Plan::kTokens / 8;  ///< Of eight tokens.

  __device__ static int block() { return static_cast<int>(blockIdx.x); }
  __device__ static int group() { return static_cast<int>(threadIdx.x) / 128; }
  __device__ static int member() { return static_cast<int>(threadIdx.x) % 128; }
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ static void synchronize_group() {
    asm volatile("bar.sync %0, 128;" ::"r"(group() + 1) : "memory");
  }

  __device__ std::uint32_t stage_at(int stage) const { return ring_ + stage * Plan::kStageBytes; }
  __device__ std::uint32_t write_area() const {
    return ring_ + Plan::kRingBytes + group() * Plan::kWriteBytes;
  }
  __device__ std::uint32_t filled(int stage) const {
    return ring_ + Plan::kRingBytes + Plan::kGroups * Plan::kWriteBytes + stage * 16;
  }
  __device__ std::uint32_t emptied(int stage) const { return filled(stage) + 8; }

  __device__ void fetch_weight(const CUtensorMap& weight, int i, int stage,
                               std::uint64_t policy) const {
    const int at = begin_ + i;
    expect_bytes(filled(stage), Plan::kStageBytes);
    const int row = at / share_.slices * Plan::kRows;
    copy_box(stage_at(stage), weight, filled(stage), at % share_.slices * Plan::kSlice,
             args_.is_gated ? 0 : row, 0, args_.is_gated ? row / 16 : 0, policy);
  }
  __device__ void fetch_input(const CUtensorMap& input, int i, int stage) const {
    copy_box(stage_at(stage) + Plan::kWeightBytes, input, filled(stage),
             (begin_ + i) % share_.slices * Plan::kSlice, 0);
  }

  __device__ void release(int stage) const {
    if (lane() == 0) arrive(emptied(stage));
  }

  __device__ void multiply_slices(int count, float (&sums)[kBlocks][4]) {
    int before = 0;
    for (int i = 0; i < count; ++i) {
      wait_for_barrier(filled(stage_), parity_);
      const std::uint64_t weight =
          tile_descriptor(stage_at(stage_) + group() * Plan::kGroupRows * 128, 16);
      const std::uint64_t input = tile_descriptor(stage_at(stage_) + Plan::kWeightBytes, 16);
      begin_products();
#pragma unroll
      for (int k = 0; k < Plan::kSlice / 16; ++k) {  // 32 bytes on, in units of 16
        multiply_tile<T>(sums, weight + k * 2, input + k * 2, i > 0 || k > 0);
      }
      commit_products();
      wait_for_products<1>();
      if (i > 0) release(before);
      before = stage_;
      if (++stage_ == Plan::kStages) {
        stage_ = 0;
        parity_ ^= 1;
      }
    }
    wait_for_products<0>();
    release(before);
  }

  __device__ float4* partials_of(int block) const {
    return args_.partials +
           (static_cast<std::int64_t>(block) * Plan::kGroups + group()) * kBlocks * 128 + member();
  }
  __device__ std::uint32_t* ready_at(int block) const {
    return args_.ready + block * Plan::kGroups + group();
  }

  /// For the block that began the tile.
  __device__ void leave(const float (&sums)[kBlocks][4]) const {
    float4* to = partials_of(block());
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
      __stcg(to + j * 128, make_float4(sums[j][0], sums[j][1], sums[j][2], sums[j][3]));
    }
    synchronize_group();
    if (member() == 0) {
      asm volatile("st.release.gpu.global.u32 [%0], 1;" ::"l"(ready_at(block())) : "memory");
    }
  }

  /// What the blocks behind this one did of its last tile, of which it did the slices up to `done`.
  /// It could be shared out among all of them; but those that have left their part are gone, and
  /// fetch for the next product.
  __device__ void add_others(int done, float (&sums)[kBlocks][4]) const {
    int others = 0;
    for (; done < share_.slices; ++others) {
      done += share_.begin(block() + others + 2) - share_.begin(block() + others + 1);
    }
    if (others == 0) return;
    for (int i = member(); i < others; i += 128) {
      std::uint32_t* ready = ready_at(block() + 1 + i);
      std::uint32_t is_ready = 0;
      while (is_ready == 0) {
        asm volatile("ld.acquire.gpu.global.u32 %0, [%1];"
                     : "=r"(is_ready)
                     : "l"(ready)
                     : "memory");
      }
      *ready = 0;
    }
    synchronize_group();
#pragma unroll 2
    for (int i = 0; i < others; ++i) {
      const float4* from = partials_of(block() + 1 + i);
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) {
        const float4 part = __ldcg(from + j * 128);
        sums[j][0] += part.x;
        sums[j][1] += part.y;
        sums[j][2] += part.z;
        sums[j][3] += part.w;
      }
    }
  }

  // What is written once a tile is short code on purpose: loops that are unrolled over all sums
  // with an activation in them are thousands of instructions, each fetched for one use, and that
  // takes longer than all else here.

  __device__ void write(int tile, float (&sums)[kBlocks][4]) const {
    const int row = tile * Plan::kRows + group() * Plan::kGroupRows;
    if (args_.bias != nullptr) add_bias(row, sums);
    if (args_.float_output) return write_floats(row, sums);
    round(sums);
    synchronize_group();
    if (args_.is_gated) {
      write_chunks<true>(row);
    } else {
      write_chunks<false>(row);
    }
    synchronize_group();
  }

  template <bool kIsGated>
  __device__ void write_chunks(int tile_row) const {
    constexpr int kChunks = kIsGated ? 4 : 8;  // Of 16 bytes, of a token's output.
    const int width = kIsGated ? args_.rows / 2 : args_.rows;
    const int chunk = member() % kChunks;
    const int column = (kIsGated ? tile_row / 2 : tile_row) + chunk * 8;
    if (column >= width) return;
#pragma unroll 1
    for (int token = member() / kChunks; token < args_.n; token += 128 / kChunks) {
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
      const int below = member() / 32 * 16 + lane() / 4 + k * 8;
      // Of 16 rows of a gated tile the first eight are gates, the others what passes them.
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
    const int own = row + member() / 32 * 16 + lane() / 4;
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

  /// In shared memory: [kTokens, 64 rows], swizzled.
  __device__ std::uint32_t chunk_at(int token, int chunk) const {
    return write_area() + token * 128 + (chunk ^ (token & 7)) * 16;
  }
  /// Eight neighbouring rows.
  __device__ void read_chunk(int token, int chunk, float (&values)[8]) const {
    Pack<T, 8> pack;
    auto* words = reinterpret_cast<std::uint32_t*>(&pack);
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(chunk_at(token, chunk))
                 : "memory");
#pragma unroll
    for (int k = 0; k < 8; ++k) values[k] = to_float(pack.values[k]);
  }
  /// The matrices of eight by eight are transposed on the way.
  __device__ void round(const float (&sums)[kBlocks][4]) const {
#pragma unroll
    for (int j = 0; j < kBlocks; j += 2) {
      // Matrices: tokens of j and upper rows, lower rows, the same of j + 1.
      const int token = (j + lane() / 16) * 8 + lane() % 8;
      const int chunk = member() / 32 * 2 + lane() / 8 % 2;
      const auto& a = sums[j];
      const auto& b = sums[j + 1];
      asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                       chunk_at(token, chunk)),
                   "r"(round_two<T>(a[0], a[1])), "r"(round_two<T>(a[2], a[3])),
                   "r"(round_two<T>(b[0], b[1])), "r"(round_two<T>(b[2], b[3]))
                   : "memory");
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
  StreamKShare share_;
  int begin_;
  int end_;
  std::uint32_t ring_;
  int stage_ = 0;
  std::uint32_t parity_ = 0;
};

#endif

template <class T, class Plan>
__global__ void __launch_bounds__(Plan::kThreads, 1)
    streamk_product(const __grid_constant__ CUtensorMap weight,
                    const __grid_constant__ CUtensorMap input,
                    const __grid_constant__ StreamKArgs args) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  extern __shared__ uint4 shared[];
  StreamKProduct<T, Plan> product(args, shared);
  product.make_barriers();
  let_next_start();
  if (threadIdx.x >= Plan::kGroups * 128) {
    if (threadIdx.x % 32 == 0) product.fetch(weight, input);
    __syncwarp();
  } else {
    wait_for_inputs();
    product.multiply();
  }
#endif
}

}  // namespace octavo::kernels::cuda
