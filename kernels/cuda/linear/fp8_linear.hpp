// Matrix products with weights of 8 bits (e4m3: four bits of exponent, three of mantissa) and one
// float32 scale per row of the weight. Few tokens: the weights are read once, half the bytes of
// 16-bit ones, and multiplied with the inputs as they are. Many tokens: the inputs are quantized
// too, each token with a scale of its own, for the matrix units' 8-bit rate.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>

#include "kernels/cuda/linear/skinny_linear.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

/// Enqueues output [rows, cols] = e4m3(input x 448 / m) and scales [rows] = m / 448, with m the
/// largest magnitude of the row; of a row of zeros the scale is 1. Rounds to nearest, ties to even.
/// A NaN stays one. Any number of columns.
void quantize_rows(const void* input, DType dtype, std::int64_t rows, std::int64_t cols,
                   std::uint8_t* output, float* scales, cudaStream_t stream);

/// output [n, rows] = input [n, cols] x (weight [rows, cols] x scales [rows])^T + bias. Device
/// pointers, row-major. `cols` is a multiple of 16; input and weight are aligned to 16 bytes.
struct Fp8LinearArgs {
  const void* input = nullptr;
  const std::uint8_t* weight = nullptr;  ///< e4m3
  const float* scales = nullptr;         ///< [rows], of the weight.
  const float* bias = nullptr;           ///< [rows] float32, or null
  void* output = nullptr;
  DType dtype = DType::kBF16;         ///< The type of the input: kBF16 or kF16.
  DType output_dtype = DType::kBF16;  ///< `dtype` or kF32.
  std::int64_t n = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

/// One per device and stream. Takes its workspace when made. On Hopper up to 32 tokens are few:
/// summed in float32, and one's output does not depend on the others. Beyond, the library chooses
/// by the number of tokens; where it has no way (rows no multiple of 16) the few's goes on in
/// parts. The library's products take long to start: beyond the few, small matrices gain nothing
/// over 16 bits (Qwen3-0.6B at 64 tokens: 1.14 ms a step instead of 0.83, on an H100).
///
/// Weights, scales and biases are read before the kernels ahead in the stream have ended: whoever
/// wrote them has been waited for by the host (or by an event), not only enqueued.
class Fp8Linear {
 public:
  /// What the library is asked for; all but the first for comparison.
  struct Options {
    bool fast_sums = false;      ///< Sums of many tokens stay in the matrix units, less precise.
    bool library_scales = true;  ///< Scales applied by the library where it can.
  };

  /// Room for `max_tokens` quantized inputs of `max_cols` columns; more tokens go in parts.
  Fp8Linear(cudaStream_t stream, std::int64_t max_tokens, std::int64_t max_cols);
  Fp8Linear(cudaStream_t stream, std::int64_t max_tokens, std::int64_t max_cols,
            const Options& options);
  ~Fp8Linear();
  Fp8Linear(const Fp8Linear&) = delete;
  Fp8Linear& operator=(const Fp8Linear&) = delete;

  /// Whether the current device has the instructions (compute capability 8.9 or 9 and later).
  static bool is_supported();

  /// Enqueues one product. May be recorded into a graph: takes no memory, waits for nothing.
  void run(const Fp8LinearArgs& args);
  /// The same by the way for many tokens, where that exists: for comparison.
  void run_library(const Fp8LinearArgs& args);

  /// Whether `run` rounds the inputs of this product to 8 bits as well.
  bool quantizes_input(const Fp8LinearArgs& args);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What the current device has for the product of few tokens; makes the kernels ready there.
SkinnyDevice prepare_fp8_skinny();

/// Whether that product can be done at all.
bool can_run_fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device);
/// Whether it also wins by measurement.
bool is_fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device);

/// Enqueues the product, of any number of tokens; beyond the most that one kernel takes, in parts.
void fp8_skinny(const Fp8LinearArgs& args, const SkinnyDevice& device, cudaStream_t stream);

/// Enqueues output = sums [n, rows] x token_scales [n] x row_scales [rows] + bias. Null scales are
/// ones, a null bias zeros. `output` may be `sums` when it is float32.
void finish_sums(const float* sums, const float* token_scales, const float* row_scales,
                 const float* bias, void* output, DType output_dtype, std::int64_t n,
                 std::int64_t rows, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
