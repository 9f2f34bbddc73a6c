#include "kernels/cpu/attention.hpp"

#include <algorithm>
#include <limits>

#include "kernels/cpu/reference_backend.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/cpu/dispatch.hpp"
#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::HWY_NAMESPACE {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
/// Vectors of positions, or of a head's dimensions, beside four rows in the registers.
constexpr int kTileVectors = kLanes == 16 ? 4 : 2;

/// Where the keys and values of up to 64 positions lie.
template <class T>
struct Group {
  const T* keys[kGroupPositions];
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
    const T* row =
        elements + cache_index(cache, table[index], args.layer, false, tile.kv_head, offset);
    const std::int64_t end = std::min(count, i + cache.block_size - offset);
    for (; i < end; ++i, row += cache.head_dim) group.keys[i] = row;
    ++index;
    offset = 0;
  }
}

/// Into the second level: its queue of misses is longer than that of the first.
template <class T>
HWY_INLINE void prefetch_row(const T* row, std::int64_t head_dim) {
  constexpr auto kPerLine = static_cast<std::int64_t>(64 / sizeof(T));
  for (std::int64_t d = 0; d < head_dim; d += kPerLine) __builtin_prefetch(row + d, 0, 2);
}

/// Four rows, dimensions [d, d + 4) as float32, to output[d .. d + 4)[0 .. 4).
template <class T>
HWY_INLINE void transpose_four(const T* const (&rows)[4], std::int64_t d, float* output) {
  V4 v[4];
  for (int i = 0; i < 4; ++i) v[i] = load(D4(), rows[i] + d);
  transpose(v);
  for (int j = 0; j < 4; ++j) hn::StoreU(v[j], D4(), output + (d + j) * kGroupPositions);
}

/// Eight bfloat16 of four rows move as pairs and are widened after the transpose.
HWY_INLINE void transpose_eight(const Bf16* const (&rows)[4], std::int64_t d, float* output) {
  const hn::Repartition<std::uint32_t, D4> du;
  V4 v[4];
  for (int i = 0; i < 4; ++i) {
    v[i] = hn::LoadU(D4(), reinterpret_cast<const float*>(rows[i] + d));
  }
  transpose(v);
  for (int j = 0; j < 4; ++j) {
    const auto pair = hn::BitCast(du, v[j]);
    float* even = output + (d + 2 * j) * kGroupPositions;
    hn::StoreU(hn::BitCast(D4(), hn::ShiftLeft<16>(pair)), D4(), even);
    const auto odd = hn::And(pair, hn::Set(du, 0xFFFF0000U));
    hn::StoreU(hn::BitCast(D4(), odd), D4(), even + kGroupPositions);
  }
}

/// keys [count][head_dim] to output [head_dim][64] float32; fetches the values meanwhile. The last
/// key fills up the last four columns.
template <class T>
void transpose_keys(const Group<T>& group, std::int64_t to_values, std::int64_t head_dim,
                    float* output) {
  for (std::int64_t p = 0; p < group.count; p += 4) {
    const T* rows[4];
    for (std::int64_t i = 0; i < 4; ++i) rows[i] = group.keys[std::min(p + i, group.count - 1)];
    for (const T* row : rows) prefetch_row(row + to_values, head_dim);
    std::int64_t d = 0;
    if constexpr (std::is_same_v<T, Bf16>) {
      for (; d + 8 <= head_dim; d += 8) transpose_eight(rows, d, output + p);
    }
    for (; d + 4 <= head_dim; d += 4) transpose_four(rows, d, output + p);
    for (; d < head_dim; ++d) {
      for (int i = 0; i < 4; ++i) output[d * kGroupPositions + p + i] = to_float(rows[i][d]);
    }
  }
}

/// values of the group to output [count][head_dim] float32.
template <class T>
void widen_values(const Group<T>& group, std::int64_t to_values, std::int64_t head_dim,
                  float* output) {
  for (std::int64_t p = 0; p < group.count; ++p) {
    const T* row = group.keys[p] + to_values;
    for_lanes(head_dim, [&](auto d, std::int64_t i) HWY_ATTR {
      hn::StoreU(load(d, row + i), d, output + p * head_dim + i);
    });
  }
}

