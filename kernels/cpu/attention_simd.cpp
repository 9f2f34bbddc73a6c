#include "kernels/cpu/attention.hpp"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/highway.h"
#include "kernels/cpu/cached_rows-inl.hpp"
#include "kernels/cpu/dispatch.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/softmax_tiles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {
namespace {

/// Calls work<R>(row) so that R rows at a time cover [begin, end).
template <class Work>
HWY_INLINE void for_row_tiles(std::int64_t begin, std::int64_t end, const Work& work) {
  for (; begin + kScoreRows <= end; begin += kScoreRows) {
    work(std::integral_constant<int, kScoreRows>(), begin);
  }
  if (begin + 2 <= end) {
    work(std::integral_constant<int, 2>(), begin);
    begin += 2;
  }
  if (begin < end) work(std::integral_constant<int, 1>(), begin);
}

/// The queries of a tile that see some of a group: [begin, end) of each head's rows.
struct VisibleRows {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t per_head = 0;  ///< All of the tile.
  std::int64_t per_token = 0;
};

/// Queries before `first` see nothing of the group, nor do those whose window begins after it.
VisibleRows visible_rows(const AttentionArgs& args, const AttentionTile& tile, std::int64_t first) {
  const std::int64_t per_token = args.num_heads / args.cache.num_kv_heads;
  const std::int64_t num_tokens = tile.token_end - tile.token_begin;
  const std::int64_t begin = std::max<std::int64_t>(0, first - tile.first_position);
  std::int64_t end = num_tokens;
  if (args.sliding_window > 0) {
    end = std::min(end, first + kGroupPositions - 1 + args.sliding_window - tile.first_position);
  }
  return {begin * per_token, end * per_token, num_tokens * per_token, per_token};
}

template <class T>
void score_head(const AttentionArgs& args, const AttentionTile& tile, const VisibleRows& visible,
                std::int64_t head, Keys<T> keys, float* scores) {
  for_row_tiles(visible.begin, visible.end, [&](auto rows, std::int64_t row) HWY_ATTR {
    const float* queries[rows()];
    for (std::int64_t r = 0; r < rows(); ++r) {
      const std::int64_t token = tile.token_begin + (row + r) / visible.per_token;
      const std::int64_t query_head = head * visible.per_token + (row + r) % visible.per_token;
      queries[r] = static_cast<const float*>(args.query) +
                   (token * args.num_heads + query_head) * args.cache.head_dim;
    }
    score_rows<rows()>(queries, keys, args.cache.head_dim, scores + row * kGroupPositions);
    keys.ahead = 0;
  });
}

template <class T>
void add_head(const VisibleRows& visible, const float* scores, Values<T> values, std::int64_t count,
              std::int64_t head_dim, float* sums) {
  for_row_tiles(visible.begin, visible.end, [&](auto rows, std::int64_t row) HWY_ATTR {
    add_values<rows()>(scores + row * kGroupPositions, values, count, head_dim,
                       sums + row * head_dim);
    values.next_rows = nullptr;
  });
}

/// Scores of all heads of a tile against one group of positions. A few queries read the keys where
/// they lie; many share a copy.
template <class T>
void score_group(const AttentionArgs& args, const AttentionTile& tile, const VisibleRows& visible,
                 const Group<T>& group, bool widened, float* copy, float* scores) {
  const KvCacheView& cache = args.cache;
  const std::int64_t size = cache.block_size * cache.head_dim;
  for (std::int64_t h = tile.head_begin; h < tile.head_end; ++h) {
    float* of_head = scores + (h - tile.head_begin) * visible.per_head * kGroupPositions;
    if (widened || cache.block_size % kLanes != 0) {
      score_head(args, tile, visible, h, widened_keys(group, cache, h * size, copy), of_head);
    } else {
      const std::int64_t next =
          h + 1 < tile.head_end ? h + 1 : cache.num_kv_heads + tile.head_begin;
      score_head(args, tile, visible, h,
                 cached_keys(group, cache.block_size, h * size, (next - h) * size), of_head);
    }
  }
}

/// Multiplies each visible row's entries, one per position, by the scales of the group's keys, or
/// of its values.
template <class T>
void take_scales(const AttentionArgs& args, const AttentionTile& tile, const VisibleRows& visible,
                 const Group<T>& group, bool values, float* rows) {
  if constexpr (std::is_same_v<T, F8>) {
    const D tag;
    float scales[kGroupPositions];
    for (std::int64_t h = tile.head_begin; h < tile.head_end; ++h) {
      find_scales(group, args.cache, values, h, scales);
      const std::int64_t first = (h - tile.head_begin) * visible.per_head;
      for (std::int64_t r = visible.begin; r < visible.end; ++r) {
        float* row = rows + (first + r) * kGroupPositions;
        for (std::int64_t p = 0; p < kGroupPositions; p += kLanes) {
          hn::StoreU(hn::Mul(hn::LoadU(tag, row + p), hn::LoadU(tag, scales + p)), tag, row + p);
        }
      }
    }
  }
}

/// Adds the weighted values of a group to the sums of all heads of a tile.
template <class T>
void add_group(const AttentionArgs& args, const AttentionTile& tile, const VisibleRows& visible,
               const Group<T>& group, const Group<T>& next, bool widened, float* copy,
               const float* scores, float* sums) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t size = args.cache.block_size * head_dim;
  for (std::int64_t h = tile.head_begin; h < tile.head_end; ++h) {
    const std::int64_t first = (h - tile.head_begin) * visible.per_head;
    const float* of_head = scores + first * kGroupPositions;
    if (widened) {
      widen_values(group, h * size, head_dim, copy);
      const float* rows[kGroupPositions];
      for (std::int64_t p = 0; p < group.count; ++p) rows[p] = copy + p * head_dim;
      add_head(visible, of_head, Values<float>{rows}, group.count, head_dim,
               sums + first * head_dim);
      continue;
    }
    Values<T> values{group.values, h * size, group.values, (h + 1) * size};
    if (h + 1 == tile.head_end) {  // the next keys, a row's bytes at a time
      values.next_rows = next.count > 0 ? next.values : nullptr;
      values.to_next = (tile.head_begin - args.cache.num_kv_heads) * size;
    }
    add_head(visible, of_head, values, group.count, head_dim, sums + first * head_dim);
  }
}

