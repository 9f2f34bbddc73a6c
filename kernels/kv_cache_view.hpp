// Where the keys and values of a paged cache lie, in blocks of `block_size` tokens.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/tensor.hpp"

namespace octavo::kernels {

/// A block is one piece of memory with the keys and values of all layers,
/// `[num_layers][2][num_kv_heads]` runs of block_size x head_dim elements. Values lie
/// `[block_size][head_dim]`, and so do keys on a GPU. On the CPU keys lie `[head_dim][block_size]`,
/// because there a vector of scores takes one dimension of neighbouring tokens.
///
/// 8-bit elements (kF8) have a scale for each token and head, made when they are written, so that
/// they depend on nothing but themselves: a power of two, which costs no precision, as its biased
/// exponent in a byte (e8m0 of "OCP Microscaling Formats", 2023). The scales of a block come after
/// its runs, `[num_layers][2][num_kv_heads][block_size]`, filled up to whole rows of head_dim
/// bytes.
struct KvCacheView {
  void* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t num_blocks = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t block_size = 0;
  std::int64_t head_dim = 0;
  /// A row is the key or the value of one head and token.
  constexpr std::int64_t rows_per_block() const {
    return num_layers * 2 * num_kv_heads * block_size;
  }
  /// From one block to the next; more than the keys and values where there are scales.
  constexpr std::int64_t elements_per_block() const {
    const std::int64_t scale_rows =
        dtype == DType::kF8 ? (rows_per_block() + head_dim - 1) / head_dim : 0;
    return (rows_per_block() + scale_rows) * head_dim;
  }
  constexpr std::size_t bytes_per_block() const {
    return static_cast<std::size_t>(elements_per_block()) * size_of(dtype);
  }
};

}  // namespace octavo::kernels
