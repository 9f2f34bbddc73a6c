// Products with 8-bit weights beside those with 16-bit ones: whole decode steps, each layer with
// weights of its own so that nothing stays in the L2 cache, as one CUDA graph; and prefill, the
// quantization of its inputs included. The floor is the weights' bytes over the rate of a device
// copy measured in the same run.
//
//   fp8_bench [tables|plans|prefill]...   (all: no argument)
//
// `plans` compares tilings of the skinny product, to choose what fp8_skinny.cu starts.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/gpu/model_products.cuh"
#include "kernels/cuda/linear/fp8_linear.hpp"
#include "kernels/cuda/linear/linear.hpp"
#include "kernels/cuda/linear/skinny_product.cuh"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

constexpr std::int64_t kMaxTokens = ProductDevice::kMaxTokens;
constexpr std::int64_t kMaxCols = ProductDevice::kMaxCols;
constexpr std::int64_t kMaxScales = 151936;  ///< Rows of any matrix, heads included.

__global__ void fill_weights(std::uint32_t* words, std::size_t count) {
  // All bits but the highest of the exponent: no NaN.
  fill_with(words, count, [](std::uint32_t x) { return x & 0xBFBFBFBFU; });
}
__global__ void fill_scales(float* values, std::size_t count) {
  fill_with(values, count,
            [](std::uint32_t x) { return static_cast<float>(x & 0xFF) * 1e-4F + 0.01F; });
}

struct Device : ProductDevice {
  static constexpr std::size_t kSmallPoolBytes = kPoolBytes / 2;
  char* small_pool = nullptr;
  float* scales = nullptr;

  Device() {
    OCTAVO_CUDA(cudaMalloc(&small_pool, kSmallPoolBytes));
    OCTAVO_CUDA(cudaMalloc(&scales, kMaxScales * 4));
    fill_weights<<<1024, 256, 0, stream>>>(reinterpret_cast<std::uint32_t*>(small_pool),
                                           kSmallPoolBytes / 4);
    fill_scales<<<64, 256, 0, stream>>>(scales, kMaxScales);
    OCTAVO_CUDA(cudaStreamSynchronize(stream));
  }
};

/// The products of one step, in order, in both kinds.
struct Step {
  std::vector<LinearArgs> wide;
  std::vector<Fp8LinearArgs> small;
  double weights = 0.0;
  double operations = 0.0;

  Step(const ModelShape& model, const Device& device, std::int64_t n, int layers, bool has_head) {
    std::int64_t place = 0;
    for_each_product(model, layers, has_head, [&](const MatrixShape& shape, bool is_head) {
      const DType output = is_head ? DType::kF32 : DType::kBF16;
      wide.push_back({device.input, device.pool + place * 2, nullptr, device.output, DType::kBF16,
                      output, n, shape.rows, shape.cols});
      small.push_back(
          {device.input, reinterpret_cast<const std::uint8_t*>(device.small_pool + place),
           device.scales, nullptr, device.output, DType::kBF16, output, n, shape.rows, shape.cols});
      place += shape.rows * shape.cols;
      weights += static_cast<double>(shape.rows) * static_cast<double>(shape.cols);
    });
    operations = 2.0 * weights * static_cast<double>(n);
  }
};

double quantizing_ms(const Device& device, const Step& step) {
  auto* codes = reinterpret_cast<std::uint8_t*>(device.output);
  auto* scales = reinterpret_cast<float*>(device.output + kMaxTokens * kMaxCols);
  return device.graph_ms([&] {
    for (const Fp8LinearArgs& args : step.small) {
      quantize_rows(args.input, args.dtype, args.n, args.cols, codes, scales, device.stream);
    }
  });
}

