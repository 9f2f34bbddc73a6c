#include "kernels/cuda/skinny_linear.hpp"

#include <algorithm>

#include "kernels/cuda/skinny_linear.cuh"

namespace octavo::kernels::cuda {

namespace {

// Bytes in flight are what counts. Up to 8 tokens 100 KiB a block do; more tokens take so much room
// that one block with nearly all of it is faster. A step's products on an H100, as parts of
// the floor, by bench/gpu/linear_bench.cu (64 tokens: two stages of 64):
//
//   tokens       1     8     16    32    64     the library, tuned:  1     8     16    32    64
//   Llama-3-8B   1.00  0.99  0.99  0.96  0.79                        0.91  0.88  0.90  0.89  0.88
//   OPT-13B      0.99  0.98  0.97  0.93  0.70                        0.92  0.91  0.90  0.89  0.89
//   Qwen3-0.6B   0.73  0.71  0.62  0.46  0.27                        0.50  0.50  0.49  0.48  0.47
using Few = SkinnyPlan<1, 1, 4>;        ///< Up to 8 tokens.
using Many = SkinnyPlan<2, 2, 4>;       ///< Up to 16; taller tiles read the input fewer times.
using ShortMany = SkinnyPlan<1, 2, 3>;  ///< The same for few columns: a tile is done early.
using Most = SkinnyPlan<2, 4, 3>;       ///< Up to 32.

constexpr std::int64_t kShortColumns = 2048;

template <class T, class Plan>
bool prepare() {
  return OCTAVO_CUDA(cudaFuncSetAttribute(
      skinny_product<T, Plan>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes<Plan>));
}

template <class... Plans>
bool prepare_all(int room) {
  return std::max({shared_bytes<Plans>...}) <= room && (prepare<__half, Plans>() && ...) &&
         (prepare<__nv_bfloat16, Plans>() && ...);
}

template <class T, class Plan>
void start(const SkinnyArgs& args, int blocks, cudaStream_t stream) {
  launch(skinny_product<T, Plan>, static_cast<unsigned>(blocks), Plan::kThreads, shared_bytes<Plan>,
         stream, args);
}

template <class T>
void start_best(const SkinnyArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  const int blocks = std::min(device.multiprocessors, args.rows);
  if (args.n <= Few::kTokens) {
    start<T, Few>(args, blocks, stream);
  } else if (args.n > Many::kTokens) {
    start<T, Most>(args, blocks, stream);
  } else if (args.cols <= kShortColumns || device.max_tokens < Most::kTokens) {
    start<T, ShortMany>(args, blocks, stream);
  } else {
    start<T, Many>(args, blocks, stream);
  }
}

template <class T>
__global__ void convert(const float* bias, T* converted, int count) {
  let_next_start();
  wait_for_inputs();  // For the kernel that may still read what stands there.
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) converted[i] = from_float<T>(bias[i]);
}

}  // namespace

SkinnyDevice prepare_skinny_linear() {
  SkinnyDevice found;
  int device = 0;
  int room = 0;
  if (!OCTAVO_CUDA(cudaGetDevice(&device)) ||
      !OCTAVO_CUDA(
          cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerBlockOptin, device)) ||
      !OCTAVO_CUDA(
          cudaDeviceGetAttribute(&found.multiprocessors, cudaDevAttrMultiProcessorCount, device))) {
    return found;
  }
  if (prepare_all<Few, ShortMany>(room)) {
    found.max_tokens = prepare_all<Many, Most>(room) ? Most::kTokens : ShortMany::kTokens;
  }
  return found;
}

bool is_skinny(const LinearArgs& args, const SkinnyDevice& device) {
  const std::int64_t most = args.cols <= kShortColumns ? Many::kTokens : Most::kTokens;
  return args.dtype != DType::kF32 && args.n <= std::min(most, device.max_tokens) &&
         args.cols % 8 == 0 && args.rows <= INT32_MAX && args.cols <= INT32_MAX / 2 &&
         is_aligned(args.input) && is_aligned(args.weight);
}

void skinny_linear(const LinearArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  const SkinnyArgs small{args.input,
                         args.weight,
                         args.bias,
                         args.output,
                         static_cast<int>(args.n),
                         static_cast<int>(args.rows),
                         static_cast<int>(args.cols),
                         args.output_dtype == DType::kF32};
  if (args.dtype == DType::kF16) {
    start_best<__half>(small, device, stream);
  } else {
    start_best<__nv_bfloat16>(small, device, stream);
  }
}

void convert_bias(const float* bias, DType dtype, void* converted, std::int64_t count,
                  cudaStream_t stream) {
  with_type(dtype, [&](auto type) {
    using T = decltype(type);
    launch(convert<T>, static_cast<unsigned>((count + 255) / 256), 256, 0, stream, bias,
           static_cast<T*>(converted), static_cast<int>(count));
  });
}

}  // namespace octavo::kernels::cuda
