// The matrix products of whole models, for the benchmarks of products: shapes, a device with room
// for the weights of any of them, so that nothing stays in the L2 cache, and the rate of its
// copies.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "bench/gpu/gpu_timer.cuh"

namespace octavo::kernels::cuda {

struct MatrixShape {
  std::int64_t rows;
  std::int64_t cols;
};

struct ModelShape {
  const char* name;
  int layers;
  std::vector<MatrixShape> layer;
  MatrixShape head;  ///< rows 0: none.
};

inline const std::vector<ModelShape> kModels = {
    {"Llama-3-8B", 32, {{6144, 4096}, {4096, 4096}, {28672, 4096}, {4096, 14336}}, {128256, 4096}},
    {"OPT-13B", 40, {{15360, 5120}, {5120, 5120}, {20480, 5120}, {5120, 20480}}, {0, 0}},
    {"Qwen3-0.6B", 28, {{4096, 1024}, {1024, 2048}, {6144, 1024}, {1024, 3072}}, {151936, 1024}},
};

/// The products of one step, in order: add(shape, whether it is the head).
template <class Add>
void for_each_product(const ModelShape& model, int layers, bool has_head, const Add& add) {
  for (int layer = 0; layer < layers; ++layer) {
    for (const MatrixShape& shape : model.layer) add(shape, false);
  }
  if (has_head && model.head.rows > 0) add(model.head, true);
}

template <class T, class Make>
__device__ void fill_with(T* values, std::size_t count, const Make& make) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x; i < count;
       i += step) {
    std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435761U + 12345U;
    x ^= x >> 15;
    x *= 2246822519U;
    values[i] = make(x ^ x >> 13);
  }
}

/// Even between -1 and 1.
static __global__ void fill_evenly(__nv_bfloat16* values, std::size_t count) {
  fill_with(values, count, [](std::uint32_t x) {
    return __float2bfloat16(static_cast<float>(x & 0xFFFF) / 32768.0F - 1.0F);
  });
}

struct ProductDevice : GpuTimer {
  static constexpr std::size_t kPoolBytes = std::size_t{25} << 30;
  static constexpr std::int64_t kMaxTokens = 8192;
  static constexpr std::int64_t kMaxCols = 20480;
  static constexpr std::int64_t kMaxRows = 28672;  ///< But for the head.

  char* pool = nullptr;
  char* input = nullptr;
  char* output = nullptr;
  double copy_rate = 0.0;  ///< Bytes a second, read plus written.
  int multiprocessors = 0;

  ProductDevice() {
    cudaDeviceProp properties;
    OCTAVO_CUDA(cudaGetDeviceProperties(&properties, 0));
    multiprocessors = properties.multiProcessorCount;
    OCTAVO_CUDA(cudaMalloc(&pool, kPoolBytes));
    OCTAVO_CUDA(cudaMalloc(&input, kMaxTokens * kMaxCols * 2));
    OCTAVO_CUDA(cudaMalloc(&output, kMaxTokens * kMaxRows * 2));
    fill_evenly<<<1024, 256, 0, stream>>>(reinterpret_cast<__nv_bfloat16*>(pool), kPoolBytes / 2);
    fill_evenly<<<1024, 256, 0, stream>>>(reinterpret_cast<__nv_bfloat16*>(input),
                                          kMaxTokens * kMaxCols);
    OCTAVO_CUDA(cudaStreamSynchronize(stream));
    constexpr std::size_t kCopied = std::size_t{4} << 30;
    const double ms = median(
        [&] { cudaMemcpyAsync(pool + kCopied, pool, kCopied, cudaMemcpyDeviceToDevice, stream); });
    copy_rate = 2.0 * kCopied / ms * 1e3;
    std::printf("%s, %d SMs, copy %.3f TB/s\n", properties.name, multiprocessors, copy_rate / 1e12);
  }
};

}  // namespace octavo::kernels::cuda
