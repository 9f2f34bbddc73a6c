#include "kernels/cpu/rows.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/cached_head.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/rows_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/cpu/dispatch.hpp"
#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {
namespace {

template <class Tag, class Vector>
HWY_INLINE Vector sigmoid(Tag d, Vector x) {
  // exp of more than 88 leaves float32; the quotient is zero long before.
  const Vector e = hn::Exp(d, hn::Min(hn::Neg(x), hn::Set(d, 88.0F)));
  return hn::Div(hn::Set(d, 1.0F), hn::Add(hn::Set(d, 1.0F), e));
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: off by at most 1.5e-7.
template <class Tag, class Vector>
HWY_INLINE Vector erf(Tag d, Vector x) {
  const Vector a = hn::Abs(x);
  const Vector one = hn::Set(d, 1.0F);
  const Vector t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.3275911F), a, one));
  Vector poly = hn::MulAdd(hn::Set(d, 1.061405429F), t, hn::Set(d, -1.453152027F));
  poly = hn::MulAdd(poly, t, hn::Set(d, 1.421413741F));
  poly = hn::MulAdd(poly, t, hn::Set(d, -0.284496736F));
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.254829592F));
  const Vector e = hn::Exp(d, hn::Neg(hn::Mul(a, a)));
  return hn::CopySign(hn::NegMulAdd(hn::Mul(poly, t), e, one), x);
}

template <Activation kKind, class Tag, class Vector>
HWY_INLINE Vector activate(Tag d, Vector x) {
  if constexpr (kKind == Activation::kSilu) {
    return hn::Mul(x, sigmoid(d, x));
  } else if constexpr (kKind == Activation::kGelu) {
    const Vector e = erf(d, hn::Mul(x, hn::Set(d, 0.70710678F)));
    return hn::Mul(hn::Mul(hn::Set(d, 0.5F), x), hn::Add(hn::Set(d, 1.0F), e));
  } else if constexpr (kKind == Activation::kGeluTanh) {
    // (1 + tanh(y)) / 2 = sigmoid(2 y), y = sqrt(2 / pi) (x + 0.044715 x^3)
    const Vector cubic = hn::Mul(hn::Mul(x, x), hn::Set(d, 0.044715F));
    const Vector y = hn::Mul(hn::MulAdd(cubic, x, x), hn::Set(d, 1.5957691216F));
    return hn::Mul(x, sigmoid(d, y));
  } else {
    return hn::Max(x, hn::Zero(d));
  }
}

template <Activation kKind>
void gated_as(const float* gate, const float* up, float* output, std::int64_t count) {
  for_lanes(count, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto value = activate<kKind>(d, hn::LoadU(d, gate + i));
    hn::StoreU(hn::Mul(value, hn::LoadU(d, up + i)), d, output + i);
  });
}

void gated(Activation kind, const float* gate, const float* up, float* output, std::int64_t count) {
  switch (kind) {
    case Activation::kSilu:
      return gated_as<Activation::kSilu>(gate, up, output, count);
    case Activation::kGelu:
      return gated_as<Activation::kGelu>(gate, up, output, count);
    case Activation::kGeluTanh:
      return gated_as<Activation::kGeluTanh>(gate, up, output, count);
    case Activation::kRelu:
      return gated_as<Activation::kRelu>(gate, up, output, count);
  }
}

template <Activation kKind>
void activate_as(float* values, std::int64_t count) {
  for_lanes(count, [&](auto d, std::int64_t i) HWY_ATTR {
    hn::StoreU(activate<kKind>(d, hn::LoadU(d, values + i)), d, values + i);
  });
}

void activate_all(Activation kind, float* values, std::int64_t count) {
  switch (kind) {
    case Activation::kSilu:
      return activate_as<Activation::kSilu>(values, count);
    case Activation::kGelu:
      return activate_as<Activation::kGelu>(values, count);
    case Activation::kGeluTanh:
      return activate_as<Activation::kGeluTanh>(values, count);
    case Activation::kRelu:
      return activate_as<Activation::kRelu>(values, count);
  }
}

/// Sum of (x - mean)^2, or of x where `square` is false.
template <bool kSquare>
float sum(const float* x, float mean, std::int64_t count) {
  V lanes = hn::Zero(D());
  float rest = 0.0F;
  for_lanes(count, [&](auto d, std::int64_t i) HWY_ATTR {
    auto value = hn::LoadU(d, x + i);
    if constexpr (kSquare) {
      value = hn::Sub(value, hn::Set(d, mean));
      value = hn::Mul(value, value);
    }
    if constexpr (std::is_same_v<decltype(d), D>) {
      lanes = hn::Add(lanes, value);
    } else {
      rest += hn::GetLane(value);
    }
  });
  return hn::GetLane(hn::SumOfLanes(D(), lanes)) + rest;
}

