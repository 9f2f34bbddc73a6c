// Products by cuBLASLt, which wants each described at length before it runs: types and layouts of
// three matrices, an epilogue, and an algorithm that it was asked for. Descriptions are kept, since
// the products of a model come again with every step; so is what all products of a stream share.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/linear/cublas_lt.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

/// What a description and its algorithm are good for: output [n, rows] = input [n, cols] x weight
/// [rows, cols]^T, row-major.
struct ProductShape {
  std::int64_t n = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  DType dtype = DType::kBF16;  ///< Weight and input.
  DType output_dtype = DType::kBF16;
  bool has_bias = false;
  std::uint32_t alignment = 16;  ///< A power of two that divides all addresses.

  auto operator<=>(const ProductShape&) const = default;
};

/// One described product. The library sees columns where we see rows, so it computes
/// output^T = (weight^T)^T x input^T.
struct LibraryProduct {
  cublasLtMatmulDescOpaque_t operation;
  cublasLtMatrixLayoutOpaque_t weight;
  cublasLtMatrixLayoutOpaque_t input;
  cublasLtMatrixLayoutOpaque_t output;
  cublasLtMatmulAlgo_t algorithm;
  bool is_valid = false;  ///< Whether the library can do it.

  /// False, and recorded, when the library does not take the value.
  template <class Value>
  bool set(cublasLtMatmulDescAttributes_t attribute, const Value& value) {
    return OCTAVO_LT(cublasLtMatmulDescSetAttribute(&operation, attribute, &value, sizeof value));
  }
  bool set_bias(const void* bias) {
    return set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS) &&
           set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  }
};

/// What the library's products on one stream share: its handle, a workspace, and room for one bias
/// in the type of the output. The order of the stream keeps the users of both apart.
class ProductLibrary {
 public:
  /// The most rows of a matrix that has a bias.
  static constexpr std::int64_t kMaxBias = std::int64_t{1} << 20;

  explicit ProductLibrary(cudaStream_t stream);
  ~ProductLibrary();
  ProductLibrary(const ProductLibrary&) = delete;
  ProductLibrary& operator=(const ProductLibrary&) = delete;

  /// False when there was not enough memory for it.
  bool is_ready() const { return handle_ != nullptr; }
  cudaStream_t stream() const { return stream_; }
  const void* bias_area() const { return bias_area_.data(); }

  /// Describes types and layouts (sums in float32; float32 factors without TF32). A bias and scales
  /// are the caller's to set.
  bool describe(const ProductShape& shape, LibraryProduct& product) const;
  /// Up to `count` algorithms for a described product, the library's favourite first. Empty when it
  /// has none, which is no failure.
  std::vector<cublasLtMatmulAlgo_t> algorithms(const ProductShape& shape, LibraryProduct& product,
                                               int count) const;
  /// Enqueues bias_area = bias [rows], float32, as elements of `dtype`; after it the area is good
  /// for the next product. Fails for more rows than kMaxBias.
  bool place_bias(const float* bias, DType dtype, std::int64_t rows) const;
  /// Enqueues output = input x weight^T by that algorithm.
  void multiply(LibraryProduct& product, const cublasLtMatmulAlgo_t& algorithm, const void* input,
                const void* weight, void* output) const;

 private:
  cudaStream_t stream_;
  Memory workspace_;
  Memory bias_area_;
  cublasLtHandle_t handle_ = nullptr;
};

}  // namespace octavo::kernels::cuda
