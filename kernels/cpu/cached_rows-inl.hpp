// How attention finds and loads the keys and values of neighbouring positions: where they lie in
// the blocks of a cache, or widened into a copy that many queries share. Included once per target.
#if defined(OCTAVO_KERNELS_CPU_CACHED_ROWS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTAVO_KERNELS_CPU_CACHED_ROWS_INL_HPP
#undef OCTAVO_KERNELS_CPU_CACHED_ROWS_INL_HPP
#else
#define OCTAVO_KERNELS_CPU_CACHED_ROWS_INL_HPP
#endif

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/attention.hpp"
#include "kernels/cpu/cached_head.hpp"
#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {

/// Where the keys and values of up to 64 positions lie, for key and value head 0.
template <class T>
struct Group {
  const T* keys[kGroupPositions];    ///< Dimension 0; the next is a block's size further.
  const T* values[kGroupPositions];  ///< Rows.
  const T* scales[kGroupPositions];  ///< The keys' scales; read where T is F8.
  std::int64_t count = 0;
};

/// Positions [first, first + count) of a sequence. Complexity: one division.
template <class T>
void find_rows(const AttentionArgs& args, const AttentionTile& tile, std::int64_t first,
               std::int64_t count, Group<T>& group) {
  const KvCacheView& cache = args.cache;
  const std::int32_t* table = args.block_tables + args.cu_blocks[tile.sequence];
  const T* elements = static_cast<const T*>(cache.data);
  std::int64_t index = first / cache.block_size;
  std::int64_t offset = first % cache.block_size;
  group.count = count;
  for (std::int64_t i = 0; i < count;) {
    const CachedHead first_key = cached_head(cache, table[index], args.layer, false, 0, offset);
    const T* key = elements + first_key.first;
    const T* value = elements + cached_head(cache, table[index], args.layer, true, 0, offset).first;
    const T* scale = elements + first_key.scale;
    const std::int64_t end = std::min(count, i + cache.block_size - offset);
    for (; i < end; ++i, ++key, value += cache.head_dim, ++scale) {
      group.keys[i] = key;
      group.values[i] = value;
      if constexpr (std::is_same_v<T, F8>) group.scales[i] = scale;
    }
    ++index;
    offset = 0;
  }
  for (std::int64_t i = count; i < kGroupPositions; ++i) {
    group.keys[i] = group.keys[0];
    group.values[i] = group.values[0];
    if constexpr (std::is_same_v<T, F8>) group.scales[i] = group.scales[0];
  }
}

/// What the keys of one head, or its values, are multiplied by.
inline void find_scales(const Group<F8>& group, const KvCacheView& cache, bool values,
                        std::int64_t head, float* scales) {
  const std::int64_t to_head = ((values ? cache.num_kv_heads : 0) + head) * cache.block_size;
  for (std::int64_t p = 0; p < kGroupPositions; ++p) {
    scales[p] = f8_scale(group.scales[p][to_head].bits);
  }
}

/// Vectors of neighbouring positions, dimension by dimension.
template <class T>
struct Keys {
  const T* vectors[kGroupPositions / kLanes];
  std::int64_t stride = 0;  ///< Elements from one dimension to the next.
  std::int64_t ahead = 0;   ///< Elements to what is read after these, to be fetched; 0: nothing.
};

/// Keys where they lie in the cache. Needs whole vectors of positions in a block.
template <class T>
Keys<T> cached_keys(const Group<T>& group, std::int64_t block_size, std::int64_t to_head,
                    std::int64_t ahead) {
  Keys<T> keys;
  keys.stride = block_size;
  keys.ahead = ahead;
  for (std::int64_t j = 0; j < kGroupPositions / kLanes; ++j) {
    keys.vectors[j] = group.keys[j * kLanes] + to_head;
  }
  return keys;
}

/// Keys of the group as [head_dim][64] float32 in `output`.
template <class T>
Keys<float> widened_keys(const Group<T>& group, const KvCacheView& cache, std::int64_t to_head,
                         float* output) {
  for (std::int64_t p = 0; p < group.count;) {
    const T* key = group.keys[p] + to_head;
    std::int64_t run = 1;
    while (p + run < group.count && group.keys[p + run] == group.keys[p] + run) ++run;
    for (std::int64_t d = 0; d < cache.head_dim; ++d) {
      for_lanes(run, [&](auto tag, std::int64_t i) HWY_ATTR {
        hn::StoreU(load(tag, key + d * cache.block_size + i), tag,
                   output + d * kGroupPositions + p + i);
      });
    }
    p += run;
  }
  Keys<float> keys;
  keys.stride = kGroupPositions;
  for (std::int64_t j = 0; j < kGroupPositions / kLanes; ++j) keys.vectors[j] = output + j * kLanes;
  return keys;
}

/// Rows of values, and rows to fetch meanwhile (null: none).
template <class T>
struct Values {
  const T* const* rows = nullptr;
  std::int64_t to_head = 0;
  const T* const* next_rows = nullptr;
  std::int64_t to_next = 0;
};

template <class T>
HWY_INLINE void prefetch_row(const T* row, std::int64_t head_dim) {
  constexpr auto kPerLine = static_cast<std::int64_t>(64 / sizeof(T));
  for (std::int64_t d = 0; d < head_dim; d += kPerLine) __builtin_prefetch(row + d, 0, 2);
}

/// Values of the group as rows of float32 in `output`.
template <class T>
void widen_values(const Group<T>& group, std::int64_t to_head, std::int64_t head_dim,
                  float* output) {
  for (std::int64_t p = 0; p < group.count; ++p) {
    for_lanes(head_dim, [&](auto d, std::int64_t i) HWY_ATTR {
      hn::StoreU(load(d, group.values[p] + to_head + i), d, output + p * head_dim + i);
    });
  }
}

}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
