// What one GPU and its link can do at all: the figures that the others stand beside. One JSON
// object.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "kernels/cuda/linear/linear.hpp"

namespace {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(status));
  std::exit(1);
}
#define CHECK(call) check((call), #call)

/// Median milliseconds of nine runs after two.
double median_ms(cudaStream_t stream, const std::function<void()>& run) {
  cudaEvent_t begin;
  cudaEvent_t end;
  CHECK(cudaEventCreate(&begin));
  CHECK(cudaEventCreate(&end));
  std::vector<float> times;
  for (int i = 0; i < 11; ++i) {
    CHECK(cudaEventRecord(begin, stream));
    run();
    CHECK(cudaEventRecord(end, stream));
    CHECK(cudaEventSynchronize(end));
    float ms = 0;
    CHECK(cudaEventElapsedTime(&ms, begin, end));
    if (i >= 2) times.push_back(ms);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

__global__ void fill(__nv_bfloat16* values, std::size_t count) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x; i < count;
       i += stride) {
    const auto hash = static_cast<std::uint32_t>(i * 2654435761U) >> 8;
    values[i] = __float2bfloat16(static_cast<float>(hash) / 16777216.0F - 0.5F);
  }
}

__global__ void read_all(const uint4* values, std::size_t count, unsigned* sink) {
  unsigned sum = 0;
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  std::size_t i = blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x;
  for (; i + 3 * stride < count; i += 4 * stride) {
    const uint4 a = values[i];
    const uint4 b = values[i + stride];
    const uint4 c = values[i + 2 * stride];
    const uint4 d = values[i + 3 * stride];
    sum += a.x ^ b.y ^ c.z ^ d.w ^ a.w ^ b.x ^ c.y ^ d.z;
  }
  for (; i < count; i += stride) sum += values[i].x;
  if (sum == 0x12345678U) *sink = sum;
}

double product_tflops(int n) {
  namespace cuda = octavo::kernels::cuda;
  const std::size_t elements = static_cast<std::size_t>(n) * n;
  __nv_bfloat16* memory = nullptr;
  CHECK(cudaMalloc(&memory, 3 * elements * sizeof(*memory)));
  fill<<<1024, 256>>>(memory, 2 * elements);
  CHECK(cudaDeviceSynchronize());
  cudaStream_t stream;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  double ms = 0;
  {
    cuda::Linear linear(stream);
    ms = median_ms(stream, [&] {
      linear.run({.input = memory,
                  .weight = memory + elements,
                  .output = memory + 2 * elements,
                  .n = n,
                  .rows = n,
                  .cols = n});
    });
  }
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaFree(memory));
  return 2.0 * n * n * n / (ms * 1e-3) / 1e12;
}

}  // namespace

int main() {
  cudaDeviceProp device{};
  CHECK(cudaGetDeviceProperties(&device, 0));
  int driver = 0;
  CHECK(cudaDriverGetVersion(&driver));
  constexpr std::size_t kBytes = std::size_t{4} << 30;
  std::byte* memory = nullptr;
  unsigned* sink = nullptr;
  CHECK(cudaMalloc(&memory, 2 * kBytes));
  CHECK(cudaMalloc(&sink, sizeof(*sink)));
  fill<<<1024, 256>>>(reinterpret_cast<__nv_bfloat16*>(memory), kBytes);
  const double copy_ms = median_ms(nullptr, [&] {
    CHECK(cudaMemcpyAsync(memory + kBytes, memory, kBytes, cudaMemcpyDeviceToDevice, nullptr));
  });
  const double read_ms = median_ms(nullptr, [&] {
    read_all<<<device.multiProcessorCount * 8, 512>>>(reinterpret_cast<const uint4*>(memory),
                                                      kBytes / sizeof(uint4), sink);
  });
  constexpr std::size_t kLinkBytes = std::size_t{1} << 30;
  std::byte* pinned = nullptr;
  CHECK(cudaMallocHost(&pinned, 2 * kLinkBytes));
  cudaStream_t up;
  cudaStream_t down;
  CHECK(cudaStreamCreateWithFlags(&up, cudaStreamNonBlocking));
  CHECK(cudaStreamCreateWithFlags(&down, cudaStreamNonBlocking));
  cudaEvent_t fork;
  cudaEvent_t join;
  CHECK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
  CHECK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
  const auto copy_up = [&] {
    CHECK(cudaMemcpyAsync(memory, pinned, kLinkBytes, cudaMemcpyHostToDevice, up));
  };
  const auto copy_down = [&](cudaStream_t stream) {
    CHECK(cudaMemcpyAsync(pinned + kLinkBytes, memory + kLinkBytes, kLinkBytes,
                          cudaMemcpyDeviceToHost, stream));
  };
  const double up_ms = median_ms(up, copy_up);
  const double down_ms = median_ms(up, [&] { copy_down(up); });
  const double both_ms = median_ms(up, [&] {
    CHECK(cudaEventRecord(fork, up));
    CHECK(cudaStreamWaitEvent(down, fork));
    copy_up();
    copy_down(down);
    CHECK(cudaEventRecord(join, down));
    CHECK(cudaStreamWaitEvent(up, join));
  });
  CHECK(cudaFree(memory));
  const auto gb = [](std::size_t bytes, double ms) {
    return static_cast<double>(bytes) / (ms * 1e-3) / 1e9;
  };
  std::printf(
      "{\"device\":\"%s\",\"multiprocessors\":%d,\"cuda_driver\":%d,\"copy_tb_per_s\":%.3f,"
      "\"read_tb_per_s\":%.3f,\"product_tflops\":%.0f,\"link_up_gb_per_s\":%.1f,"
      "\"link_down_gb_per_s\":%.1f,\"link_both_gb_per_s\":%.1f}\n",
      device.name, device.multiProcessorCount, driver, gb(2 * kBytes, copy_ms) / 1e3,
      gb(kBytes, read_ms) / 1e3, product_tflops(8192), gb(kLinkBytes, up_ms),
      gb(kLinkBytes, down_ms), gb(2 * kLinkBytes, both_ms));
  return 0;
}
