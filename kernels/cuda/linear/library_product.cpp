#include "kernels/cuda/linear/library_product.hpp"

#include "kernels/cuda/linear/skinny_linear.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

}  // namespace

ProductLibrary::ProductLibrary(cudaStream_t stream)
    : stream_(stream),
      workspace_(Memory::Place::kDevice, kWorkspaceBytes),
      bias_area_(Memory::Place::kDevice, static_cast<std::size_t>(kMaxBias) * sizeof(float)) {
  if (workspace_.data() == nullptr || bias_area_.data() == nullptr) return;
  OCTAVO_LT(cublasLtCreate(&handle_));
}

ProductLibrary::~ProductLibrary() {
  if (handle_ != nullptr) cublasLtDestroy(handle_);
}

bool ProductLibrary::describe(const ProductShape& shape, LibraryProduct& product) const {
  const auto rows = static_cast<std::uint64_t>(shape.rows);
  const auto cols = static_cast<std::uint64_t>(shape.cols);
  const auto n = static_cast<std::uint64_t>(shape.n);
  const cudaDataType_t type = library_type(shape.dtype);
  const cudaDataType_t output_type = library_type(shape.output_dtype);
  return OCTAVO_LT(cublasLtMatmulDescInit(&product.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F)) &&
         product.set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.weight, type, cols, rows, shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.input, type, cols, n, shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.output, output_type, rows, n, shape.rows));
}

std::vector<cublasLtMatmulAlgo_t> ProductLibrary::algorithms(const ProductShape& shape,
                                                             LibraryProduct& product,
                                                             int count) const {
  cublasLtMatmulPreferenceOpaque_t preference;
  // Parts of a sum are added in float32, never rounded in between.
  const std::uint32_t reduction = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    return OCTAVO_LT(
        cublasLtMatmulPreferenceSetAttribute(&preference, attribute, &value, sizeof value));
  };
  std::vector<cublasLtMatmulHeuristicResult_t> found(static_cast<std::size_t>(count));
  int returned = 0;
  const bool is_found =
      OCTAVO_LT(cublasLtMatmulPreferenceInit(&preference)) &&
      prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes) &&
      prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reduction) &&
      prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, shape.alignment) &&
      prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, shape.alignment) &&
      prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, shape.alignment) &&
      prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, shape.alignment) &&
      cublasLtMatmulAlgoGetHeuristic(handle_, &product.operation, &product.weight, &product.input,
                                     &product.output, &product.output, &preference, count,
                                     found.data(), &returned) == CUBLAS_STATUS_SUCCESS;
  std::vector<cublasLtMatmulAlgo_t> algorithms;
  if (!is_found) return algorithms;
  found.resize(static_cast<std::size_t>(returned));
  for (const cublasLtMatmulHeuristicResult_t& each : found) {
    if (each.state == CUBLAS_STATUS_SUCCESS) algorithms.push_back(each.algo);
  }
  return algorithms;
}

bool ProductLibrary::place_bias(const float* bias, DType dtype, std::int64_t rows) const {
  if (rows > kMaxBias) {
    record_failure("rows <= kMaxBias", __FILE__, __LINE__, "too many rows for a bias");
    return false;
  }
  convert_bias(bias, dtype, bias_area_.data(), rows, stream_);
  return true;
}

void ProductLibrary::multiply(LibraryProduct& product, const cublasLtMatmulAlgo_t& algorithm,
                              const void* input, const void* weight, void* output) const {
  const float one = 1.0F;
  const float zero = 0.0F;
  OCTAVO_LT(cublasLtMatmul(handle_, &product.operation, &one, weight, &product.weight, input,
                           &product.input, &zero, output, &product.output, output, &product.output,
                           &algorithm, workspace_.data(), kWorkspaceBytes, stream_));
}

}  // namespace octavo::kernels::cuda
