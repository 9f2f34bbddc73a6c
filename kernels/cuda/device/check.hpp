// A failed CUDA call makes everything after it meaningless, and the device may be lost for good:
// the first failure of the process is kept, with its expression, its place and CUDA's text, and
// every later call is allowed to fail in its shadow. Whoever ends a step looks here.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace octavo::kernels::cuda {

/// Keeps the first failure. Thread: any.
void record_failure(const char* expression, const char* file, int line, const std::string& what);
/// The first failure; empty: none. Thread: any.
std::string first_failure();

/// False, and kept, when `status` is an error.
inline bool check(cudaError_t status, const char* expression, const char* file, int line) {
  if (status == cudaSuccess) return true;
  record_failure(expression, file, line,
                 std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status));
  return false;
}

}  // namespace octavo::kernels::cuda

#define OCTAVO_CUDA(expression) \
  ::octavo::kernels::cuda::check((expression), #expression, __FILE__, __LINE__)
