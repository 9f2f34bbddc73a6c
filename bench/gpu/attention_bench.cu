// How fast paged attention is on this GPU: decode against the bandwidth of a copy that is measured
// in the same run, prefill in TFLOP/s. Blocks lie in random order, layers rotate, so no cache
// helps.
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/device/check.hpp"

using namespace octavo::kernels;
namespace gpu = octavo::kernels::cuda;

namespace {

constexpr int kWarmUps = 10;
constexpr int kRepeats = 21;
constexpr int kLaunches = 8;  ///< In one graph, as layers follow each other.

__global__ void fill_random(std::uint16_t* data, std::size_t count, bool is_bf16) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
    std::uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9ULL;
    const auto r = static_cast<std::uint32_t>(x >> 32);
    // A sign, an exponent of 2^-4 .. 2^0 and a random mantissa.
    const std::uint32_t exponent = r % 5;
    data[i] = static_cast<std::uint16_t>((r >> 31 << 15) |
                                         (is_bf16 ? (123 + exponent) << 7 | (r >> 8 & 0x7f)
                                                  : (11 + exponent) << 10 | (r >> 8 & 0x3ff)));
  }
}

__global__ void copy_kernel(const uint4* from, uint4* to, std::size_t count) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += 4 * stride) {
    uint4 x[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (i + k * stride < count) x[k] = from[i + k * stride];
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (i + k * stride < count) to[i + k * stride] = x[k];
    }
  }
}

template <class T>
T* device_array(std::size_t count) {
  T* data = nullptr;
  OCTAVO_CUDA(cudaMalloc(&data, std::max<std::size_t>(count * sizeof(T), 16)));
  OCTAVO_CUDA(cudaMemset(data, 0, std::max<std::size_t>(count * sizeof(T), 16)));
  return data;
}

template <class T>
T* device_copy(const std::vector<T>& values) {
  T* const data = device_array<T>(values.size());
  OCTAVO_CUDA(cudaMemcpy(data, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return data;
}

/// Median seconds of one of the launches that `enqueue` makes.
template <class Enqueue>
double seconds_of(cudaStream_t stream, int launches, const Enqueue& enqueue) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  OCTAVO_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < launches; ++i) enqueue(i);
  OCTAVO_CUDA(cudaStreamEndCapture(stream, &graph));
  OCTAVO_CUDA(cudaGraphInstantiate(&executable, graph, 0));
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  OCTAVO_CUDA(cudaEventCreate(&begin));
  OCTAVO_CUDA(cudaEventCreate(&end));
  std::vector<double> times;
  // Clocks rise within the first milliseconds of work.
  for (int r = 0; r < kWarmUps + kRepeats; ++r) {
    OCTAVO_CUDA(cudaEventRecord(begin, stream));
    OCTAVO_CUDA(cudaGraphLaunch(executable, stream));
    OCTAVO_CUDA(cudaEventRecord(end, stream));
    OCTAVO_CUDA(cudaStreamSynchronize(stream));
    float milliseconds = 0.0F;
    OCTAVO_CUDA(cudaEventElapsedTime(&milliseconds, begin, end));
    if (r >= kWarmUps) times.push_back(milliseconds * 1e-3 / launches);
  }
  OCTAVO_CUDA(cudaGraphExecDestroy(executable));
  OCTAVO_CUDA(cudaGraphDestroy(graph));
  std::nth_element(times.begin(), times.begin() + kRepeats / 2, times.end());
  return times[kRepeats / 2];
}

struct Case {
  const char* name = "";
  std::int64_t num_seqs = 0;
  std::int32_t length = 1;
  std::int32_t context = 0;
  std::int64_t block_size = 16;
  std::int64_t num_layers = 32;
  std::int64_t num_heads = 32;
  std::int64_t num_kv_heads = 8;
  std::int64_t head_dim = 128;
  DType dtype = DType::kBF16;
  bool has_short_cache = false;  ///< The cache has 8 bits.
};

KvCacheView cache_of(const Case& c, std::int64_t num_blocks) {
  return {.dtype = c.has_short_cache ? DType::kF8 : c.dtype,
          .num_blocks = num_blocks,
          .num_layers = c.num_layers,
          .num_kv_heads = c.num_kv_heads,
          .block_size = c.block_size,
          .head_dim = c.head_dim};
}

