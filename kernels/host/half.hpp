// Short floats one value at a time: what bf16, f16 and e4m3 mean, for plain loops and for tails.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/tensor.hpp"

namespace octavo::kernels {

struct Bf16 {
  std::uint16_t bits = 0;
};
struct F16 {
  std::uint16_t bits = 0;
};
/// e4m3: no infinity, NaN where all bits but the sign are set, up to 448.
struct F8 {
  std::uint8_t bits = 0;
};

inline float to_float(float value) { return value; }
inline float to_float(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}
inline float to_float(F16 value) {
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000U) << 16;
  const std::uint32_t rest = value.bits & 0x7fffU;
  if (rest >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | ((rest & 0x3ffU) << 13));
  const float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112F;  // exact, subnormals too
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

inline float to_float(F8 value) {
  // As f16 with a bias of 15 for one of 7.
  const auto half =
      static_cast<std::uint16_t>((value.bits & 0x80U) << 8 | (value.bits & 0x7fU) << 7);
  return (value.bits & 0x7fU) == 0x7fU ? to_float(F16{0x7e00U}) : to_float(F16{half}) * 256.0F;
}

/// Rounds to nearest, ties to even; NaN stays NaN. F8: the largest where it is beyond.
template <class T>
T from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t absolute = bits & 0x7fffffffU;
  const bool is_nan = absolute > 0x7f800000U;
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else if constexpr (std::is_same_v<T, Bf16>) {
    if (is_nan) return Bf16{static_cast<std::uint16_t>((bits >> 16) | 0x40U)};
    return Bf16{static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16)};
  } else if constexpr (std::is_same_v<T, F8>) {
    const std::uint32_t sign = (bits >> 24) & 0x80U;
    std::uint32_t rest = 0;
    if (is_nan) {
      rest = 0x7fU;
    } else if (absolute < 0x3c800000U) {  // subnormal: the addition rounds to multiples of 2^-9
      rest = std::bit_cast<std::uint32_t>(std::bit_cast<float>(absolute) + 0x1p14F) - 0x46800000U;
    } else {
      rest = std::min((absolute - 0x3c000000U + 0x7ffffU + ((absolute >> 20) & 1U)) >> 20, 0x7eU);
    }
    return F8{static_cast<std::uint8_t>(sign | rest)};
  } else {
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    std::uint32_t rest = 0;
    if (is_nan) {
      rest = 0x7e00U;
    } else if (absolute >= 0x477ff000U) {  // rounds to 2^16 or more
      rest = 0x7c00U;
    } else if (absolute < 0x38800000U) {  // subnormal: the addition rounds to multiples of 2^-24
      rest = std::bit_cast<std::uint32_t>(std::bit_cast<float>(absolute) + 0.5F) - 0x3f000000U;
    } else {
      rest = (absolute - 0x38000000U + 0xfffU + ((absolute >> 13) & 1U)) >> 13;
    }
    return F16{static_cast<std::uint16_t>(sign | rest)};
  }
}

/// What elements with this scale are multiplied by; what they were before is divided by it.
inline float f8_scale(std::uint8_t scale) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(scale) << 23);
}

/// Calls `f` with a value of the element type that `dtype` names: not of kF8.
template <class F>
decltype(auto) with_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF16:
      return f(F16{});
    case DType::kBF16:
      return f(Bf16{});
    case DType::kF32:
    case DType::kF8:
      break;
  }
  return f(0.0F);
}

/// Element `index` of an array of `dtype`.
inline float load_element(const void* data, DType dtype, std::int64_t index) {
  return with_type(dtype, [&]<class T>(T) { return to_float(static_cast<const T*>(data)[index]); });
}

inline void store_element(void* data, DType dtype, std::int64_t index, float value) {
  with_type(dtype, [&]<class T>(T) { static_cast<T*>(data)[index] = from_float<T>(value); });
}

}  // namespace octavo::kernels
