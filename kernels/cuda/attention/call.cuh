// One attention call as the kernels see it: where a paged key lies, and which kernel takes what.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace octavo::kernels::cuda {

/// The part of a cache that one layer sees, counted in rows of head_dim elements: a block and a row
/// in it are a key or a value, and a scale where there are scales (`KvCacheView`).
struct PagedRows {
  const void* data = nullptr;
  const std::int32_t* cu_blocks = nullptr;
  const std::int32_t* block_tables = nullptr;
  std::uint32_t rows_per_block = 0;  ///< All layers, keys, values and scales.
  std::uint32_t layer_row = 0;       ///< From the start of a block to the layer's first key.
  std::uint32_t value_rows = 0;      ///< From a key to its value.
  std::uint32_t scale_row = 0;       ///< From the start of a block to its first scale.
  std::uint32_t block_size = 0;

  /// The byte of a key's scale, counted from `data`; its value's is `value_rows` further.
  __device__ __forceinline__ std::size_t scale_at(std::uint32_t block, std::uint32_t row_in_block,
                                                  std::uint32_t head_dim) const {
    return (static_cast<std::size_t>(block) * rows_per_block + scale_row) * head_dim + row_in_block;
  }
};

struct AttentionCall {
  PagedRows cache;
  const void* query = nullptr;
  void* output = nullptr;
  const void* plan = nullptr;        ///< As `plan_attention` lists it.
  std::int32_t* schedule = nullptr;  ///< [2]: items that blocks have taken, blocks that have ended.
  std::int32_t* counters = nullptr;  ///< Finished chunks, by DecodeItem::counter and KV head.
  float* partials = nullptr;         ///< [slot][num_heads][head_dim]: weighted values, undivided.
  float* softmax = nullptr;          ///< [slot][num_heads][2]: the largest score, the sum.
  std::int32_t num_heads = 0;
  std::int32_t num_kv_heads = 0;
  std::int32_t group = 0;  ///< Query heads per KV head.
  std::int32_t head_dim = 0;
  std::int32_t window = 0;  ///< 0: none.
  float scale = 1.0F;
  float soft_cap = 0.0F;  ///< 0: none.
  /// Whether all but the queries and the step's own keys and values is there before the kernel
  /// ahead ends, see `attention`.
  bool starts_early = false;
};

/// Enqueue the plan's items, or its tiles, for 16-bit activations T and a cache of T or E4m3. False
/// when there is no such kernel: heads of another size, large groups, too little shared memory.
template <class T, class Cache>
bool start_decode(const AttentionCall& call, cudaStream_t stream);
template <class T, class Cache>
bool start_prefill(const AttentionCall& call, std::int64_t num_tiles, cudaStream_t stream);

}  // namespace octavo::kernels::cuda
