// The kernel of `streamk_linear`. A product of some ten to some hundred rows of input still takes
// the time of reading the weights, if only the matrix units and the L2 cache keep up:
//
// - Warpgroups multiply 64 rows of the weight by all tokens at once; tiles come by bulk copies that
//   one thread asks for, stages ahead.
// - Work is shared out evenly in slices of 64 columns of a tile, not in tiles (stream-K: Osama et
//   al., 2023): a block goes on from tile to tile where its share does. If several blocks share a
//   tile, the first of them adds what the others left in memory, in order, and writes it; those
//   others are done early, and the next product's blocks fetch weights in their place.
// - Weights are constants, so the first stages of them come before the kernel ahead has ended.
//
// How a row is summed depends on the weight's shape, the tokens of the plan and the device.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/linear/streamk_epilogue.cuh"
#include "kernels/cuda/linear/streamk_plan.cuh"
#include "kernels/cuda/ptx/barrier.cuh"
#include "kernels/cuda/ptx/cache_policy.cuh"
#include "kernels/cuda/ptx/memory_order.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"
#include "kernels/cuda/ptx/tensor_copy.cuh"
#include "kernels/cuda/ptx/wgmma.cuh"

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
        ring_((shared_address(shared) + 1023U) & ~1023U) {}

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

  /// By one thread: brings the block's slices into the ring.
  __device__ void fetch(const CUtensorMap& weight, const CUtensorMap& input) const {
    const std::uint64_t policy = evict_first_policy();
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

  /// By the threads of both warpgroups: multiplies the block's slices.
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
        StreamKEpilogue<T, Plan>(args_, write_area()).write(tile, sums);
      }
      at += last - first;
    }
  }

 private:
  static constexpr int kBlocks = Plan::kTokens / 8;  ///< Groups of eight tokens.

  __device__ static int block() { return static_cast<int>(blockIdx.x); }

  __device__ std::uint32_t stage_at(int stage) const { return ring_ + stage * Plan::kStageBytes; }
  __device__ std::uint32_t write_area() const {
    return ring_ + Plan::kRingBytes + warpgroup() * Plan::kWriteBytes;
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
    if (threadIdx.x % 32 == 0) arrive(emptied(stage));
  }

  __device__ void multiply_slices(int count, float (&sums)[kBlocks][4]) {
    int before = 0;
    for (int i = 0; i < count; ++i) {
      wait_for_barrier(filled(stage_), parity_);
      const std::uint64_t weight =
          tile_descriptor(stage_at(stage_) + warpgroup() * Plan::kGroupRows * 128, 16);
      const std::uint64_t input = tile_descriptor(stage_at(stage_) + Plan::kWeightBytes, 16);
      begin_products();
#pragma unroll
      for (int k = 0; k < Plan::kSlice / 16; ++k) {  // 32 bytes on, in units of 16
        multiply_tiles<T>(sums, weight + k * 2, input + k * 2, i > 0 || k > 0);
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
           (static_cast<std::int64_t>(block) * Plan::kGroups + warpgroup()) * kBlocks * 128 +
           warpgroup_thread();
  }
  __device__ std::uint32_t* ready_at(int block) const {
    return args_.ready + block * Plan::kGroups + warpgroup();
  }

  /// Leaves the sums of a tile for the block that began it.
  __device__ void leave(const float (&sums)[kBlocks][4]) const {
    float4* to = partials_of(block());
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
      __stcg(to + j * 128, make_float4(sums[j][0], sums[j][1], sums[j][2], sums[j][3]));
    }
    sync_warpgroup();
    if (warpgroup_thread() == 0) {
      release_on_device(ready_at(block()), 1);
    }
  }

  /// Adds what the blocks after this one did of its last tile, of which it did the slices up to
  /// `done` itself. The adding could be shared out among all of these blocks; but those that have
  /// left their sums have ended, and the next product fetches weights in their place.
  __device__ void add_others(int done, float (&sums)[kBlocks][4]) const {
    int others = 0;
    for (; done < share_.slices; ++others) {
      done += share_.begin(block() + others + 2) - share_.begin(block() + others + 1);
    }
    if (others == 0) return;
    for (int i = warpgroup_thread(); i < others; i += 128) {
      std::uint32_t* ready = ready_at(block() + 1 + i);
      while (acquire_on_device(ready) == 0) {
      }
      *ready = 0;
    }
    sync_warpgroup();
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
