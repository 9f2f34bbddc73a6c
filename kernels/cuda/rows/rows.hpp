// Operations on rows, as launches on a stream: each the twin of the operation of the same name in
// kernels/cpu/reference_ops.cpp and reference_attention.cpp. `activation` is the element type of
// what the argument structs call activations; sums are float32. Pointers: device.
//
// Data flow, with T tokens:
//   embed              ids [T]                          -> residual [T, width] float32
//   norm               residual + input [T, width]      -> normed [T, width], residual updated
//   split_rotate_write qkv [T, (heads + 2 kv_heads) * head_dim] -> query; keys, values to the cache
//   gated_activation   [T, 2 * width]                   -> [T, width]
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

/// `sampled`: the tokens that -1 - i in `ids` stands for. The table is row-major [rows, cols].
void embed(const Matrix& table, const std::int32_t* ids, const std::int32_t* sampled,
           const Matrix* position_table, const std::int32_t* positions,
           std::int64_t position_offset, float* output, std::int64_t num_tokens,
           cudaStream_t stream);
void norm(const NormArgs& args, DType activation, cudaStream_t stream);
void split_rotate_write(const QkvArgs& args, DType activation, cudaStream_t stream);
void gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                      std::int64_t width, DType activation, cudaStream_t stream);
void activation(Activation kind, void* values, std::int64_t count, DType activation,
                cudaStream_t stream);
/// pairs: device, [num_pairs] (source, destination).
void copy_blocks(const KvCacheView& cache, const int2* pairs, std::int64_t num_pairs,
                 cudaStream_t stream);

}  // namespace octavo::kernels::cuda
