// The product of some ten to some hundred rows of input with a large weight matrix, close to the
// time of reading the weights. Hopper's alone.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include "kernels/cuda/linear/linear.hpp"

namespace octavo::kernels::cuda {

/// What a device has for it.
struct StreamKDevice {
  int multiprocessors = 0;                             ///< 0: nothing runs.
  decltype(&cuTensorMapEncodeTiled) encode = nullptr;  ///< The driver's, found when asked for.
};

/// What the current device has; makes the kernels ready there.
StreamKDevice prepare_streamk_linear();

/// Device memory that products of one stream take turns with: partial sums, and marks that they
/// are there. Zeroed once; the kernels leave the marks zeros.
std::size_t streamk_workspace_bytes(const StreamKDevice& device);

/// Whether `streamk_linear` can do this product, and wins by measurement.
bool is_streamk(const LinearArgs& args, const StreamKDevice& device);

/// Enqueues the product.
void streamk_linear(const LinearArgs& args, const StreamKDevice& device, void* workspace,
                    cudaStream_t stream);

}  // namespace octavo::kernels::cuda