double measure(const Case& c, cudaStream_t stream) {
  const std::int64_t blocks_per_seq = (c.context + c.block_size - 1) / c.block_size;
  KvCacheView cache = cache_of(c, c.num_seqs * blocks_per_seq);
  // Few layers of a small step would stay in the cache: the step then walks through more blocks.
  const std::size_t layer_bytes =
      cache.bytes_per_block() * static_cast<std::size_t>(cache.num_blocks) / c.num_layers;
  const auto copies = std::max<std::int64_t>(
      1, (std::int64_t{400} << 20) / static_cast<std::int64_t>(layer_bytes * c.num_layers) + 1);
  cache.num_blocks *= copies;
  const std::size_t words =
      static_cast<std::size_t>(cache.num_blocks) * cache.bytes_per_block() / 2;
  auto* const data = device_array<std::uint16_t>(words);
  fill_random<<<4096, 256, 0, stream>>>(data, words, c.dtype == DType::kBF16);
  cache.data = data;

  std::vector<std::int32_t> cu_seqlens, cu_blocks, contexts(c.num_seqs, c.context);
  for (std::int64_t s = 0; s <= c.num_seqs; ++s) {
    cu_seqlens.push_back(static_cast<std::int32_t>(s * c.length));
    cu_blocks.push_back(static_cast<std::int32_t>(s * blocks_per_seq));
  }
  std::vector<std::int32_t> tables(cache.num_blocks);
  std::iota(tables.begin(), tables.end(), 0);
  std::shuffle(tables.begin(), tables.end(), std::mt19937(3));

  const gpu::AttentionShape shape{c.num_seqs * c.length, c.num_seqs, c.num_seqs * c.context};
  std::vector<std::byte> plan_bytes(gpu::attention_plan_bytes(shape));
  const gpu::AttentionPlan plan =
      gpu::plan_attention(shape, cu_seqlens.data(), contexts.data(), c.num_seqs, plan_bytes.data());
  const std::size_t query_elements =
      static_cast<std::size_t>(c.num_seqs * c.length * c.num_heads * c.head_dim);
  auto* const query = device_array<std::uint16_t>(query_elements);
  fill_random<<<256, 256, 0, stream>>>(query, query_elements, c.dtype == DType::kBF16);
  auto* const output = device_array<std::uint16_t>(query_elements);
  auto* const workspace =
      device_array<std::byte>(gpu::attention_workspace_bytes(shape, c.num_heads, c.head_dim));
  auto* const device_plan = device_copy(plan_bytes);
  std::int32_t* const table = device_copy(tables);

  AttentionArgs args;
  args.query = query;
  args.output = output;
  args.cu_seqlens = device_copy(cu_seqlens);
  args.context_lens = device_copy(contexts);
  args.cu_blocks = device_copy(cu_blocks);
  args.num_seqs = c.num_seqs;
  args.num_heads = c.num_heads;
  args.scale = 1.0F / std::sqrt(static_cast<float>(c.head_dim));
  args.cache = cache;
  const double seconds = seconds_of(stream, kLaunches, [&](int i) {
    args.layer = i * 5 % c.num_layers;
    args.block_tables = table + i % copies * c.num_seqs * blocks_per_seq;
    gpu::attention(args, c.dtype, shape, plan, device_plan, workspace, stream);
  });
  const void* const taken[] = {data,          query, output,          workspace,
                               device_plan,   table, args.cu_seqlens, args.context_lens,
                               args.cu_blocks};
  for (const void* p : taken) OCTAVO_CUDA(cudaFree(const_cast<void*>(p)));
  return seconds;
}

/// Bytes read and written per second by the better of the driver's copy and a kernel.
double copy_bandwidth(cudaStream_t stream, int num_sms) {
  constexpr std::size_t kBytes = std::size_t{2} << 30;
  auto* const from = device_array<std::uint16_t>(kBytes / 2);
  auto* const to = device_array<std::uint16_t>(kBytes / 2);
  fill_random<<<4096, 256, 0, stream>>>(from, kBytes / 2, true);
  const double driver = seconds_of(stream, 1, [&](int) {
    OCTAVO_CUDA(cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice, stream));
  });
  double kernel = 1.0;
  for (const int blocks_per_sm : {2, 4, 16, 64}) {
    kernel = std::min(kernel, seconds_of(stream, 1, [&](int) {
                        copy_kernel<<<num_sms * blocks_per_sm, 512, 0, stream>>>(
                            reinterpret_cast<const uint4*>(from), reinterpret_cast<uint4*>(to),
                            kBytes / sizeof(uint4));
                      }));
  }
  std::printf("copy: driver %.3f, kernel %.3f TB/s\n", 2e-12 * kBytes / driver,
              2e-12 * kBytes / kernel);
  OCTAVO_CUDA(cudaFree(from));
  OCTAVO_CUDA(cudaFree(to));
  return 2.0 * kBytes / std::min(driver, kernel);
}