void norm_row(const NormArgs& args, const float* row, float* output) {
  const auto width = static_cast<float>(args.width);
  const float mean =
      args.kind == NormKind::kLayer ? sum<false>(row, 0.0F, args.width) / width : 0.0F;
  const float square = sum<true>(row, mean, args.width);
  const float scale = 1.0F / std::sqrt(square / width + args.epsilon);
  for_lanes(args.width, [&](auto d, std::int64_t c) HWY_ATTR {
    const auto weight = hn::Add(hn::LoadU(d, args.weight + c), hn::Set(d, args.weight_offset));
    const auto centred = hn::Sub(hn::LoadU(d, row + c), hn::Set(d, mean));
    auto value = hn::Mul(hn::Mul(centred, hn::Set(d, scale)), weight);
    if (args.bias != nullptr) value = hn::Add(value, hn::LoadU(d, args.bias + c));
    hn::StoreU(value, d, output + c);
  });
}

void norm(const NormArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t from = (args.rows != nullptr ? args.rows[i] : i) * args.width;
    float* output = static_cast<float*>(args.output) + i * args.width;
    float* row = args.residual + from;
    if (args.input != nullptr) {
      const float* input = static_cast<const float*>(args.input) + from;
      float* sums = args.rows != nullptr ? output : row;
      for_lanes(args.width, [&](auto d, std::int64_t c) HWY_ATTR {
        hn::StoreU(hn::Add(hn::LoadU(d, row + c), hn::LoadU(d, input + c)), d, sums + c);
      });
      row = sums;
    }
    norm_row(args, row, output);
  }
}

/// Copies a head, normed (weight or null) and turned by its position (table or null).
void turn_head(const QkvArgs& args, std::int64_t token, const float* weight, const float* head,
               float* output) {
  const std::int64_t head_dim = args.cache.head_dim;
  float scale = 1.0F;
  if (weight != nullptr) {
    const float square = sum<true>(head, 0.0F, head_dim);
    scale = 1.0F / std::sqrt(square / static_cast<float>(head_dim) + args.norm_epsilon);
  }
  for_lanes(head_dim, [&](auto d, std::int64_t c) HWY_ATTR {
    auto value = hn::LoadU(d, head + c);
    if (weight != nullptr) {
      value = hn::Mul(value, hn::Mul(hn::Set(d, scale), hn::LoadU(d, weight + c)));
    }
    hn::StoreU(value, d, output + c);
  });
  if (args.cos_sin == nullptr) return;
  const std::int64_t half = args.rotary_dim / 2;
  const float* cosine = args.cos_sin + args.positions[token] * head_dim;
  for_lanes(half, [&](auto d, std::int64_t c) HWY_ATTR {
    const auto cos = hn::LoadU(d, cosine + c);
    const auto sin = hn::LoadU(d, cosine + half + c);
    const auto first = hn::LoadU(d, output + c);
    const auto second = hn::LoadU(d, output + half + c);
    hn::StoreU(hn::Sub(hn::Mul(first, cos), hn::Mul(second, sin)), d, output + c);
    hn::StoreU(hn::Add(hn::Mul(second, cos), hn::Mul(first, sin)), d, output + half + c);
  });
}

void write_head(const QkvArgs& args, std::int64_t token, std::int64_t head, bool values,
                const float* source) {
  const KvCacheView& cache = args.cache;
  const std::int64_t slot = args.slots[token];
  if (slot < 0) return;
  const CachedHead row = cached_head(cache, slot / cache.block_size, args.layer, values, head,
                                     slot % cache.block_size);
  if (cache.dtype == DType::kF8) return store_head_f8(cache, row, source);
  with_type(cache.dtype, [&]<class T>(T) HWY_ATTR {
    T* target = static_cast<T*>(cache.data) + row.first;
    for_lanes(cache.head_dim, [&](auto d, std::int64_t c) HWY_ATTR {
      if (row.stride == 1) {
        store(d, hn::LoadU(d, source + c), target + c);
        return;
      }
      T lanes[hn::MaxLanes(decltype(d)())];
      store(d, hn::LoadU(d, source + c), lanes);
      for (T lane : lanes) target[c++ * row.stride] = lane;
    });
  });
}

void split_rotate_write(const QkvArgs& args, std::int64_t begin, std::int64_t end, float* scratch) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t num_kv_heads = args.cache.num_kv_heads;
  const std::int64_t stride = (args.num_heads + 2 * num_kv_heads) * head_dim;
  for (std::int64_t i = begin; i < end; ++i) {
    const float* row = static_cast<const float*>(args.qkv) + i * stride;
    float* query = static_cast<float*>(args.query) + i * args.num_heads * head_dim;
    for (std::int64_t h = 0; h < args.num_heads; ++h) {
      turn_head(args, i, args.query_norm, row + h * head_dim, query + h * head_dim);
    }
    for (std::int64_t h = 0; h < num_kv_heads; ++h) {
      turn_head(args, i, args.key_norm, row + (args.num_heads + h) * head_dim, scratch);
      write_head(args, i, h, false, scratch);
      write_head(args, i, h, true, row + (args.num_heads + num_kv_heads + h) * head_dim);
    }
  }
}

RowKernels make_row_kernels() { return {norm, split_rotate_write, gated, activate_all}; }

}  // namespace
}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
OCTAVO_EXPORT_KERNELS(RowKernels, row_kernels, make_row_kernels)
#endif
