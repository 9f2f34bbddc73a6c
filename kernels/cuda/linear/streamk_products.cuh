// The matrix instructions of `streamk_product`: 64 rows of weights by 64 or 128 tokens, both in
// shared memory.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/ptx/wgmma.cuh"

namespace octavo::kernels::cuda {

/// Two neighbours in one register, the first in the low half.
template <class T>
__device__ __forceinline__ std::uint32_t round_two(float first, float second) {
  if constexpr (std::is_same_v<T, __half>) {
    const __half2 two = __floats2half2_rn(first, second);
    return *reinterpret_cast<const std::uint32_t*>(&two);
  } else {
    const __nv_bfloat162 two = __floats2bfloat162_rn(first, second);
    return *reinterpret_cast<const std::uint32_t*>(&two);
  }
}

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

#define OCTAVO_SUMS_4(i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])
#define OCTAVO_SUMS_16(i) \
  OCTAVO_SUMS_4(i), OCTAVO_SUMS_4(i + 1), OCTAVO_SUMS_4(i + 2), OCTAVO_SUMS_4(i + 3)
#define OCTAVO_SUMS_32(i) OCTAVO_SUMS_16(i), OCTAVO_SUMS_16(i + 4)
#define OCTAVO_SUMS_64(i) OCTAVO_SUMS_32(i), OCTAVO_SUMS_32(i + 8)
#define OCTAVO_REGISTERS_32                                \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15," \
  "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define OCTAVO_REGISTERS_64                                          \
  OCTAVO_REGISTERS_32                                                \
  ","                                                                \
  "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47," \
  "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"

#define OCTAVO_MULTIPLY(TYPE, TOKENS, COUNT, A, B, ADDS, ...)                      \
  asm volatile("{.reg .pred p; setp.ne.b32 p, " ADDS                               \
               ", 0;"                                                              \
               "wgmma.mma_async.sync.aligned.m64n" TOKENS "k16.f32." TYPE "." TYPE \
               " "                                                                 \
               "{" OCTAVO_REGISTERS_##COUNT "}, " A ", " B ", p, 1, 1, 0, 0;}"     \
               : __VA_ARGS__                                                       \
               : "l"(weight), "l"(input), "r"(adds ? 1 : 0))
#define OCTAVO_MULTIPLY_TOKENS(TYPE)                                          \
  if constexpr (kBlocks == 8) {                                               \
    OCTAVO_MULTIPLY(TYPE, "64", 32, "%32", "%33", "%34", OCTAVO_SUMS_32(0));  \
  } else {                                                                    \
    OCTAVO_MULTIPLY(TYPE, "128", 64, "%64", "%65", "%66", OCTAVO_SUMS_64(0)); \
  }

/// d (+)= weight input^T: 64 rows, 8 * kBlocks tokens, 16 columns. d[j][k] of a thread: row
/// warp * 16 + lane / 4 + k / 2 * 8, token j * 8 + lane % 4 * 2 + k % 2.
template <class T, int kBlocks>
__device__ __forceinline__ void multiply_tile(float (&d)[kBlocks][4], std::uint64_t weight,
                                              std::uint64_t input, bool adds) {
  static_assert(kBlocks == 8 || kBlocks == 16);
  if constexpr (std::is_same_v<T, __half>) {
    OCTAVO_MULTIPLY_TOKENS("f16")
  } else {
    OCTAVO_MULTIPLY_TOKENS("bf16")
  }
}

#undef OCTAVO_MULTIPLY_TOKENS
#undef OCTAVO_MULTIPLY
#undef OCTAVO_REGISTERS_64
#undef OCTAVO_REGISTERS_32
#undef OCTAVO_SUMS_64
#undef OCTAVO_SUMS_32
#undef OCTAVO_SUMS_16
#undef OCTAVO_SUMS_4

#endif

}  // namespace octavo::kernels::cuda
