// The matrix instructions of Hopper's attention: scores and weighted values.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/ptx/wgmma.cuh"

namespace octavo::kernels::cuda {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

#define OCTAVO_SCORES_64(TYPE)                                                                    \
  asm volatile(                                                                                   \
      "{.reg .pred p; setp.ne.b32 p, %34, 0;"                                                     \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." TYPE "." TYPE                                 \
      " "                                                                                         \
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,"       \
      "%23,%24,%25,%26,%27,%28,%29,%30,%31}, "                                                    \
      "%32, %33, p, 1, 1, 0, 0;}"                                                                 \
      : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]), "+f"(d[1][1]), \
        "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]), \
        "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), \
        "+f"(d[4][2]), "+f"(d[4][3]), "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), \
        "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]), \
        "+f"(d[7][2]), "+f"(d[7][3])                                                              \
      : "l"(a), "l"(b), "r"(adds ? 1 : 0))

/// d (+)= a b^T: 64 rows of queries, 64 keys, 16 dimensions.
template <class T>
__device__ __forceinline__ void multiply_scores(float (&d)[8][4], std::uint64_t a, std::uint64_t b,
                                                bool adds) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>) {
    OCTAVO_SCORES_64("bf16");
  } else {
    OCTAVO_SCORES_64("f16");
  }
}

#define OCTAVO_VALUES_64(TYPE)                                                                    \
  asm volatile(                                                                                   \
      "{.reg .pred p; setp.ne.b32 p, %37, 0;"                                                     \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." TYPE "." TYPE                                 \
      " "                                                                                         \
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,"       \
      "%23,%24,%25,%26,%27,%28,%29,%30,%31}, "                                                    \
      "{%32,%33,%34,%35}, %36, p, 1, 1, 1;}"                                                      \
      : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]), "+f"(d[1][1]), \
        "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]), \
        "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), \
        "+f"(d[4][2]), "+f"(d[4][3]), "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), \
        "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]), \
        "+f"(d[7][2]), "+f"(d[7][3])                                                              \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1))

/// d += a b: 64 rows of weights, 16 keys, 64 dimensions.
template <class T>
__device__ __forceinline__ void multiply_values(float (&d)[8][4], const std::uint32_t (&a)[4],
                                                std::uint64_t b) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>) {
    OCTAVO_VALUES_64("bf16");
  } else {
    OCTAVO_VALUES_64("f16");
  }
}

#define OCTAVO_VALUES_128(TYPE)                                                                   \
  asm volatile(                                                                                   \
      "{.reg .pred p; setp.ne.b32 p, %69, 0;"                                                     \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." TYPE "." TYPE                                \
      " "                                                                                         \
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,"       \
      "%23,%24,%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,"      \
      "%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, "        \
      "{%64,%65,%66,%67}, %68, p, 1, 1, 1;}"                                                      \
      : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]), "+f"(d[1][1]), \
        "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]), \
        "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), \
        "+f"(d[4][2]), "+f"(d[4][3]), "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), \
        "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]), \
        "+f"(d[7][2]), "+f"(d[7][3]), "+f"(d[8][0]), "+f"(d[8][1]), "+f"(d[8][2]), "+f"(d[8][3]), \
        "+f"(d[9][0]), "+f"(d[9][1]), "+f"(d[9][2]), "+f"(d[9][3]), "+f"(d[10][0]),               \
        "+f"(d[10][1]), "+f"(d[10][2]), "+f"(d[10][3]), "+f"(d[11][0]), "+f"(d[11][1]),           \
        "+f"(d[11][2]), "+f"(d[11][3]), "+f"(d[12][0]), "+f"(d[12][1]), "+f"(d[12][2]),           \
        "+f"(d[12][3]), "+f"(d[13][0]), "+f"(d[13][1]), "+f"(d[13][2]), "+f"(d[13][3]),           \
        "+f"(d[14][0]), "+f"(d[14][1]), "+f"(d[14][2]), "+f"(d[14][3]), "+f"(d[15][0]),           \
        "+f"(d[15][1]), "+f"(d[15][2]), "+f"(d[15][3])                                            \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1))

/// d += a b: 64 rows of weights, 16 keys, 128 dimensions.
template <class T>
__device__ __forceinline__ void multiply_values(float (&d)[16][4], const std::uint32_t (&a)[4],
                                                std::uint64_t b) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>) {
    OCTAVO_VALUES_128("bf16");
  } else {
    OCTAVO_VALUES_128("f16");
  }
}

#undef OCTAVO_SCORES_64
#undef OCTAVO_VALUES_64
#undef OCTAVO_VALUES_128

#endif

}  // namespace octavo::kernels::cuda