/// scores[r][0 .. 64) = queries[r] x keys, R rows.
template <int R>
void score_rows(const float* const* queries, const float* keys, std::int64_t head_dim,
                float* scores) {
  const D tag;
  for (std::int64_t p = 0; p < kGroupPositions; p += kTileVectors * kLanes) {
    V acc[R][kTileVectors];
    for (auto& row : acc) {
      for (V& v : row) v = hn::Zero(tag);
    }
    for (std::int64_t d = 0; d < head_dim; ++d) {
      V key[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) {
        key[j] = hn::LoadU(tag, keys + d * kGroupPositions + p + j * kLanes);
      }
      for (int r = 0; r < R; ++r) {
        const V q = hn::Set(tag, queries[r][d]);
        for (int j = 0; j < kTileVectors; ++j) acc[r][j] = hn::MulAdd(q, key[j], acc[r][j]);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int j = 0; j < kTileVectors; ++j) {
        hn::StoreU(acc[r][j], tag, scores + r * kGroupPositions + p + j * kLanes);
      }
    }
  }
}

/// Rows of values: float32 end to end, or where they lie in the cache.
struct WidenedValues {
  const float* values;
  std::int64_t head_dim;
  const float* row(std::int64_t p) const { return values + p * head_dim; }
};
template <class T>
struct CachedValues {
  const Group<T>& group;
  std::int64_t to_values;
  const T* row(std::int64_t p) const { return group.keys[p] + to_values; }
};

/// output[r] += weights[r] x values, J vectors of dimensions from `at` on, R rows.
template <int R, int J, class Values>
HWY_INLINE void add_values_at(const float* weights, const Values& values, std::int64_t count,
                              std::int64_t head_dim, std::int64_t at, float* output) {
  const D tag;
  V acc[R][J];
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < J; ++j) {
      acc[r][j] = hn::LoadU(tag, output + r * head_dim + at + j * kLanes);
    }
  }
  for (std::int64_t p = 0; p < count; ++p) {
    V value[J];
    for (int j = 0; j < J; ++j) value[j] = load(tag, values.row(p) + at + j * kLanes);
    for (int r = 0; r < R; ++r) {
      const V w = hn::Set(tag, weights[r * kGroupPositions + p]);
      for (int j = 0; j < J; ++j) acc[r][j] = hn::MulAdd(w, value[j], acc[r][j]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < J; ++j) {
      hn::StoreU(acc[r][j], tag, output + r * head_dim + at + j * kLanes);
    }
  }
}

template <int R, class Values>
void add_values(const float* weights, const Values& values, std::int64_t count,
                std::int64_t head_dim, float* output) {
  constexpr int kWide = R <= 2 ? 2 * kTileVectors : kTileVectors;
  std::int64_t at = 0;
  for (; at + kWide * kLanes <= head_dim; at += kWide * kLanes) {
    add_values_at<R, kWide>(weights, values, count, head_dim, at, output);
  }
  for (; at + kLanes <= head_dim; at += kLanes) {
    add_values_at<R, 1>(weights, values, count, head_dim, at, output);
  }
  const hn::CappedTag<float, 1> one;
  for (; at < head_dim; ++at) {
    for (int r = 0; r < R; ++r) {
      auto acc = hn::LoadU(one, output + r * head_dim + at);
      for (std::int64_t p = 0; p < count; ++p) {
        acc = hn::MulAdd(hn::LoadU(one, weights + r * kGroupPositions + p),
                         load(one, values.row(p) + at), acc);
      }
      hn::StoreU(acc, one, output + r * head_dim + at);
    }
  }
}

HWY_INLINE float exp_of(float x) { return hn::GetLane(hn::Exp(D(), hn::Set(D(), x))); }

/// 1 - 2 / (exp(2 x) + 1), off by 1e-7 at most: a soft cap needs no small relative error at zero.
HWY_INLINE V tanh(V x) {
  const D d;
  const V one = hn::Set(d, 1.0F);
  const V e = hn::Exp(d, hn::Min(hn::Add(x, x), hn::Set(d, 88.0F)));
  return hn::Sub(one, hn::Div(hn::Set(d, 2.0F), hn::Add(e, one)));
}

