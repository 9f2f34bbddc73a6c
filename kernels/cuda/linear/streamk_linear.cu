#include "kernels/cuda/linear/streamk_linear.hpp"

#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/linear/streamk_start.cuh"

namespace octavo::kernels::cuda {

namespace {

// A step's products on an H100, as parts of the floor, by bench/gpu/linear_bench.cu:
//
//   tokens       48    64    96    128     the library (tuned):  64           96           128
//   Llama-3-8B   0.90  0.90  0.83  0.82                          0.86 (0.88)  0.83 (0.84)  0.82
//   (0.85) OPT-13B      0.90  0.90  0.87  0.86                          0.88 (0.89)  0.85 (0.85)
//   0.84 (0.84) Qwen3-0.6B   0.47  0.46  0.36  0.35                          0.47 (0.47)  0.45
//   (0.46)  0.45 (0.47)
//
// In a model it gains more: it activates, and overlaps with the kernels around it.
using Tens = StreamKPlan<64, 8>;
using Hundred = StreamKPlan<128, 6>;

template <class... Plans>
bool prepare_all() {
  return (prepare_streamk<__half, Plans>() && ...) &&
         (prepare_streamk<__nv_bfloat16, Plans>() && ...);
}

template <class T>
void start_best(const LinearArgs& args, const StreamKDevice& device, void* workspace,
                cudaStream_t stream) {
  if (args.n <= Tens::kTokens) {
    start_streamk<T, Tens>(args, device, workspace, stream);
  } else {
    start_streamk<T, Hundred>(args, device, workspace, stream);
  }
}

/// Matrices of fewer elements use only Tens: the parts of a small one cost too much to add.
constexpr std::int64_t kManyElements = std::int64_t{1} << 23;

}  // namespace

StreamKDevice prepare_streamk_linear() {
  StreamKDevice found;
  if (device_limits().compute_capability != 90) return found;
  void* encode = nullptr;
  cudaDriverEntryPointQueryResult status{};
  if (!OCTAVO_CUDA(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &encode, 12000,
                                                    cudaEnableDefault, &status)) ||
      status != cudaDriverEntryPointSuccess || !prepare_all<Tens, Hundred>()) {
    return found;
  }
  found.multiprocessors = device_limits().multiprocessors;
  found.encode = reinterpret_cast<decltype(found.encode)>(encode);
  return found;
}

std::size_t streamk_workspace_bytes(const StreamKDevice& device) {
  return kReadyBytes + static_cast<std::size_t>(device.multiprocessors) * Hundred::kRows *
                           Hundred::kTokens * sizeof(float);
}

bool is_streamk(const LinearArgs& args, const StreamKDevice& device) {
  const bool is_gated = args.activation && args.activation->is_gated;
  const std::int64_t width = is_gated ? args.rows / 2 : args.rows;
  const bool has_chunks = width % 8 == 0 && args.output_dtype != DType::kF32;
  const std::int64_t most =
      args.rows * args.cols < kManyElements ? Tens::kTokens : Hundred::kTokens;
  return device.multiprocessors > 0 && args.dtype != DType::kF32 && args.n <= most &&
         args.cols % 8 == 0 && args.rows <= INT32_MAX && args.cols <= INT32_MAX / 2 &&
         (has_chunks || (args.output_dtype == DType::kF32 && !args.activation)) &&
         is_aligned(args.input) && is_aligned(args.weight) && is_aligned(args.output);
}

void streamk_linear(const LinearArgs& args, const StreamKDevice& device, void* workspace,
                    cudaStream_t stream) {
  if (args.dtype == DType::kF16) {
    start_best<__half>(args, device, workspace, stream);
  } else {
    start_best<__nv_bfloat16>(args, device, workspace, stream);
  }
}

}  // namespace octavo::kernels::cuda