/// One group of positions, from `first` on, for every query of the tile that sees some of it.
template <class T>
void attend_group(const AttentionArgs& args, const AttentionTile& tile, std::int64_t first,
                  const Group<T>& group, const Group<T>& next, const AttentionState& state,
                  float* scratch) {
  const VisibleRows visible = visible_rows(args, tile, first);
  if (visible.begin >= visible.end) return;
  const std::int64_t head_dim = args.cache.head_dim;
  const bool widened = visible.end - visible.begin > 2 * kScoreRows;
  float* values = scratch + kGroupPositions * head_dim;
  float* scores = values + kGroupPositions * head_dim;
  score_group(args, tile, visible, group, widened, scratch, scores);
  take_scales(args, tile, visible, group, false, scores);
  for (std::int64_t h = 0; h < tile.head_end - tile.head_begin; ++h) {
    for (std::int64_t r = visible.begin; r < visible.end; ++r) {
      const std::int64_t row = h * visible.per_head + r;
      const std::int64_t last = tile.first_position + r / visible.per_token - first;
      const std::int64_t least = args.sliding_window > 0 ? last - args.sliding_window + 1 : 0;
      soften(args, static_cast<float>(least), static_cast<float>(last),
             scores + row * kGroupPositions, state.largest + row, state.sum + row,
             state.values + row * head_dim);
    }
  }
  take_scales(args, tile, visible, group, true, scores);
  add_group(args, tile, visible, group, next, widened, values, scores, state.values);
}

template <class T>
void attend_as(const AttentionArgs& args, const AttentionTile& tile, std::int64_t chunk,
               const AttentionState& state, float* scratch) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t num_tokens = tile.token_end - tile.token_begin;
  const std::int64_t rows =
      (tile.head_end - tile.head_begin) * num_tokens * (args.num_heads / args.cache.num_kv_heads);
  std::fill_n(state.largest, rows, kNothing);
  std::fill_n(state.sum, rows, 0.0F);
  std::fill_n(state.values, rows * head_dim, 0.0F);
  const std::int64_t window = args.sliding_window;
  const std::int64_t least =
      window > 0 ? std::max<std::int64_t>(0, tile.first_position - window + 1) : 0;
  const std::int64_t first =
      std::max(chunk * kChunkPositions, least / kGroupPositions * kGroupPositions);
  const std::int64_t end =
      std::min((chunk + 1) * kChunkPositions, tile.first_position + num_tokens);
  const auto count_at = [&](std::int64_t p) {
    return std::clamp<std::int64_t>(end - p, 0, kGroupPositions);
  };
  Group<T> groups[2];
  find_rows(args, tile, first, count_at(first), groups[0]);
  for (std::int64_t p = first, turn = 0; p < end; p += kGroupPositions, turn ^= 1) {
    Group<T>& next = groups[turn ^ 1];
    next.count = 0;
    if (p + kGroupPositions < end) {
      find_rows(args, tile, p + kGroupPositions, count_at(p + kGroupPositions), next);
    }
    attend_group(args, tile, p, groups[turn], next, state, scratch);
  }
}

void attend(const AttentionArgs& args, const AttentionTile& tile, std::int64_t chunk,
            const AttentionState& state, float* scratch) {
  with_cache_type(args.cache.dtype,
                  [&]<class T>(T) { attend_as<T>(args, tile, chunk, state, scratch); });
}

void merge(const AttentionState& state, const AttentionState& later, std::int64_t rows,
           std::int64_t head_dim) {
  for (std::int64_t r = 0; r < rows; ++r) {
    if (later.largest[r] == kNothing) continue;
    const float largest = std::max(state.largest[r], later.largest[r]);
    const float scale = exp_of(state.largest[r] - largest);
    const float later_scale = exp_of(later.largest[r] - largest);
    state.largest[r] = largest;
    state.sum[r] = state.sum[r] * scale + later.sum[r] * later_scale;
    float* values = state.values + r * head_dim;
    const float* others = later.values + r * head_dim;
    for_lanes(head_dim, [&](auto d, std::int64_t i) HWY_ATTR {
      const auto own = hn::Mul(hn::LoadU(d, values + i), hn::Set(d, scale));
      const auto other = hn::Mul(hn::LoadU(d, others + i), hn::Set(d, later_scale));
      hn::StoreU(hn::Add(own, other), d, values + i);
    });
  }
}

AttentionKernels make_attention_kernels() { return {attend, merge}; }

}  // namespace
}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
OCTAVO_EXPORT_KERNELS(AttentionKernels, attention_kernels, make_attention_kernels)
#endif
