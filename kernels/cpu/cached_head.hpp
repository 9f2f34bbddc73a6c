// Where one token's key or value of one head lies in a cache, and how it becomes 8-bit floats.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/host/half.hpp"
#include "kernels/kv_cache_view.hpp"

namespace octavo::kernels::cpu {

/// Element d at first + d * stride. `scale`: the element whose byte is the scale, where there is
/// one.
struct CachedHead {
  std::int64_t first = 0;
  std::int64_t stride = 1;
  std::int64_t scale = 0;
};

inline CachedHead cached_head(const KvCacheView& cache, std::int64_t block, std::int64_t layer,
                              bool values, std::int64_t head, std::int64_t offset) {
  const std::int64_t begin = block * cache.elements_per_block();
  const std::int64_t run = (layer * 2 + (values ? 1 : 0)) * cache.num_kv_heads + head;
  const std::int64_t first = begin + run * cache.block_size * cache.head_dim;
  const std::int64_t scale =
      begin + cache.rows_per_block() * cache.head_dim + run * cache.block_size + offset;
  if (values) return {first + offset * cache.head_dim, 1, scale};
  return {first + offset, cache.block_size, scale};
}

/// Stores [head_dim] values where the cache has 8-bit elements.
inline void store_head_f8(const KvCacheView& cache, const CachedHead& head, const float* values) {
  std::uint32_t largest = 0;  // as bits, which order magnitudes, NaN above all
  for (std::int64_t d = 0; d < cache.head_dim; ++d) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(values[d]) & 0x7fffffffU);
  }
  const std::uint8_t scale = f8_scale_of(largest);
  auto* elements = static_cast<std::uint8_t*>(cache.data);
  elements[head.scale] = scale;
  const float factor = 1.0F / f8_scale(scale);
  for (std::int64_t d = 0; d < cache.head_dim; ++d) {
    elements[head.first + d * head.stride] = from_float<F8>(values[d] * factor).bits;
  }
}

/// Calls `f` with a value of the element type of a cache.
template <class F>
decltype(auto) with_cache_type(DType dtype, F&& f) {
  if (dtype == DType::kF8) return f(F8{});
  return with_type(dtype, f);
}

}  // namespace octavo::kernels::cpu
