// The matrix instruction of one warp, 16 x 8 x 16, with 16-bit factors and float32 sums. PTX ISA:
// "Matrix fragments for mma.m16n8k16 with floating point type".
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

namespace octavo::kernels::cuda {

/// c [16 x 8] += a [16 x 16] b [16 x 8], T being __half or __nv_bfloat16. Of lane l, with row
/// r = l / 4 and pair p = l % 4 * 2:
///   a0..a3  elements (r, p), (r + 8, p), (r, p + 8), (r + 8, p + 8), each with its right neighbour
///   b0, b1  elements (p, r), (p + 8, r), each with the one below it
///   c[0..3] elements (r, p), (r, p + 1), (r + 8, p), (r + 8, p + 1)
template <class T>
__device__ __forceinline__ void multiply_add(float (&c)[4], std::uint32_t a0, std::uint32_t a1,
                                             std::uint32_t a2, std::uint32_t a3, std::uint32_t b0,
                                             std::uint32_t b1) {
  if constexpr (std::is_same_v<T, __half>) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
        "{%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>);
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
        "{%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  }
}
template <class T>
__device__ __forceinline__ void multiply_add(float (&c)[4], const std::uint32_t (&a)[4],
                                             std::uint32_t b0, std::uint32_t b1) {
  multiply_add<T>(c, a[0], a[1], a[2], a[3], b0, b1);
}

}  // namespace octavo::kernels::cuda
