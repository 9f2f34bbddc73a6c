// The matrix products of whole decode steps, each layer with weights of its own so that nothing
// stays in the L2 cache, as one CUDA graph; and prefill. Prints milliseconds a step, and what part
// that is of the floor: the weights' bytes over the rate of a device copy measured in the same run.
//
//   linear_bench [tables|plans|streamk|prefill]...   (all: no argument)
//
// `plans` compares tilings of the skinny product, to choose what skinny_linear.cu starts, and
// `streamk` those of the product of more rows.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/gpu/gpu_timer.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/linear.hpp"
#include "kernels/cuda/skinny_linear.cuh"
#include "kernels/cuda/skinny_linear.hpp"
#include "kernels/cuda/streamk_start.cuh"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

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

const std::vector<ModelShape> kModels = {
    {"Llama-3-8B", 32, {{6144, 4096}, {4096, 4096}, {28672, 4096}, {4096, 14336}}, {128256, 4096}},
    {"OPT-13B", 40, {{15360, 5120}, {5120, 5120}, {20480, 5120}, {5120, 20480}}, {0, 0}},
    {"Qwen3-0.6B", 28, {{4096, 1024}, {1024, 2048}, {6144, 1024}, {1024, 3072}}, {151936, 1024}},
};

constexpr std::size_t kPoolBytes = std::size_t{25} << 30;
constexpr std::int64_t kMaxRows = 8192;

__global__ void fill(__nv_bfloat16* values, std::size_t count) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = blockIdx.x * static_cast<std::size_t>(blockDim.x) + threadIdx.x; i < count;
       i += step) {
    std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435761U + 12345U;
    x ^= x >> 15;
    x *= 2246822519U;
    x ^= x >> 13;
    values[i] = __float2bfloat16(static_cast<float>(x & 0xFFFF) / 32768.0F - 1.0F);
  }
}

struct Device : GpuTimer {
  char* pool = nullptr;
  char* input = nullptr;
  char* output = nullptr;
  double copy_rate = 0.0;  ///< Bytes a second, read plus written.
  int multiprocessors = 0;

  Device() {
    cudaDeviceProp properties;
    OCTAVO_CUDA(cudaGetDeviceProperties(&properties, 0));
    multiprocessors = properties.multiProcessorCount;
    OCTAVO_CUDA(cudaMalloc(&pool, kPoolBytes));
    OCTAVO_CUDA(cudaMalloc(&input, kMaxRows * 20480 * 2));
    OCTAVO_CUDA(cudaMalloc(&output, kMaxRows * 28672 * 2));
    fill<<<1024, 256, 0, stream>>>(reinterpret_cast<__nv_bfloat16*>(pool), kPoolBytes / 2);
    fill<<<1024, 256, 0, stream>>>(reinterpret_cast<__nv_bfloat16*>(input), kMaxRows * 20480);
    OCTAVO_CUDA(cudaStreamSynchronize(stream));
    constexpr std::size_t kCopied = std::size_t{4} << 30;
    const double ms = median(
        [&] { cudaMemcpyAsync(pool + kCopied, pool, kCopied, cudaMemcpyDeviceToDevice, stream); });
    copy_rate = 2.0 * kCopied / ms * 1e3;
    std::printf("%s, %d SMs, copy %.3f TB/s\n", properties.name, multiprocessors, copy_rate / 1e12);
  }
};

/// The products of one step, in order. Each reads what lies in `input`: their order and overlap are
/// those of a model all the same, since every kernel waits for the one ahead.
std::vector<LinearArgs> step_of(const ModelShape& model, const Device& device, std::int64_t n) {
  std::vector<LinearArgs> products;
  const char* weight = device.pool;
  const auto add = [&](const MatrixShape& shape, DType output) {
    products.push_back({device.input, weight, nullptr, device.output, DType::kBF16, output, n,
                        shape.rows, shape.cols});
    weight += shape.rows * shape.cols * 2;
  };
  for (int layer = 0; layer < model.layers; ++layer) {
    for (const MatrixShape& shape : model.layer) add(shape, DType::kBF16);
  }
  if (model.head.rows > 0) add(model.head, DType::kF32);
  return products;
}

