// Loops over arrays of any length in the vectors of the target that is being compiled: whole
// vectors first, then single lanes, so that nothing past an end is touched. Included once per
// target.
#if defined(OCTAVO_KERNELS_CPU_SIMD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTAVO_KERNELS_CPU_SIMD_INL_HPP
#undef OCTAVO_KERNELS_CPU_SIMD_INL_HPP
#else
#define OCTAVO_KERNELS_CPU_SIMD_INL_HPP
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "kernels/host/half.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

/// Calls work(tag, index) so that every element of [0, count) is covered once, in order.
template <class Work>
HWY_INLINE void for_lanes(std::int64_t count, const Work& work) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) work(D(), i);
  for (; i < count; ++i) work(hn::CappedTag<float, 1>(), i);
}

template <class Tag>
HWY_INLINE hn::Vec<Tag> load(Tag d, const float* from) {
  return hn::LoadU(d, from);
}
template <class Tag>
HWY_INLINE hn::Vec<Tag> load(Tag d, const F16* from) {
  const hn::Rebind<hwy::float16_t, Tag> d16;
  return hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(from)));
}
template <class Tag>
HWY_INLINE hn::Vec<Tag> load(Tag d, const Bf16* from) {
  const hn::Rebind<std::uint16_t, Tag> d16;
  const hn::Rebind<std::uint32_t, Tag> d32;
  const auto words =
      hn::PromoteTo(d32, hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(from)));
  return hn::BitCast(d, hn::ShiftLeft<16>(words));
}
/// By way of f16, in which its bits are those of a number 256 times smaller. Not of NaN.
template <class Tag>
HWY_INLINE hn::Vec<Tag> load(Tag d, const F8* from) {
  const hn::Rebind<std::uint8_t, Tag> d8;
  const hn::Rebind<std::uint16_t, Tag> d16;
  const hn::Rebind<hwy::float16_t, Tag> half;
  const auto bytes = hn::PromoteTo(d16, hn::LoadU(d8, reinterpret_cast<const std::uint8_t*>(from)));
  const auto sign = hn::ShiftLeft<8>(hn::And(bytes, hn::Set(d16, 0x80U)));
  const auto rest = hn::ShiftLeft<7>(hn::And(bytes, hn::Set(d16, 0x7fU)));
  return hn::Mul(hn::PromoteTo(d, hn::BitCast(half, hn::Or(sign, rest))), hn::Set(d, 256.0F));
}

template <class Tag>
HWY_INLINE void store(Tag d, hn::Vec<Tag> value, float* to) {
  hn::StoreU(value, d, to);
}
template <class Tag>
HWY_INLINE void store(Tag d, hn::Vec<Tag> value, F16* to) {
#if HWY_TARGET == HWY_SSE4
  // Without F16C Highway truncates.
  float lanes[hn::MaxLanes(Tag())];
  hn::StoreU(value, d, lanes);
  for (float lane : lanes) *to++ = from_float<F16>(lane);
#else
  const hn::Rebind<hwy::float16_t, Tag> d16;
  static_cast<void>(d);
  hn::StoreU(hn::DemoteTo(d16, value), d16, reinterpret_cast<hwy::float16_t*>(to));
#endif
}
/// Rounds to nearest, ties to even; NaN stays NaN.
template <class Tag>
HWY_INLINE void store(Tag d, hn::Vec<Tag> value, Bf16* to) {
  const hn::Rebind<std::uint16_t, Tag> d16;
  const hn::Rebind<std::uint32_t, Tag> d32;
  const hn::Rebind<std::int32_t, Tag> di32;
  const auto bits = hn::BitCast(d32, value);
  const auto high = hn::ShiftRight<16>(bits);
  const auto tie = hn::And(high, hn::Set(d32, 1U));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(tie, hn::Set(d32, 0x7fffU))));
  const auto is_nan = hn::RebindMask(d32, hn::IsNaN(value));
  const auto result = hn::IfThenElse(is_nan, hn::Or(high, hn::Set(d32, 0x40U)), rounded);
  static_cast<void>(d);
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di32, result)), d16,
             reinterpret_cast<std::uint16_t*>(to));
}

}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
