// The activation functions.
#pragma once

#include <numbers>

#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

template <Activation kKind>
__device__ __forceinline__ float activate(float x) {
  if constexpr (kKind == Activation::kSilu) {
    return __fdividef(x, 1.0F + expf(-x));
  } else if constexpr (kKind == Activation::kGelu) {
    return 0.5F * x * (1.0F + erff(x * (std::numbers::sqrt2_v<float> * 0.5F)));
  } else if constexpr (kKind == Activation::kGeluTanh) {
    const float inner = x + 0.044715F * x * x * x;
    return 0.5F * x * (1.0F + tanhf(0.7978845608F * inner));  // sqrt(2 / pi)
  } else {
    return fmaxf(x, 0.0F);
  }
}

}  // namespace octavo::kernels::cuda
