// The product of a few rows of input with a large weight matrix, as fast as the weights can be
// read.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>

#include "kernels/cuda/linear/linear.hpp"

namespace octavo::kernels::cuda {

/// What a device has for it.
struct SkinnyDevice {
  int multiprocessors = 0;
  std::int64_t max_tokens = 0;  ///< By its shared memory; 0: nothing runs.
};

/// What the current device has; makes the kernels ready there.
SkinnyDevice prepare_skinny_linear();

/// Whether `skinny_linear` can do this product, and wins by measurement.
bool is_skinny(const LinearArgs& args, const SkinnyDevice& device);

/// Enqueues the product. Every row of the output depends on its row of the input alone.
void skinny_linear(const LinearArgs& args, const SkinnyDevice& device, cudaStream_t stream);

/// Enqueues converted[i] = bias[i], elements of `dtype`.
void convert_bias(const float* bias, DType dtype, void* converted, std::int64_t count,
                  cudaStream_t stream);

/// A block never shares its multiprocessor with one of another product. With products alone two are
/// a little faster; in a model, where a block of the product after next then sits in the way of the
/// small kernels between them, a token of Llama-3-8B took 6.14 ms instead of 5.34 (H100).
inline constexpr int kAloneBytes = 120 * 1024;

template <class Plan>
inline constexpr int shared_bytes = std::max<int>(Plan::kSharedBytes, kAloneBytes);

}  // namespace octavo::kernels::cuda
