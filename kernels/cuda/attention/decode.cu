// Decode attention, bound by memory. Each warp has a ring of 16-token tiles in flight that reaches
// into the block's next item, so that nothing but the bandwidth is waited for. Scores are taken
// transposed, tokens x heads: then the few query heads of a KV head fill the short side of the
// matrix instruction. A block merges its warps, and the last block of a context merges the chunks,
// in their order ("Flash-Decoding for long-context inference", 2023).
//
// 8-bit keys and values are copied as they are and widened into a tile of the warp's own just
// before they are used, so that half as many bytes are waited for.
#include <algorithm>

#include "kernels/cuda/attention/decode_schedule.cuh"
#include "kernels/cuda/attention/decode_warp.cuh"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/per_device.hpp"

namespace octavo::kernels::cuda {
namespace {

template <class T, class Cache, int kHeadDim, int kHeads>
__global__ void __launch_bounds__(kDecodeThreads + kSchedulerThreads, kHeadDim > 128 ? 1 : 2)
    decode_attention(const __grid_constant__ AttentionCall call, int stages) {
  using Shared = DecodeShared<kHeadDim, kHeads>;
  extern __shared__ __align__(128) unsigned char memory[];
  auto& shared = *reinterpret_cast<Shared*>(
      memory + kDecodeWarps * DecodeRing<Cache, kHeadDim>::bytes(stages));
  if (threadIdx.x == 0) {
    shared.published = 0;
    shared.current = 0;
  }
  __syncthreads();
  if (threadIdx.x < kDecodeThreads) {
    DecodeWarp<T, Cache, kHeadDim, kHeads>(call, stages, memory, shared).run();
  } else if (threadIdx.x == kDecodeThreads) {
    schedule_works(call, shared);
  }
}

/// How one kernel is started on one device.
struct DecodeLaunch {
  int stages = 0;  ///< 0: the device has too little shared memory.
  int bytes = 0;
  int grid = 0;
};

template <class T, class Cache, int kHeadDim, int kHeads>
const DecodeLaunch& decode_launch() {
  static PerDevice<DecodeLaunch> launches;
  return launches.get([] {
    const auto bytes_of = [](int stages) {
      return kDecodeWarps * DecodeRing<Cache, kHeadDim>::bytes(stages) +
             static_cast<int>(sizeof(DecodeShared<kHeadDim, kHeads>));
    };
    const DeviceLimits& device = device_limits();
    DecodeLaunch found;
    // Two blocks of a multiprocessor hide each other's merges; else one with a longer ring.
    for (const int blocks : {2, 1}) {
      const int most =
          std::min(device.shared_per_block, device.shared_per_multiprocessor / blocks - 1024);
      for (int stages = kMaxStages; stages >= (blocks == 2 ? 3 : 2) && found.stages == 0;
           --stages) {
        if (bytes_of(stages) > most) continue;
        found = {stages, bytes_of(stages), device.multiprocessors * blocks};
      }
    }
    if (found.stages != 0) {
      OCTAVO_CUDA(cudaFuncSetAttribute(decode_attention<T, Cache, kHeadDim, kHeads>,
                                       cudaFuncAttributeMaxDynamicSharedMemorySize, found.bytes));
    }
    return found;
  });
}

template <class T, class Cache, int kHeadDim, int kHeads>
bool start(const AttentionCall& call, cudaStream_t stream) {
  const DecodeLaunch& how = decode_launch<T, Cache, kHeadDim, kHeads>();
  if (how.stages == 0) return false;
  launch(decode_attention<T, Cache, kHeadDim, kHeads>, dim3(how.grid),
         dim3(kDecodeThreads + kSchedulerThreads), how.bytes, stream, call, how.stages);
  return true;
}

template <class T, class Cache, int kHeadDim>
bool start(const AttentionCall& call, cudaStream_t stream) {
  return call.group <= 8 ? start<T, Cache, kHeadDim, 8>(call, stream)
                         : start<T, Cache, kHeadDim, 16>(call, stream);
}

}  // namespace

template <class T, class Cache>
bool start_decode(const AttentionCall& call, cudaStream_t stream) {
  if (call.group > 16) return false;
  switch (call.head_dim) {
    case 64:
      return start<T, Cache, 64>(call, stream);
    case 80:
      return start<T, Cache, 80>(call, stream);
    case 96:
      return start<T, Cache, 96>(call, stream);
    case 128:
      return start<T, Cache, 128>(call, stream);
    case 256:
      return start<T, Cache, 256>(call, stream);
    default:
      return false;
  }
}

template bool start_decode<__half, __half>(const AttentionCall&, cudaStream_t);
template bool start_decode<__half, E4m3>(const AttentionCall&, cudaStream_t);
template bool start_decode<__nv_bfloat16, __nv_bfloat16>(const AttentionCall&, cudaStream_t);
template bool start_decode<__nv_bfloat16, E4m3>(const AttentionCall&, cudaStream_t);

}  // namespace octavo::kernels::cuda
