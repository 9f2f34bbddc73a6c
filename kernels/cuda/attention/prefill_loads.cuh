// How queries, and tiles of paged keys and values, come into shared memory.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/attention/prefill_work.cuh"
#include "kernels/cuda/ptx/async_copy.cuh"
#include "kernels/cuda/ptx/shared_memory.cuh"
#include "kernels/cuda/rows/e4m3.cuh"

namespace octavo::kernels::cuda {

/// Keys beyond those seen count as the nearest: their weight will be 0, and what lies in unused
/// slots may be anything.
template <class Cache>
__device__ __forceinline__ KeyPlace place_of_key(const AttentionCall& call, const PrefillWork& work,
                                                 int key) {
  const auto token = static_cast<std::uint32_t>(min(key, work.key_end - 1));
  const std::uint32_t index = token / call.cache.block_size;
  const auto block =
      static_cast<std::uint32_t>(__ldg(call.cache.block_tables + work.table + index));
  const std::uint32_t row_in_block = call.cache.layer_row + work.kv_head * call.cache.block_size +
                                     token - index * call.cache.block_size;
  KeyPlace place{.row = block * call.cache.rows_per_block + row_in_block};
  if constexpr (std::is_same_v<Cache, E4m3>) {
    const auto* const scale = static_cast<const std::uint8_t*>(call.cache.data) +
                              call.cache.scale_at(block, row_in_block, call.head_dim);
    place.scales = __ldg(scale) | static_cast<std::uint32_t>(__ldg(scale + call.cache.value_rows))
                                      << 8;
  }
  return place;
}

/// A tile of keys and its values, after them. 8-bit elements are widened on their way, by the
/// threads that load them.
template <class T, class Cache, class Traits>
__device__ __forceinline__ void load_keys(const AttentionCall& call, const KeyPlace* places,
                                          std::uint16_t* keys) {
  using Element = std::conditional_t<std::is_same_v<Cache, E4m3>, std::uint8_t, std::uint16_t>;
  constexpr int kHeadDim = Traits::kHeadDim;
  constexpr int kPieces = kHeadDim / 8;
  const auto* const data = static_cast<const Element*>(call.cache.data);
  const std::size_t to_values = static_cast<std::size_t>(call.cache.value_rows) * kHeadDim;
#pragma unroll
  for (int i = 0; i < Traits::kKeys * kPieces / Traits::kThreads; ++i) {
    const int piece = i * Traits::kThreads + threadIdx.x;
    const int key = piece / kPieces;
    const int column = piece % kPieces;
    const Element* const source =
        data + static_cast<std::size_t>(places[key].row) * kHeadDim + column * 8;
    const int target = Traits::key_offset(key, column);
    if constexpr (std::is_same_v<Cache, E4m3>) {
      const std::uint32_t scales = places[key].scales;
      *reinterpret_cast<uint4*>(keys + target) =
          widen_8<T>(__ldg(reinterpret_cast<const uint2*>(source)),
                     scale_pair<T>(static_cast<std::uint8_t>(scales)));
      *reinterpret_cast<uint4*>(keys + Traits::kKeyElements + target) =
          widen_8<T>(__ldg(reinterpret_cast<const uint2*>(source + to_values)),
                     scale_pair<T>(static_cast<std::uint8_t>(scales >> 8)));
    } else {
      copy_async_16(shared_address(keys + target), source);
      copy_async_16(shared_address(keys + Traits::kKeyElements + target), source + to_values);
    }
  }
}

/// The block's queries; rows that it does not have are zeros.
template <class Traits>
__device__ __forceinline__ void load_queries(const AttentionCall& call, const PrefillWork& work,
                                             std::uint16_t* queries) {
  constexpr int kPieces = Traits::kHeadDim / 8;
#pragma unroll
  for (int i = 0; i < Traits::kRows * kPieces / Traits::kThreads; ++i) {
    const int piece = i * Traits::kThreads + threadIdx.x;
    const int row = piece / kPieces;
    const int column = piece % kPieces;
    std::uint16_t* const target = queries + Traits::query_offset(row, column);
    if (work.holds(row, call.group)) {
      const auto* const query = static_cast<const std::uint16_t*>(call.query);
      copy_async_16(shared_address(target), query + work.element_of(row, call) + column * 8);
    } else {
      *reinterpret_cast<uint4*>(target) = make_uint4(0U, 0U, 0U, 0U);
    }
  }
}

}  // namespace octavo::kernels::cuda
