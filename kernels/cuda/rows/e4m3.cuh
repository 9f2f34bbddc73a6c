// The 8-bit floats of a cache (e4m3) and their scales (e8m0), see `KvCacheView`, to and from the
// types of activations. Only the rounding to e4m3 loses anything, since a scale is a power of two.
#pragma once

#include <cuda_fp8.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/ptx/arithmetic.cuh"

namespace octavo::kernels::cuda {

struct E4m3 {
  std::uint8_t bits;
};

__device__ __forceinline__ float to_float(E4m3 x) {
  return __half2float(__half(__nv_cvt_fp8_to_halfraw(x.bits, __NV_E4M3)));
}

/// `N` neighbours at once, each times `factor` and rounded to nearest.
template <int N>
__device__ __forceinline__ void store_e4m3(std::uint8_t* to, const float (&x)[N], float factor) {
  if constexpr (N == 1) {
    *to = __nv_cvt_float_to_fp8(x[0] * factor, __NV_SATFINITE, __NV_E4M3);
  } else {
    static_assert(N == 4 || N == 8);
    std::uint32_t words[N / 4];
#pragma unroll
    for (int i = 0; i < N / 4; ++i) {
      const std::uint32_t low = __nv_cvt_float2_to_fp8x2(
          make_float2(x[i * 4] * factor, x[i * 4 + 1] * factor), __NV_SATFINITE, __NV_E4M3);
      const std::uint32_t high = __nv_cvt_float2_to_fp8x2(
          make_float2(x[i * 4 + 2] * factor, x[i * 4 + 3] * factor), __NV_SATFINITE, __NV_E4M3);
      words[i] = low | high << 16;
    }
    if constexpr (N == 4) {
      *reinterpret_cast<std::uint32_t*>(to) = words[0];
    } else {
      *reinterpret_cast<uint2*>(to) = make_uint2(words[0], words[1]);
    }
  }
}

__device__ __forceinline__ float float_of_scale(std::uint8_t scale) {
  return __uint_as_float(static_cast<std::uint32_t>(scale) << 23);
}

/// The scale twice in one register, as a pair of T.
template <class T>
__device__ __forceinline__ std::uint32_t scale_pair(std::uint8_t scale) {
  if constexpr (std::is_same_v<T, __half>) {
    const std::uint32_t bits = __half_as_ushort(__float2half_rn(float_of_scale(scale)));
    return bits | bits << 16;
  } else {
    return static_cast<std::uint32_t>(scale) << 7 | static_cast<std::uint32_t>(scale) << 23;
  }
}

/// A pair of T from the upper bytes of both halves of `bytes`, the lower being 0. The bits of an
/// e4m3, moved to where T has its exponent and mantissa, are those of a number that is too small by
/// the difference of the two biases; so a product with that power of two completes it.
template <class T>
__device__ __forceinline__ std::uint32_t widen_pair(std::uint32_t bytes) {
  if constexpr (std::is_same_v<T, __half>) {
    constexpr std::uint32_t kBias = 0x5c005c00U;  // 2^8
    return multiply_pairs<T>((bytes & 0x80008000U) | (bytes >> 1 & 0x3f803f80U), kBias);
  } else {
    constexpr std::uint32_t kBias = 0x7b807b80U;  // 2^120
    return multiply_pairs<T>((bytes & 0x80008000U) | (bytes >> 4 & 0x07f007f0U), kBias);
  }
}

/// Eight neighbours, times a scale from `scale_pair`, as eight of T. An element that is NaN does
/// not come out as one: heads with a NaN are marked by their scale.
template <class T>
__device__ __forceinline__ uint4 widen_8(uint2 elements, std::uint32_t scale) {
  const auto pair = [&](std::uint32_t four, unsigned bytes) {
    return multiply_pairs<T>(widen_pair<T>(__byte_perm(four, 0U, bytes)), scale);
  };
  return make_uint4(pair(elements.x, 0x1404U), pair(elements.x, 0x3424U), pair(elements.y, 0x1404U),
                    pair(elements.y, 0x3424U));
}

}  // namespace octavo::kernels::cuda
