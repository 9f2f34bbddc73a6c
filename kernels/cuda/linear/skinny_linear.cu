#include "kernels/cuda/linear/skinny_linear.hpp"

#include <algorithm>

#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/linear/skinny_product.cuh"

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
using Few = Plan16<1, 1, 4>;        ///< Up to 8 tokens.
using Many = Plan16<2, 2, 4>;       ///< Up to 16; taller tiles read the input fewer times.
using ShortMany = Plan16<1, 2, 3>;  ///< The same for few columns: a tile is done early.
using Most = Plan16<2, 4, 3>;       ///< Up to 32.

constexpr std::int64_t kShortColumns = 2048;

template <class T>
void start_best(const SkinnyArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  if (args.n <= Few::kTokens) {
    start_skinny_product<T, Few>(args, device, stream);
  } else if (args.n > Many::kTokens) {
    start_skinny_product<T, Most>(args, device, stream);
  } else if (args.cols <= kShortColumns || device.max_tokens < Most::kTokens) {
    start_skinny_product<T, ShortMany>(args, device, stream);
  } else {
    start_skinny_product<T, Many>(args, device, stream);
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
  const int room = device_limits().shared_per_block;
  found.multiprocessors = device_limits().multiprocessors;
  if (prepare_skinny_products<Few, ShortMany>(room)) {
    found.max_tokens =
        prepare_skinny_products<Many, Most>(room) ? Most::kTokens : ShortMany::kTokens;
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
  const SkinnyArgs small = skinny_args(args);
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
