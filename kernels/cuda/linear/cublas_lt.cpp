// cuBLASLt's functions under their own names, each a jump into the library, which is loaded by the
// first call. Those of its header that are inline use the `_internal` ones.
#include <cublasLt.h>

#include <cstddef>

#include "kernels/cuda/device/library.hpp"

namespace {

octavo::kernels::cuda::Library& library() {
  static octavo::kernels::cuda::Library loaded("libcublasLt.so.13");
  return loaded;
}

template <class Function>
struct Forward;

template <class Result, class... Args>
struct Forward<Result (*)(Args...)> {
  static Result call(void* function, Args... args) {
    if (function == nullptr) return Result(CUBLAS_STATUS_NOT_INITIALIZED);
    return reinterpret_cast<Result (*)(Args...)>(function)(args...);
  }
};

}  // namespace

#define OCTAVO_FORWARD(name, ...)                     \
  static void* const found = library().symbol(#name); \
  return Forward<decltype(&::name)>::call(found, __VA_ARGS__)

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { OCTAVO_FORWARD(cublasLtCreate, handle); }

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { OCTAVO_FORWARD(cublasLtDestroy, handle); }

const char* cublasLtGetStatusString(cublasStatus_t status) {
  static void* const found = library().symbol("cublasLtGetStatusString");
  if (found == nullptr) return "cuBLASLt is missing";
  return reinterpret_cast<decltype(&::cublasLtGetStatusString)>(found)(status);
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                              const void* alpha, const void* a, cublasLtMatrixLayout_t a_layout,
                              const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                              std::size_t workspace_bytes, cudaStream_t stream) {
  OCTAVO_FORWARD(cublasLtMatmul, handle, operation, alpha, a, a_layout, b, b_layout, beta, c,
                 c_layout, d, d_layout, algorithm, workspace, workspace_bytes, stream);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(
    cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a_layout,
    cublasLtMatrixLayout_t b_layout, cublasLtMatrixLayout_t c_layout,
    cublasLtMatrixLayout_t d_layout, cublasLtMatmulPreference_t preference, int num_asked,
    cublasLtMatmulHeuristicResult_t* results, int* num_found) {
  OCTAVO_FORWARD(cublasLtMatmulAlgoGetHeuristic, handle, operation, a_layout, b_layout, c_layout,
                 d_layout, preference, num_asked, results, num_found);
}

cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t operation, std::size_t size,
                                               cublasComputeType_t compute, cudaDataType_t scale) {
  OCTAVO_FORWARD(cublasLtMatmulDescInit_internal, operation, size, compute, scale);
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t size) {
  OCTAVO_FORWARD(cublasLtMatmulDescSetAttribute, operation, attribute, value, size);
}

cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t preference,
                                                     std::size_t size) {
  OCTAVO_FORWARD(cublasLtMatmulPreferenceInit_internal, preference, size);
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, std::size_t size) {
  OCTAVO_FORWARD(cublasLtMatmulPreferenceSetAttribute, preference, attribute, value, size);
}

cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, std::size_t size,
                                                 cudaDataType type, std::uint64_t rows,
                                                 std::uint64_t cols, std::int64_t stride) {
  OCTAVO_FORWARD(cublasLtMatrixLayoutInit_internal, layout, size, type, rows, cols, stride);
}

}  // extern "C"