/// Turns 64 scores into weights exp(score - largest), zero outside [first, last]; takes them into
/// the row's largest and sum, and scales what the row has summed so far to the new largest.
void soften(const AttentionArgs& args, float first, float last, float* scores, float* largest,
            float* sum, float* values) {
  const D d;
  const V scale = hn::Set(d, args.scale);
  const V nothing = hn::Set(d, kNothing);
  V most = nothing;
  for (std::int64_t p = 0; p < kGroupPositions; p += kLanes) {
    V score = hn::Mul(hn::LoadU(d, scores + p), scale);
    if (args.soft_cap > 0.0F) {
      const V cap = hn::Set(d, args.soft_cap);
      score = hn::Mul(cap, tanh(hn::Div(score, cap)));
    }
    const V position = hn::Iota(d, static_cast<float>(p));
    const auto visible =
        hn::And(hn::Ge(position, hn::Set(d, first)), hn::Le(position, hn::Set(d, last)));
    score = hn::IfThenElse(visible, score, nothing);
    hn::StoreU(score, d, scores + p);
    most = hn::Max(most, score);
  }
  const float before = *largest;
  const float now = std::max(before, hn::GetLane(hn::MaxOfLanes(d, most)));
  V total = hn::Zero(d);
  for (std::int64_t p = 0; p < kGroupPositions; p += kLanes) {
    const V weight = hn::Exp(d, hn::Sub(hn::LoadU(d, scores + p), hn::Set(d, now)));
    hn::StoreU(weight, d, scores + p);
    total = hn::Add(total, weight);
  }
  const float correction = before == now ? 1.0F : exp_of(before - now);
  *largest = now;
  *sum = *sum * correction + hn::GetLane(hn::SumOfLanes(d, total));
  if (correction != 1.0F) {
    for_lanes(args.cache.head_dim, [&](auto tag, std::int64_t i) HWY_ATTR {
      hn::StoreU(hn::Mul(hn::LoadU(tag, values + i), hn::Set(tag, correction)), tag, values + i);
    });
  }
}

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

/// One group of positions, from `first` on, for every query of the tile that sees some of it.
template <class T>
void attend_group(const AttentionArgs& args, const AttentionTile& tile, std::int64_t first,
                  const Group<T>& group, const Group<T>& next, const AttentionState& state,
                  float* scratch) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t heads = args.num_heads / args.cache.num_kv_heads;
  float* keys = scratch;
  float* values = keys + kGroupPositions * head_dim;
  float* scores = values + kGroupPositions * head_dim;
  // Queries before `first` see nothing of the group, nor do those whose window begins after it.
  const std::int64_t num_tokens = tile.token_end - tile.token_begin;
  const std::int64_t window = args.sliding_window;
  std::int64_t begin = std::max<std::int64_t>(0, first - tile.first_position);
  std::int64_t end = num_tokens;
  if (window > 0) end = std::min(end, first + kGroupPositions - 1 + window - tile.first_position);
  if (begin >= end) return;
  const std::int64_t to_values = args.cache.num_kv_heads * args.cache.block_size * head_dim;
  const bool widened = (end - begin) * heads > 2 * kScoreRows;
  transpose_keys(group, to_values, head_dim, keys);
  if (widened) widen_values(group, to_values, head_dim, values);
  std::int64_t fetched = 0;
  for_row_tiles(begin * heads, end * heads, [&](auto rows, std::int64_t row) HWY_ATTR {
    const float* queries[rows()];
    for (std::int64_t r = 0; r < rows(); ++r) {
      const std::int64_t token = tile.token_begin + (row + r) / heads;
      const std::int64_t head = tile.kv_head * heads + (row + r) % heads;
      queries[r] = args.query + (token * args.num_heads + head) * head_dim;
    }
    score_rows<rows()>(queries, keys, head_dim, scores);
    for (; fetched < next.count && !widened; ++fetched) prefetch_row(next.keys[fetched], head_dim);
    for (std::int64_t r = 0; r < rows(); ++r) {
      const std::int64_t last = tile.first_position + (row + r) / heads - first;
      const std::int64_t least = window > 0 ? last - window + 1 : 0;
      soften(args, static_cast<float>(least), static_cast<float>(last),
             scores + r * kGroupPositions, state.largest + row + r, state.sum + row + r,
             state.values + (row + r) * head_dim);
    }
    float* sums = state.values + row * head_dim;
    if (widened) {
      add_values<rows()>(scores, WidenedValues{values, head_dim}, group.count, head_dim, sums);
    } else {
      add_values<rows()>(scores, CachedValues<T>{group, to_values}, group.count, head_dim, sums);
    }
  });
}

template <class T>
void attend_as(const AttentionArgs& args, const AttentionTile& tile, std::int64_t chunk,
               const AttentionState& state, float* scratch) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t num_tokens = tile.token_end - tile.token_begin;
  const std::int64_t rows = num_tokens * (args.num_heads / args.cache.num_kv_heads);
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
  with_type(args.cache.dtype, [&]<class T>(T) { attend_as<T>(args, tile, chunk, state, scratch); });
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
}  // namespace octavo::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octavo::kernels {
namespace {
HWY_EXPORT(make_attention_kernels);
}

AttentionKernels attention_kernels(std::int64_t target) {
  return OCTAVO_DISPATCH(make_attention_kernels, target)();
}

}  // namespace octavo::kernels
#endif
