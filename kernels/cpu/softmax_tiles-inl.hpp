// The register tiles of attention: scores of a few queries against a group of positions, their
// softmax, and the weighted sums of values. Included once per target.
#if defined(OCTAVO_KERNELS_CPU_SOFTMAX_TILES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTAVO_KERNELS_CPU_SOFTMAX_TILES_INL_HPP
#undef OCTAVO_KERNELS_CPU_SOFTMAX_TILES_INL_HPP
#else
#define OCTAVO_KERNELS_CPU_SOFTMAX_TILES_INL_HPP
#endif

#include <algorithm>
#include <limits>

#include "hwy/contrib/math/math-inl.h"
#include "kernels/cpu/attention.hpp"
#include "kernels/cpu/cached_rows-inl.hpp"
#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
/// Highway's own Iota writes its lanes one by one and then waits for them to be read as one.
constexpr float kLaneNumbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
/// Vectors of positions, or of a head's dimensions, beside four rows in the registers.
constexpr int kTileVectors = kLanes == 16 ? 4 : 2;

/// scores[r][0 .. 64) = queries[r] x keys, R rows.
template <int R, class T>
void score_rows(const float* const* queries, const Keys<T>& keys, std::int64_t head_dim,
                float* scores) {
  const D tag;
  for (std::int64_t p = 0; p < kGroupPositions; p += kTileVectors * kLanes) {
    const T* const* vectors = keys.vectors + p / kLanes;
    V acc[R][kTileVectors];
    for (auto& row : acc) {
      for (V& v : row) v = hn::Zero(tag);
    }
    for (std::int64_t d = 0; d < head_dim; ++d) {
      V key[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) {
        const T* from = vectors[j] + d * keys.stride;
        if (keys.ahead != 0) __builtin_prefetch(from + keys.ahead, 0, 2);
        key[j] = load(tag, from);
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

/// output[r] += weights[r] x values, J vectors of dimensions from `at` on, R rows.
template <int R, int J, class T>
HWY_INLINE void add_values_at(const float* weights, const Values<T>& values, std::int64_t count,
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
    const T* row = values.rows[p] + values.to_head + at;
    for (int j = 0; j < J; ++j) value[j] = load(tag, row + j * kLanes);
    if (at == 0 && values.next_rows != nullptr) {
      prefetch_row(values.next_rows[p] + values.to_next, head_dim);
    }
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

template <int R, class T>
void add_values(const float* weights, const Values<T>& values, std::int64_t count,
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
                         load(one, values.rows[p] + values.to_head + at), acc);
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
inline void soften(const AttentionArgs& args, float first, float last, float* scores,
                   float* largest, float* sum, float* values) {
  const D d;
  const V scale = hn::Set(d, args.scale);
  const V nothing = hn::Set(d, kNothing);
  const V lane_numbers = hn::LoadU(d, kLaneNumbers);
  V most = nothing;
  for (std::int64_t p = 0; p < kGroupPositions; p += kLanes) {
    V score = hn::Mul(hn::LoadU(d, scores + p), scale);
    if (args.soft_cap > 0.0F) {
      const V cap = hn::Set(d, args.soft_cap);
      score = hn::Mul(cap, tanh(hn::Div(score, cap)));
    }
    const V position = hn::Add(lane_numbers, hn::Set(d, static_cast<float>(p)));
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

}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
