// What a checkpoint stores in another type or order than the products want, put right on the
// device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

/// output [rows, cols] of `output_dtype` = input of `input_dtype`, stored [rows, cols] or, when
/// `transposed`, [cols, rows]. Rounds to nearest, through float32.
void convert(const void* input, DType input_dtype, void* output, DType output_dtype,
             std::int64_t rows, std::int64_t cols, bool transposed, cudaStream_t stream);

/// output[r] = table[offsets[r] .. + cols): elements of `element_bytes`, output [rows, cols].
void gather_windows(const void* table, const std::uint32_t* offsets, void* output,
                    std::size_t element_bytes, std::int64_t rows, std::int64_t cols,
                    cudaStream_t stream);

/// parts [num_parts, n, cols] side by side: output [n, num_parts * cols].
void join_columns(const float* parts, float* output, std::int64_t num_parts, std::int64_t n,
                  std::int64_t cols, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
