#include <algorithm>

#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/linear/fp8_linear.hpp"
#include "kernels/cuda/linear/skinny_product.cuh"

namespace octavo::kernels::cuda {

namespace {

// Parts of the floor of a step's products on an H100, by bench/gpu/fp8_bench.cu. With half the
// bytes, the time that a product takes to start and end weighs twice as much as with 16 bits.
//
//   tokens       1     4     8     16    24    32     the library:  16    32    64
//   Llama-3-8B   0.92  0.93  0.93  0.90  0.80  0.77                 0.56  0.58  0.59
//   Qwen3-0.6B   0.47  0.47  0.45  0.38  0.30  0.28                 0.18  0.18  0.17
using Fewest = Plan8<2, 1, 4, 8, 4>;       ///< Up to 4 tokens.
using Few = Plan8<2, 1, 3>;                ///< Up to 8.
using Many = Plan8<2, 2, 3>;               ///< Up to 16.
using Most = Plan8<2, 4, 2>;               ///< Up to 32.
using ShortFewest = Plan8<1, 1, 4, 8, 4>;  ///< The same for few columns: a tile is done early.
using ShortFew = Plan8<1, 1, 3>;
using ShortMany = Plan8<1, 2, 2>;

constexpr std::int64_t kShortColumns = 3072;

template <class T>
void start_best(const SkinnyArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  const int n = args.n;
  const bool is_short = args.cols <= kShortColumns || device.max_tokens < Most::kTokens;
  if (n <= Fewest::kTokens) {
    is_short ? start_skinny_product<T, ShortFewest>(args, device, stream)
             : start_skinny_product<T, Fewest>(args, device, stream);
  } else if (n <= Few::kTokens) {
    is_short ? start_skinny_product<T, ShortFew>(args, device, stream)
             : start_skinny_product<T, Few>(args, device, stream);
  } else if (n <= Many::kTokens) {
    is_short ? start_skinny_product<T, ShortMany>(args, device, stream)
             : start_skinny_product<T, Many>(args, device, stream);
  } else {
    start_skinny_product<T, Most>(args, device, stream);
  }
}

}  // namespace

SkinnyDevice prepare_fp8_skinny() {
  SkinnyDevice found;
  const int room = device_limits().shared_per_block;
  found.multiprocessors = device_limits().multiprocessors;
  if (prepare_skinny_products<ShortFewest>(room)) found.max_tokens = ShortFewest::kTokens;
  if (prepare_skinny_products<ShortFew>(room)) found.max_tokens = ShortFew::kTokens;
  if (prepare_skinny_products<ShortMany>(room)) found.max_tokens = ShortMany::kTokens;
  if (prepare_skinny_products<Fewest, Few, Many, Most>(room)) found.max_tokens = Most::kTokens;
  return found;
}

bool can_run_fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device) {
  return device.max_tokens > 0 && args.dtype != DType::kF32 && args.cols % 16 == 0 &&
         args.rows <= INT32_MAX && args.cols <= INT32_MAX / 2 && is_aligned(args.input) &&
         is_aligned(args.weight);
}

bool is_fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device) {
  return can_run_fp8_skinny(args, device) && args.n <= device.max_tokens;
}

void fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device, cudaStream_t stream) {
  if (device.max_tokens == 0) return;
  const auto skip = [](const void* start, std::int64_t elements, DType dtype) {
    return static_cast<const char*>(start) + elements * static_cast<std::int64_t>(size_of(dtype));
  };
  for (std::int64_t first = 0; first < args.n; first += device.max_tokens) {
    SkinnyArgs part = skinny_args(args, args.scales);
    part.input = skip(args.input, first * args.cols, args.dtype);
    part.output = const_cast<char*>(skip(args.output, first * args.rows, args.output_dtype));
    part.n = static_cast<int>(std::min(args.n - first, device.max_tokens));
    if (args.dtype == DType::kF16) {
      start_best<__half>(part, device, stream);
    } else {
      start_best<__nv_bfloat16>(part, device, stream);
    }
  }
}

}  // namespace octavo::kernels::cuda
