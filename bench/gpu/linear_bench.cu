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

#include "bench/gpu/model_products.cuh"
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/linear/linear.hpp"
#include "kernels/cuda/linear/skinny_linear.hpp"
#include "kernels/cuda/linear/skinny_product.cuh"
#include "kernels/cuda/linear/streamk_start.cuh"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

using Device = ProductDevice;

/// The products of one step, in order. Each reads what lies in `input`: their order and overlap are
/// those of a model all the same, since every kernel waits for the one ahead.
std::vector<LinearArgs> step_of(const ModelShape& model, const Device& device, std::int64_t n) {
  std::vector<LinearArgs> products;
  const char* weight = device.pool;
  for_each_product(model, model.layers, true, [&](const MatrixShape& shape, bool is_head) {
    products.push_back({device.input, weight, nullptr, device.output, DType::kBF16,
                        is_head ? DType::kF32 : DType::kBF16, n, shape.rows, shape.cols});
    weight += shape.rows * shape.cols * 2;
  });
  return products;
}

double bytes_of(const std::vector<LinearArgs>& products) {
  double bytes = 0.0;
  for (const LinearArgs& args : products) bytes += 2.0 * args.rows * args.cols;
  return bytes;
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
  measure_plan<Plan16<1, 1, 4>>(device, "");
  measure_plan<Plan16<1, 1, 4>>(device, "no overlap", false);
  measure_plan<Plan16<1, 1, 8>>(device, "");
  measure_plan<Plan16<2, 1, 5, 4>>(device, "");
  measure_plan<Plan16<1, 2, 3>>(device, "");
  measure_plan<Plan16<1, 2, 6>>(device, "");
  measure_plan<Plan16<2, 2, 4>>(device, "");
  measure_plan<Plan16<2, 2, 4>>(device, "no overlap", false);
  measure_plan<Plan16<2, 2, 4, 4>>(device, "");
  measure_plan<Plan16<2, 4, 3>>(device, "");
  measure_plan<Plan16<3, 4, 5, 4>>(device, "");
  measure_plan<Plan16<4, 4, 4, 4>>(device, "");
  measure_plan<Plan16<2, 8, 2>>(device, "");
  measure_plan<Plan16<4, 8, 3, 4>>(device, "");
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
  for (std::int64_t n : {std::int64_t{2048}, Device::kMaxTokens}) {
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
