// cuBLASLt's errors and types in the words of this code.
#pragma once

#include <cublasLt.h>

#include <string>

#include "kernels/cuda/device/check.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

/// Records a failure, as OCTAVO_CUDA does; true when there is none.
inline bool check_library(cublasStatus_t status, const char* expression, const char* file,
                          int line) {
  if (status == CUBLAS_STATUS_SUCCESS) return true;
  record_failure(expression, file, line,
                 std::string("cuBLASLt: ") + cublasLtGetStatusString(status));
  return false;
}
#define OCTAVO_LT(expression) \
  ::octavo::kernels::cuda::check_library((expression), #expression, __FILE__, __LINE__)

inline cudaDataType_t library_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return CUDA_R_32F;
    case DType::kF16:
      return CUDA_R_16F;
    case DType::kF8:
      return CUDA_R_8F_E4M3;
    case DType::kBF16:
      break;
  }
  return CUDA_R_16BF;
}

}  // namespace octavo::kernels::cuda
