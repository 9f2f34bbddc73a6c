// Norms: a thread block per row. Widths of models keep their row in registers, so memory is read
// once; the weights are read while the kernel before this one still runs.
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/rows/row_packs.cuh"
#include "kernels/cuda/rows/rows.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kMaxThreads = 512;
constexpr int kLanes = 8;  ///< Elements of a thread's pack: 16 bytes of 16-bit activations.
constexpr int kMaxPacks = 4;

/// Sum over the block, the same in every thread. `partial`: one float per warp, used once.
__device__ __forceinline__ float block_sum(float value, float* partial) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(~0U, value, offset);
  }
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  if (lane == 0) partial[warp] = value;
  __syncthreads();
  value = lane < static_cast<int>(blockDim.x) / kWarp ? partial[lane] : 0.0F;
#pragma unroll
  for (int offset = kMaxThreads / kWarp / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(~0U, value, offset);
  }
  return __shfl_sync(~0U, value, 0);
}

struct Moments {
  float mean = 0.0F;
  float scale = 0.0F;
};

/// `sum_of(term)`: the sum of term(value) over the row's values that this thread has.
template <class SumOf>
__device__ __forceinline__ Moments moments(const NormArgs& args, const SumOf& sum_of) {
  __shared__ float partial[2][kMaxThreads / kWarp];
  const auto width = static_cast<float>(args.width);
  float mean = 0.0F;
  if (args.kind == NormKind::kLayer) {
    mean = block_sum(sum_of([](float x) { return x; }), partial[0]) / width;
  }
  const float square =
      block_sum(sum_of([mean](float x) { return (x - mean) * (x - mean); }), partial[1]);
  return {mean, rsqrtf(square / width + args.epsilon)};
}

template <class T, int kPacks>
__global__ void __launch_bounds__(kMaxThreads) norm_in_registers(const NormArgs args) {
  let_next_start();
  const int width = static_cast<int>(args.width);
  float weight[kPacks][kLanes];
  float bias[kPacks][kLanes] = {};
  const auto column = [&](int p) {
    return static_cast<int>(p * blockDim.x + threadIdx.x) * kLanes;
  };
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    if (column(p) >= width) break;
    load_pack<kLanes>(args.weight + column(p), weight[p]);
    if (args.bias != nullptr) load_pack<kLanes>(args.bias + column(p), bias[p]);
  }
  wait_for_inputs();

  const std::int64_t token = blockIdx.x;
  const std::int64_t from = (args.rows != nullptr ? args.rows[token] : token) * args.width;
  float values[kPacks][kLanes] = {};
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    if (column(p) >= width) break;
    float* residual = args.residual + from + column(p);
    load_pack<kLanes>(residual, values[p]);
    if (args.input == nullptr) continue;
    float added[kLanes];
    load_pack<kLanes>(static_cast<const T*>(args.input) + from + column(p), added);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) values[p][i] += added[i];
    if (args.rows == nullptr) store_pack<kLanes>(residual, values[p]);
  }
  const Moments row = moments(args, [&](const auto& term) {
    float sum = 0.0F;
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      if (column(p) >= width) break;
#pragma unroll
      for (int i = 0; i < kLanes; ++i) sum += term(values[p][i]);
    }
    return sum;
  });
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    if (column(p) >= width) break;
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      values[p][i] =
          (values[p][i] - row.mean) * row.scale * (weight[p][i] + args.weight_offset) + bias[p][i];
    }
    store_pack<kLanes>(static_cast<T*>(args.output) + token * args.width + column(p), values[p]);
  }
}

/// Widths that are no multiple of a pack, or too long for registers: reads the row once per pass.
template <class T>
__global__ void __launch_bounds__(kMaxThreads) norm_any_width(const NormArgs args) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t token = blockIdx.x;
  const bool is_gathered = args.rows != nullptr;
  float* residual = args.residual + (is_gathered ? args.rows[token] : token) * args.width;
  const T* input = args.input == nullptr
                       ? nullptr
                       : static_cast<const T*>(args.input) + (residual - args.residual);
  if (!is_gathered && input != nullptr) {
    for (std::int64_t c = threadIdx.x; c < args.width; c += blockDim.x) {
      residual[c] += to_float(input[c]);
    }
    input = nullptr;  // `output` may be the same memory
  }
  const auto value = [&](std::int64_t c) {
    return residual[c] + (input != nullptr ? to_float(input[c]) : 0.0F);
  };
  const Moments row = moments(args, [&](const auto& term) {
    float sum = 0.0F;
    for (std::int64_t c = threadIdx.x; c < args.width; c += blockDim.x) sum += term(value(c));
    return sum;
  });
  T* output = static_cast<T*>(args.output) + token * args.width;
  for (std::int64_t c = threadIdx.x; c < args.width; c += blockDim.x) {
    const float bias = args.bias != nullptr ? args.bias[c] : 0.0F;
    output[c] = from_float<T>(
        (value(c) - row.mean) * row.scale * (args.weight[c] + args.weight_offset) + bias);
  }
}

}  // namespace

void norm(const NormArgs& args, DType activation, cudaStream_t stream) {
  if (args.num_tokens == 0 || args.width == 0) return;
  const std::int64_t packs = ceil_div(args.width, kLanes);
  const std::int64_t packs_per_thread = ceil_div(packs, kMaxThreads);
  const dim3 grid(static_cast<unsigned>(args.num_tokens));
  with_type(activation, [&]<class T>(T) {
    if (args.width % kLanes != 0 || packs_per_thread > kMaxPacks) {
      return launch(norm_any_width<T>, grid, kMaxThreads, 0, stream, args);
    }
    const std::int64_t threads =
        ceil_div(ceil_div(packs, packs_per_thread), kWarp) * kWarp;  // an even share for each
    const auto kernel = packs_per_thread == 1   ? norm_in_registers<T, 1>
                        : packs_per_thread == 2 ? norm_in_registers<T, 2>
                                                : norm_in_registers<T, kMaxPacks>;
    launch(kernel, grid, static_cast<unsigned>(threads), 0, stream, args);
  });
}

}  // namespace octavo::kernels::cuda