double bytes_of(const std::vector<LinearArgs>& products) {
  double bytes = 0.0;
  for (const LinearArgs& args : products) bytes += 2.0 * args.rows * args.cols;
  return bytes;
}

SkinnyArgs skinny_args(const LinearArgs& args) {
  return {args.input,
          args.weight,
          nullptr,
          args.output,
          static_cast<int>(args.n),
          static_cast<int>(args.rows),
          static_cast<int>(args.cols),
          args.output_dtype == DType::kF32};
}

template <class Plan>
void start_plan(const Device& device, const LinearArgs& args, bool overlap = true) {
  static const bool ready = OCTAVO_CUDA(
      cudaFuncSetAttribute(skinny_product<__nv_bfloat16, Plan>,
                           cudaFuncAttributeMaxDynamicSharedMemorySize, Plan::kSharedBytes));
  if (!ready) return;
  const SkinnyArgs skinny = skinny_args(args);
  const unsigned blocks = static_cast<unsigned>(device.multiprocessors);
  if (overlap) {
    launch(skinny_product<__nv_bfloat16, Plan>, blocks, Plan::kThreads, Plan::kSharedBytes,
           device.stream, skinny);
  } else {
    skinny_product<__nv_bfloat16, Plan>
        <<<blocks, Plan::kThreads, Plan::kSharedBytes, device.stream>>>(skinny);
  }
}