const Case kCases[] = {
    {"decode 64x1024", 64, 1, 1024},
    {"decode 64x1024, 1 layer", 64, 1, 1024, 16, 1},
    {"decode 64x4096", 64, 1, 4096},
    {"decode 64x4096, 1 layer", 64, 1, 4096, 16, 1},
    {"decode 256x512", 256, 1, 512},
    {"decode 1x4096", 1, 1, 4096},
    {"decode 1x65536", 1, 1, 65536},
    {"decode 8x8192", 8, 1, 8192},
    {"decode 64x1024, blocks of 1", 64, 1, 1024, 1},
    {"decode 64x1024, blocks of 4", 64, 1, 1024, 4},
    {"decode 64x1024, blocks of 8", 64, 1, 1024, 8},
    {"decode 64x1024, blocks of 32", 64, 1, 1024, 32},
    {"decode 64x1024, fp16", 64, 1, 1024, 16, 32, 32, 8, 128, DType::kF16},
    {"decode 64x1024, fp8", 64, 1, 1024, 16, 32, 32, 8, 128, DType::kBF16, true},
    {"decode 64x4096, fp8", 64, 1, 4096, 16, 32, 32, 8, 128, DType::kBF16, true},
    {"decode 256x512, fp8", 256, 1, 512, 16, 32, 32, 8, 128, DType::kBF16, true},
    {"decode 64x1024, 8/8 of 128", 64, 1, 1024, 16, 32, 8, 8, 128},
    {"decode 64x512, 40/40 of 128", 64, 1, 512, 16, 20, 40, 40, 128},
    {"decode 64x1024, 64/8 of 128", 64, 1, 1024, 16, 32, 64, 8, 128},
    {"decode 64x1024, 32/2 of 128", 64, 1, 1024, 16, 32, 32, 2, 128},
    {"decode 64x1024, 32/8 of 64", 64, 1, 1024, 16, 32, 32, 8, 64},
    {"decode 64x1024, 32/8 of 80", 64, 1, 1024, 16, 32, 32, 8, 80},
    {"decode 64x1024, 32/8 of 96", 64, 1, 1024, 16, 32, 32, 8, 96},
    {"decode 64x1024, 8/4 of 256", 64, 1, 1024, 16, 32, 8, 4, 256},
    {"prefill 1x2048", 1, 2048, 2048},
    {"prefill 16x512", 16, 512, 512},
    {"prefill 1x8192", 1, 8192, 8192, 16, 4},
    {"prefill 1x512 of 8192", 1, 512, 8192, 16, 4},
    {"prefill 16x512, 32/8 of 64", 16, 512, 512, 16, 32, 32, 8, 64},
    {"prefill 16x512, fp8", 16, 512, 512, 16, 32, 32, 8, 128, DType::kBF16, true},
    {"prefill 16x512, 8/4 of 256", 16, 512, 512, 16, 32, 8, 4, 256},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  cudaDeviceProp properties{};
  OCTAVO_CUDA(cudaGetDeviceProperties(&properties, 0));
  cudaStream_t stream = nullptr;
  OCTAVO_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  copy_bandwidth(stream, properties.multiProcessorCount);
  const double bandwidth = copy_bandwidth(stream, properties.multiProcessorCount);
  std::printf("%s, copy %.3f TB/s\n", properties.name, bandwidth * 1e-12);
  std::printf("%-34s %10s %9s %8s %8s\n", "case", "us", "TB/s", "of copy", "TFLOP/s");
  for (const Case& c : kCases) {
    if (std::string(c.name).find(only) == std::string::npos) continue;
    const double seconds = measure(c, stream);
    const double pairs =
        static_cast<double>(c.num_seqs) * c.length * (c.context - (c.length - 1) / 2.0);
    const double flops = 4.0 * pairs * static_cast<double>(c.num_heads * c.head_dim);
    const double bytes =
        static_cast<double>(c.num_seqs * c.context) *
        static_cast<double>(cache_of(c, 1).bytes_per_block() / c.num_layers / c.block_size);
    std::printf("%-34s %10.1f %9.3f %8.3f %8.1f\n", c.name, seconds * 1e6, bytes / seconds * 1e-12,
                bytes / seconds / bandwidth, flops / seconds * 1e-12);
    if (!gpu::first_failure().empty()) {
      std::printf("failed: %s\n", gpu::first_failure().c_str());
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}