template <class Plan>
void measure_plan(const Device& device) {
  OCTAVO_CUDA(cudaFuncSetAttribute(skinny_product<__nv_bfloat16, Plan>,
                                   cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   Plan::kSharedBytes));
  std::printf("  rows %3d tokens %2d stages %2d warps %d %3d KiB", Plan::kRows, Plan::kTokens,
              Plan::kStages, Plan::kWarps, Plan::kSharedBytes / 1024);
  for (const ModelShape& model : kModels) {
    for (const std::int64_t n : {1, 4, 8, 16, 32}) {
      if (n > Plan::kTokens || (n != 1 && n * 2 <= Plan::kTokens)) continue;
      if (n == 1 && Plan::kTokens > 8) continue;
      const Step step(model, device, n, model.layers, true);
      const double ms = device.graph_ms([&] {
        for (const Fp8LinearArgs& args : step.small) {
          const SkinnyArgs skinny = skinny_args(args, args.scales);
          launch(skinny_product<__nv_bfloat16, Plan>, static_cast<unsigned>(device.multiprocessors),
                 Plan::kThreads, Plan::kSharedBytes, device.stream, skinny);
        }
      });
      std::printf(" | n=%2d %6.3f %5.1f%%", static_cast<int>(n), ms,
                  100.0 * step.weights / device.copy_rate * 1e3 / ms);
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

void measure_plans(const Device& device) {
  std::printf("plans (ms a step, of the floor): Llama-3-8B, OPT-13B, Qwen3-0.6B\n");
  measure_plan<Plan8<1, 1, 2, 8, 4>>(device);
  measure_plan<Plan8<1, 1, 3, 8, 4>>(device);
  measure_plan<Plan8<1, 1, 4, 8, 4>>(device);
  measure_plan<Plan8<2, 1, 4, 8, 4>>(device);
  measure_plan<Plan8<2, 1, 5, 8, 4>>(device);
  measure_plan<Plan8<3, 1, 3, 8, 4>>(device);
  measure_plan<Plan8<1, 1, 2>>(device);
  measure_plan<Plan8<1, 1, 3>>(device);
  measure_plan<Plan8<2, 1, 3>>(device);
  measure_plan<Plan8<2, 1, 4>>(device);
  measure_plan<Plan8<1, 2, 2>>(device);
  measure_plan<Plan8<1, 2, 4>>(device);
  measure_plan<Plan8<2, 2, 2>>(device);
  measure_plan<Plan8<2, 2, 3>>(device);
  measure_plan<Plan8<1, 4, 2>>(device);
  measure_plan<Plan8<2, 4, 2>>(device);
}

void measure_tables(const Device& device) {
  for (const ModelShape& model : kModels) {
    std::printf(
        "%s: ms a step (of its floor)\n     n   16 bits: floor, run      8 bits: floor, "
        "run, with fast sums, skinny; quantizing\n",
        model.name);
    for (std::int64_t n : {1, 4, 8, 16, 24, 32, 40, 64, 256}) {
      const Step step(model, device, n, model.layers, true);
      const double floor = step.weights / device.copy_rate * 1e3;
      Linear linear(device.stream);
      if (n > 16) linear.tune(step.wide);
      Fp8Linear small(device.stream, n, kMaxCols);
      Fp8Linear fast(device.stream, n, kMaxCols, {true, true});
      const SkinnyDevice skinny = prepare_fp8_skinny();
      const double wide_ms = device.graph_ms([&] {
        for (const LinearArgs& args : step.wide) linear.run(args);
      });
      std::printf("%6d %8.3f %8.3f (%5.1f%%) | %8.3f", static_cast<int>(n), 2 * floor, wide_ms,
                  200 * floor / wide_ms, floor);
      const auto measure = [&](const std::function<void(const Fp8LinearArgs&)>& run) {
        for (const Fp8LinearArgs& args : step.small) run(args);
        const double ms = device.graph_ms([&] {
          for (const Fp8LinearArgs& args : step.small) run(args);
        });
        std::printf(" %8.3f (%5.1f%%)", ms, 100 * floor / ms);
      };
      measure([&](const Fp8LinearArgs& args) { small.run(args); });
      measure([&](const Fp8LinearArgs& args) { fast.run(args); });
      if (n <= 64) {
        measure([&](const Fp8LinearArgs& args) { fp8_skinny(args, skinny, device.stream); });
      }
      std::printf("; %.3f\n", quantizing_ms(device, step));
      std::fflush(stdout);
    }
  }
}

void measure_prefill(const Device& device) {
  for (const ModelShape& model : kModels) {
    for (std::int64_t n : {std::int64_t{2048}, kMaxTokens}) {
      const Step step(model, device, n, 8, false);
      Linear linear(device.stream);
      linear.tune(step.wide);
      const double wide_ms = device.graph_ms([&] {
        for (const LinearArgs& args : step.wide) linear.run(args);
      });
      std::printf("%s prefill n=%d, TFLOP/s: 16 bits %.0f", model.name, static_cast<int>(n),
                  step.operations / wide_ms / 1e9);
      for (const auto& [options, name] : {std::pair{Fp8Linear::Options{false, true}, "8 bits"},
                                          {{true, true}, "fast sums"},
                                          {{false, false}, "own scales"}}) {
        Fp8Linear small(device.stream, n, kMaxCols, options);
        const auto all = [&] {
          for (const Fp8LinearArgs& args : step.small) small.run(args);
        };
        all();
        std::printf(", %s %.0f", name, step.operations / device.graph_ms(all) / 1e9);
      }
      double moved = 0.0;
      for (const Fp8LinearArgs& args : step.small) {
        moved += 3.0 * static_cast<double>(n * args.cols);
      }
      std::printf("; quantizing %.3f ms, floor %.3f\n", quantizing_ms(device, step),
                  moved / device.copy_rate * 1e3);
      std::fflush(stdout);
    }
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
  if (wants("tables")) measure_tables(device);
  if (wants("prefill")) measure_prefill(device);
  if (!first_failure().empty()) std::printf("FAILED: %s\n", first_failure().c_str());
  return first_failure().empty() ? 0 : 1;
}
