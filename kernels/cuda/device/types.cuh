// Elements of device arrays: what they convert to, and one dispatch from a DType to a C++ type.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(__half x) { return __half2float(x); }
__device__ __forceinline__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <class T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ __half from_float<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

/// `N` elements that move as one: 16 bytes where sizeof(T) * N is 16.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

/// Calls visit(T{}) with the C++ type of `dtype`.
template <class Visit>
void with_type(DType dtype, const Visit& visit) {
  switch (dtype) {
    case DType::kF32:
      return visit(float{});
    case DType::kF16:
      return visit(__half{});
    case DType::kBF16:
      return visit(__nv_bfloat16{});
    case DType::kF8:  // of keys and values alone, see e4m3.cuh
      return;
  }
}

}  // namespace octavo::kernels::cuda
