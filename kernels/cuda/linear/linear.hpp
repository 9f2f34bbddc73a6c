// Matrix products: the library's for many rows, which it does best, and kernels of our own for
// fewer, where the time is that of reading the weights once.
//
// Data flow: input [n, cols] x weight [rows, cols]^T (+ bias [rows]) -> output [n, rows], or,
// gated, act(first half) x second half -> [n, rows / 2]. By n, on Hopper: up to 32 skinny_linear,
// up to 64 or 128 streamk_linear, beyond that and in float32 cuBLASLt (library_product.hpp).
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

/// Aligned to the 16 bytes that vector loads, bulk copies and the library's 8-bit kernels ask for.
inline bool is_aligned(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

/// What becomes of a product before it is written.
struct LinearActivation {
  Activation kind = Activation::kSilu;
  /// output [n, rows / 2] = act(the first half of the rows) x the second half.
  bool is_gated = false;
};

/// output [n, rows] = input [n, cols] x weight [rows, cols]^T + bias. Device pointers, row-major.
struct LinearArgs {
  const void* input = nullptr;
  const void* weight = nullptr;
  const float* bias = nullptr;  ///< [rows] float32, or null
  void* output = nullptr;
  DType dtype = DType::kBF16;         ///< The type of input and weight.
  DType output_dtype = DType::kBF16;  ///< `dtype` or kF32.
  std::int64_t n = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::optional<LinearActivation> activation = std::nullopt;  ///< Only where `activates` says so.
};

/// One per device and stream. Takes its workspace when made. Sums in float32; float32 inputs are
/// multiplied as float32 (no TF32). On Hopper a 16-bit product with more than 2048 columns (a
/// multiple of 8) gives a row of input the same bits in any company of up to 32 rows; one with
/// fewer columns, or on Ampere, of up to 16. Beyond, the way of summing depends on the number of
/// rows: on Hopper `streamk_linear` up to 64, or 128 with a large weight, then the library.
///
/// Weights and biases are read before the kernels ahead in the stream have ended: whoever wrote
/// them has been waited for by the host (or by an event), not only enqueued.
class Linear {
 public:
  explicit Linear(cudaStream_t stream);
  ~Linear();
  Linear(const Linear&) = delete;
  Linear& operator=(const Linear&) = delete;

  /// Whether `run` can do the activation in the product.
  bool activates(const LinearArgs& args) const;
  /// Enqueues one product. May be recorded into a graph: takes no memory, waits for nothing.
  void run(const LinearArgs& args);

  /// The same through the library, whatever the shape: for comparison.
  void run_library(const LinearArgs& args);

  /// Times the library's candidates for these products and keeps the best of each shape; without
  /// this its first guess is taken. Writes the outputs, waits, and must not be recorded; not on the
  /// default stream. Products of one shape take turns: give as many as outgrow the L2 cache, as the
  /// layers of a model do.
  void tune(std::span<const LinearArgs> products);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo::kernels::cuda