template <class Plan>
void measure_plan(const Device& device, const char* note, bool overlap = true,
                  std::initializer_list<std::int64_t> tokens = {1, 8, 16, 32, 64}) {
  std::printf("  rows %3d tokens %2d stages %2d warps %d %3d KiB %-10s", Plan::kRows, Plan::kTokens,
              Plan::kStages, Plan::kWarps, Plan::kSharedBytes / 1024, note);
  for (const ModelShape& model : kModels) {
    for (std::int64_t n : tokens) {
      if (n > Plan::kTokens || (n != 1 && n <= Plan::kTokens / 2)) continue;
      if (n == 1 && Plan::kTokens > 8) continue;
      const auto products = step_of(model, device, n);
      const double ms = device.graph_ms([&] {
        for (const LinearArgs& args : products) start_plan<Plan>(device, args, overlap);
      });
      std::printf(" | n=%2d %6.3f %5.1f%%", static_cast<int>(n), ms,
                  100.0 * bytes_of(products) / device.copy_rate * 1e3 / ms);
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

void measure_plans(const Device& device) {
  std::printf("plans (ms a step, of the floor): Llama-3-8B, OPT-13B, Qwen3-0.6B\n");
  measure_plan<SkinnyPlan<1, 1, 4>>(device, "");
  measure_plan<SkinnyPlan<1, 1, 4>>(device, "no overlap", false);
  measure_plan<SkinnyPlan<1, 1, 8>>(device, "");
  measure_plan<SkinnyPlan<2, 1, 5, 4>>(device, "");
  measure_plan<SkinnyPlan<1, 2, 3>>(device, "");
  measure_plan<SkinnyPlan<1, 2, 6>>(device, "");
  measure_plan<SkinnyPlan<2, 2, 4>>(device, "");
  measure_plan<SkinnyPlan<2, 2, 4>>(device, "no overlap", false);
  measure_plan<SkinnyPlan<2, 2, 4, 4>>(device, "");
  measure_plan<SkinnyPlan<2, 4, 3>>(device, "");
  measure_plan<SkinnyPlan<3, 4, 5, 4>>(device, "");
  measure_plan<SkinnyPlan<4, 4, 4, 4>>(device, "");
  measure_plan<SkinnyPlan<2, 8, 2>>(device, "");
  measure_plan<SkinnyPlan<4, 8, 3, 4>>(device, "");
}

template <class Plan>
void measure_streamk_plan(const Device& device, std::initializer_list<std::int64_t> tokens,
                          std::initializer_list<int> min_slices) {
  static const StreamKDevice streamk = prepare_streamk_linear();
  if (streamk.multiprocessors == 0 || !prepare_streamk<__nv_bfloat16, Plan>()) return;
  char* workspace = nullptr;
  constexpr std::size_t bytes = std::size_t{64} << 20;
  OCTAVO_CUDA(cudaMalloc(&workspace, bytes));
  OCTAVO_CUDA(cudaMemset(workspace, 0, bytes));
  for (std::int64_t n : tokens) {
    for (int least : min_slices) {
      std::printf("  n %3d tokens %3d stages %d least %2d", static_cast<int>(n), Plan::kTokens,
                  Plan::kStages, least);
      for (const ModelShape& model : kModels) {
        const auto products = step_of(model, device, n);
        const double ms = device.graph_ms([&] {
          for (const LinearArgs& args : products) {
            start_streamk<__nv_bfloat16, Plan>(args, streamk, workspace, device.stream, least);
          }
        });
        std::printf(" | %7.3f %5.1f%%", ms,
                    100.0 * bytes_of(products) / device.copy_rate * 1e3 / ms);
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
  OCTAVO_CUDA(cudaFree(workspace));
}

void measure_streamk(const Device& device) {
  std::printf("stream-K plans (ms a step, of the floor): Llama-3-8B, OPT-13B, Qwen3-0.6B\n");
  measure_streamk_plan<StreamKPlan<64, 8>>(device, {32, 64}, {4, 8, 16});
  measure_streamk_plan<StreamKPlan<64, 4>>(device, {64}, {8});
  measure_streamk_plan<StreamKPlan<128, 6>>(device, {96, 128}, {4, 8, 16});
}

void measure_tables(const Device& device) {
  for (const ModelShape& model : kModels) {
    std::printf(
        "%s: ms a step (of the floor)\n     n    floor   library           tuned"
        "             run\n",
        model.name);
    for (std::int64_t n : {1, 2, 4, 8, 16, 17, 32, 48, 64, 96, 128, 192, 256}) {
      const auto products = step_of(model, device, n);
      const double floor = bytes_of(products) / device.copy_rate * 1e3;
      Linear linear(device.stream);
      const auto library = [&] {
        for (const LinearArgs& args : products) linear.run_library(args);
      };
      library();
      const double guessed = device.graph_ms(library);
      const double started = device.median([&] { linear.tune(products); }, 1);
      const double tuned = device.graph_ms(library);
      const double best = device.graph_ms([&] {
        for (const LinearArgs& args : products) linear.run(args);
      });
      std::printf("%6d %8.3f", static_cast<int>(n), floor);
      for (double ms : {guessed, tuned, best})
        std::printf(" %8.3f (%5.1f%%)", ms, 100 * floor / ms);
      std::printf("  tune %.0f ms\n", started);
      std::fflush(stdout);
    }
  }
}

void measure_prefill(const Device& device) {
  const ModelShape& model = kModels.front();
  for (std::int64_t n : {std::int64_t{2048}, kMaxRows}) {
    auto products = step_of(model, device, n);
    products.resize(8 * model.layer.size());
    double operations = 0.0;
    for (const LinearArgs& args : products) operations += 2.0 * args.n * args.rows * args.cols;
    Linear linear(device.stream);
    const auto all = [&] {
      for (const LinearArgs& args : products) linear.run(args);
    };
    all();
    const double guessed = device.graph_ms(all);
    linear.tune(products);
    const double tuned = device.graph_ms(all);
    std::printf("prefill n=%d: %.0f TFLOP/s, tuned %.0f\n", static_cast<int>(n),
                operations / guessed / 1e9, operations / tuned / 1e9);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto wants = [&](const char* name) {
    return argc < 2 || std::any_of(argv + 1, argv + argc,
                                   [&](const char* given) { return std::string(name) == given; });
  };
  const Device device;
  if (wants("plans")) measure_plans(device);
  if (wants("streamk")) measure_streamk(device);
  if (wants("tables")) measure_tables(device);
  if (wants("prefill")) measure_prefill(device);
  if (!first_failure().empty()) std::printf("FAILED: %s\n", first_failure().c_str());
  return first_failure().empty() ? 0 : 1;
}
