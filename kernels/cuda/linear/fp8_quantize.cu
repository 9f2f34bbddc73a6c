// Rows to e4m3 and a scale, and what is left to do for sums of such numbers.
#include <cfloat>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/linear/fp8_linear.hpp"
#include "kernels/cuda/rows/e4m3.cuh"
#include "kernels/cuda/rows/row_packs.cuh"

namespace octavo::kernels::cuda {

namespace {

constexpr float kLargest = 448.0F;  ///< The largest e4m3.
constexpr int kThreads = 256;
constexpr int kManyThreads = 512;  ///< A row's block when there are few rows.
constexpr int kFewRows = 256;
constexpr int kSumsPerThread = 4;

template <int kWarps>
__device__ float largest_of_block(float x) {
  __shared__ float of_warps[kWarps];
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    x = fmaxf(x, __shfl_xor_sync(0xFFFFFFFFU, x, step));
  }
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = x;
  __syncthreads();
  x = of_warps[0];
#pragma unroll
  for (int warp = 1; warp < kWarps; ++warp) x = fmaxf(x, of_warps[warp]);
  return x;
}

/// A block a row. Its threads hold `kHeld` packs; the rest is read again for the second pass, from
/// a cache. Of many rows nothing is held: more blocks at once gain more, by measurement.
template <int N, int kBlock, int kHeld>
__global__ void __launch_bounds__(kBlock)
    quantize_kernel(const void* input, DType dtype, std::int64_t cols, std::uint8_t* output,
                    float* scales) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t start = static_cast<std::int64_t>(blockIdx.x) * cols;
  const auto place = [&](int pack) {
    return (static_cast<std::int64_t>(pack) * kBlock + threadIdx.x) * N;
  };
  float largest = 0.0F;
  const auto read = [&](std::int64_t i, float(&x)[N]) {
    load_pack<N>(input, dtype, start + i, x);
#pragma unroll
    for (int k = 0; k < N; ++k) largest = fmaxf(largest, fabsf(x[k]));
  };
  float held[kHeld > 0 ? kHeld : 1][N];
#pragma unroll
  for (int p = 0; p < kHeld; ++p) {
    if (place(p) < cols) read(place(p), held[p]);
  }
  for (std::int64_t i = place(kHeld); i < cols; i += kBlock * N) {
    float x[N];
    read(i, x);
  }
  largest = largest_of_block<kBlock / 32>(largest);
  // A factor of infinity would make a NaN of zero.
  const float factor = largest > 0.0F ? fminf(__fdiv_rn(kLargest, largest), FLT_MAX) : 1.0F;
  if (threadIdx.x == 0) scales[blockIdx.x] = largest > 0.0F ? __fdiv_rn(largest, kLargest) : 1.0F;
#pragma unroll
  for (int p = 0; p < kHeld; ++p) {
    if (place(p) < cols) store_e4m3<N>(output + start + place(p), held[p], factor);
  }
  for (std::int64_t i = place(kHeld); i < cols; i += kBlock * N) {
    float x[N];
    load_pack<N>(input, dtype, start + i, x);
    store_e4m3<N>(output + start + i, x, factor);
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    finish_kernel(const float* sums, const float* token_scales, const float* row_scales,
                  const float* bias, T* output, std::int64_t n, std::int64_t rows) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t first =
      static_cast<std::int64_t>(blockIdx.x) * kThreads * kSumsPerThread + threadIdx.x;
  for (std::int64_t token = blockIdx.y; token < n; token += gridDim.y) {
    const float token_scale = token_scales != nullptr ? token_scales[token] : 1.0F;
#pragma unroll
    for (int i = 0; i < kSumsPerThread; ++i) {
      const std::int64_t row = first + i * kThreads;
      if (row >= rows) continue;
      float sum = sums[token * rows + row] * token_scale;
      if (row_scales != nullptr) sum *= row_scales[row];
      if (bias != nullptr) sum += bias[row];
      output[token * rows + row] = from_float<T>(sum);
    }
  }
}

template <int kBytes>
bool is_multiple(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % kBytes == 0;
}

}  // namespace

void quantize_rows(const void* input, DType dtype, std::int64_t rows, std::int64_t cols,
                   std::uint8_t* output, float* scales, cudaStream_t stream) {
  if (rows <= 0 || cols <= 0) return;
  const bool in_packs = cols % 8 == 0 && is_multiple<16>(input) && is_multiple<8>(output);
  const bool has_few = in_packs && rows <= kFewRows && cols > kThreads * 8;
  launch(has_few    ? quantize_kernel<8, kManyThreads, 4>
         : in_packs ? quantize_kernel<8, kThreads, 0>
                    : quantize_kernel<1, kThreads, 0>,
         static_cast<unsigned>(rows), has_few ? kManyThreads : kThreads, 0, stream, input, dtype,
         cols, output, scales);
}

void finish_sums(const float* sums, const float* token_scales, const float* row_scales,
                 const float* bias, void* output, DType output_dtype, std::int64_t n,
                 std::int64_t rows, cudaStream_t stream) {
  if (n <= 0 || rows <= 0) return;
  constexpr std::int64_t kMostTokens = 65535;  // the highest grid; blocks take further ones in turn
  const dim3 grid(static_cast<unsigned>(ceil_div(rows, kThreads * kSumsPerThread)),
                  static_cast<unsigned>(n < kMostTokens ? n : kMostTokens));
  with_type(output_dtype, [&](auto type) {
    using T = decltype(type);
    launch(finish_kernel<T>, grid, kThreads, 0, stream, sums, token_scales, row_scales, bias,
           static_cast<T*>(output), n, rows);
  });
}

}  // namespace octavo::kernels::cuda
