#include <algorithm>

#include "kernels/cuda/fp8_linear.hpp"
#include "kernels/cuda/fp8_skinny.cuh"
#include "kernels/cuda/skinny_linear.hpp"

namespace octavo::kernels::cuda {

namespace {

// Parts of the floor of a step's products on an H100, by bench/gpu/fp8_bench.cu. With half the
// bytes, the time that a product takes to start and end weighs twice as much as with 16 bits.
//
//   tokens       1     4     8     16    24    32     the library:  16    32    64
//   Llama-3-8B   0.92  0.93  0.93  0.90  0.80  0.77                 0.56  0.58  0.59
//   Qwen3-0.6B   0.47  0.47  0.45  0.38  0.30  0.28                 0.18  0.18  0.17
using Fewest = Fp8Plan<2, 1, 4, 8, 4>;       ///< Up to 4 tokens.
using Few = Fp8Plan<2, 1, 3>;                ///< Up to 8.
using Many = Fp8Plan<2, 2, 3>;               ///< Up to 16.
using Most = Fp8Plan<2, 4, 2>;               ///< Up to 32.
using ShortFewest = Fp8Plan<1, 1, 4, 8, 4>;  ///< The same for few columns: tiles are done early,
using ShortFew = Fp8Plan<1, 1, 3>;           ///< and two blocks fit a multiprocessor.
using ShortMany = Fp8Plan<1, 2, 2>;

constexpr std::int64_t kShortColumns = 3072;
template <class T, class Plan>
bool prepare() {
  return OCTAVO_CUDA(cudaFuncSetAttribute(fp8_skinny_product<T, Plan>,
                                          cudaFuncAttributeMaxDynamicSharedMemorySize,
                                          shared_bytes<Plan>));
}

template <class... Plans>
bool prepare_all(int room) {
  return std::max({shared_bytes<Plans>...}) <= room && (prepare<__half, Plans>() && ...) &&
         (prepare<__nv_bfloat16, Plans>() && ...);
}

template <class T, class Plan>
void start(const Fp8SkinnyArgs& args, int blocks, cudaStream_t stream) {
  launch(fp8_skinny_product<T, Plan>, static_cast<unsigned>(blocks), Plan::kThreads,
         shared_bytes<Plan>, stream, args);
}

template <class T>
void start_best(const Fp8SkinnyArgs& args, const Fp8SkinnyDevice& device, cudaStream_t stream) {
  const int blocks = std::min(device.multiprocessors, args.product.rows);
  const int n = args.product.n;
  const bool is_short = args.product.cols <= kShortColumns || device.max_tokens < Most::kTokens;
  if (n <= Fewest::kTokens) {
    is_short ? start<T, ShortFewest>(args, blocks, stream) : start<T, Fewest>(args, blocks, stream);
  } else if (n <= Few::kTokens) {
    is_short ? start<T, ShortFew>(args, blocks, stream) : start<T, Few>(args, blocks, stream);
  } else if (n <= Many::kTokens) {
    is_short ? start<T, ShortMany>(args, blocks, stream) : start<T, Many>(args, blocks, stream);
  } else {
    start<T, Most>(args, blocks, stream);
  }
}

}  // namespace

Fp8SkinnyDevice prepare_fp8_skinny() {
  Fp8SkinnyDevice found;
  int device = 0;
  int room = 0;
  if (!OCTAVO_CUDA(cudaGetDevice(&device)) ||
      !OCTAVO_CUDA(
          cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerBlockOptin, device)) ||
      !OCTAVO_CUDA(
          cudaDeviceGetAttribute(&found.multiprocessors, cudaDevAttrMultiProcessorCount, device))) {
    return found;
  }
  if (prepare_all<ShortFewest>(room)) found.max_tokens = ShortFewest::kTokens;
  if (prepare_all<ShortFew>(room)) found.max_tokens = ShortFew::kTokens;
  if (prepare_all<ShortMany>(room)) found.max_tokens = ShortMany::kTokens;
  if (prepare_all<Fewest, Few, Many, Most>(room)) found.max_tokens = Most::kTokens;
  return found;
}

bool can_run_fp8_skinny(const Fp8LinearArgs& args, const Fp8SkinnyDevice& device) {
  return device.max_tokens > 0 && args.dtype != DType::kF32 && args.cols % 16 == 0 &&
         args.rows <= INT32_MAX && args.cols <= INT32_MAX / 2 && is_aligned(args.input) &&
         is_aligned(args.weight);
}

bool is_fp8_skinny(const Fp8LinearArgs& args, const Fp8SkinnyDevice& device) {
  return can_run_fp8_skinny(args, device) && args.n <= device.max_tokens;
}

void fp8_skinny(const Fp8LinearArgs& args, const Fp8SkinnyDevice& device, cudaStream_t stream) {
  if (device.max_tokens == 0) return;
  const auto place = [](const void* start, std::int64_t elements, DType dtype) {
    return static_cast<const char*>(start) + elements * static_cast<std::int64_t>(size_of(dtype));
  };
  for (std::int64_t first = 0; first < args.n; first += device.max_tokens) {
    const Fp8SkinnyArgs part{
        {place(args.input, first * args.cols, args.dtype), args.weight, args.bias,
         const_cast<char*>(place(args.output, first * args.rows, args.output_dtype)),
         static_cast<int>(std::min(args.n - first, device.max_tokens)), static_cast<int>(args.rows),
         static_cast<int>(args.cols), args.output_dtype == DType::kF32},
        args.scales};
    if (args.dtype == DType::kF16) {
      start_best<__half>(part, device, stream);
    } else {
      start_best<__nv_bfloat16>(part, device, stream);
    }
  }
}

}  // namespace octavo::kernels::cuda
