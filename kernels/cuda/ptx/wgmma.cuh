// Hopper's matrix instructions of a warpgroup, four warps together (sm_90a): sums of 64 rows by 64
// or 128 columns in the registers of 128 threads, the second factor (and mostly the first) a tile
// in shared memory. PTX ISA: "Asynchronous Warpgroup Level Matrix Instructions". Tiles lie in
// columns of 64 elements, each [rows][64] with the 128-byte swizzle.
//
// Products run beside the threads: `begin_products()` before a group of them, `commit_products()`
// after it, `wait_for_products()` before the sums are read.
//
// d[j][k] of a thread, with warp w of the group and lane l, is the element of row
// w * 16 + l / 4 + k / 2 * 8 and column j * 8 + l % 4 * 2 + k % 2.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

namespace octavo::kernels::cuda {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

/// `shared`: an address in shared memory. `next_column`: bytes from one column of 64 to the next,
/// where the operand runs across columns.
__device__ __forceinline__ std::uint64_t tile_descriptor(std::uint32_t shared, int next_column) {
  constexpr std::uint64_t kNextRows = 1024;  // eight rows of 128 bytes
  return (shared & 0x3ffffU) >> 4 | static_cast<std::uint64_t>(next_column >> 4) << 16 |
         kNextRows >> 4 << 32 | std::uint64_t{1} << 62;
}

__device__ __forceinline__ void begin_products() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ __forceinline__ void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Until at most kPending groups of products, the latest ones, are not done.
template <int kPending>
__device__ __forceinline__ void wait_for_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}
/// Makes this thread's finished copies visible to the matrix unit, once a barrier follows.
__device__ __forceinline__ void publish_copies() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// The instruction names every register of the sums, so it is put together from lists of them.
#define OCTAVO_SUMS_4(i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])
#define OCTAVO_SUMS_16(i) \
  OCTAVO_SUMS_4(i), OCTAVO_SUMS_4(i + 1), OCTAVO_SUMS_4(i + 2), OCTAVO_SUMS_4(i + 3)
#define OCTAVO_SUMS_32 OCTAVO_SUMS_16(0), OCTAVO_SUMS_16(4)
#define OCTAVO_SUMS_64 OCTAVO_SUMS_32, OCTAVO_SUMS_16(8), OCTAVO_SUMS_16(12)
#define OCTAVO_REGISTERS_32                                \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15," \
  "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define OCTAVO_REGISTERS_64                                          \
  OCTAVO_REGISTERS_32                                                \
  ","                                                                \
  "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47," \
  "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"

/// Both factors in shared memory: the operands after the sums are two descriptors and a flag.
#define OCTAVO_MULTIPLY_TILES(TYPE, COLUMNS, SUMS, A, B, ADDS)                      \
  asm volatile("{.reg .pred p; setp.ne.b32 p, " ADDS                                \
               ", 0;"                                                               \
               "wgmma.mma_async.sync.aligned.m64n" COLUMNS "k16.f32." TYPE "." TYPE \
               " "                                                                  \
               "{" OCTAVO_REGISTERS_##SUMS "}, " A ", " B ", p, 1, 1, 0, 0;}"       \
               : OCTAVO_SUMS_##SUMS                                                 \
               : "l"(a), "l"(b), "r"(adds ? 1 : 0))

/// The first factor in registers, the second transposed; sums are always added to.
#define OCTAVO_MULTIPLY_REGISTERS(TYPE, COLUMNS, SUMS, A, B, ADDS)                  \
  asm volatile("{.reg .pred p; setp.ne.b32 p, " ADDS                                \
               ", 0;"                                                               \
               "wgmma.mma_async.sync.aligned.m64n" COLUMNS "k16.f32." TYPE "." TYPE \
               " "                                                                  \
               "{" OCTAVO_REGISTERS_##SUMS "}, " A ", " B ", p, 1, 1, 1;}"          \
               : OCTAVO_SUMS_##SUMS                                                 \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1))

/// d (+)= a b^T, of 64 rows, 8 * kBlocks columns, 16 terms: `a` and `b` are descriptors of tiles
/// whose rows run along the terms. Without `adds` what was in d does not count.
template <class T, int kBlocks>
__device__ __forceinline__ void multiply_tiles(float (&d)[kBlocks][4], std::uint64_t a,
                                               std::uint64_t b, bool adds) {
  static_assert(kBlocks == 8 || kBlocks == 16);
  if constexpr (std::is_same_v<T, __half> && kBlocks == 8) {
    OCTAVO_MULTIPLY_TILES("f16", "64", 32, "%32", "%33", "%34");
  } else if constexpr (std::is_same_v<T, __half>) {
    OCTAVO_MULTIPLY_TILES("f16", "128", 64, "%64", "%65", "%66");
  } else if constexpr (kBlocks == 8) {
    OCTAVO_MULTIPLY_TILES("bf16", "64", 32, "%32", "%33", "%34");
  } else {
    OCTAVO_MULTIPLY_TILES("bf16", "128", 64, "%64", "%65", "%66");
  }
}

/// d += a b, of 64 rows, 8 * kBlocks columns, 16 terms: `a` in registers as for `multiply_add`
/// (mma.cuh), `b` the descriptor of a tile whose rows run along the columns.
template <class T, int kBlocks>
__device__ __forceinline__ void multiply_registers(float (&d)[kBlocks][4],
                                                   const std::uint32_t (&a)[4], std::uint64_t b) {
  static_assert(kBlocks == 8 || kBlocks == 16);
  if constexpr (std::is_same_v<T, __half> && kBlocks == 8) {
    OCTAVO_MULTIPLY_REGISTERS("f16", "64", 32, "{%32,%33,%34,%35}", "%36", "%37");
  } else if constexpr (std::is_same_v<T, __half>) {
    OCTAVO_MULTIPLY_REGISTERS("f16", "128", 64, "{%64,%65,%66,%67}", "%68", "%69");
  } else if constexpr (kBlocks == 8) {
    OCTAVO_MULTIPLY_REGISTERS("bf16", "64", 32, "{%32,%33,%34,%35}", "%36", "%37");
  } else {
    OCTAVO_MULTIPLY_REGISTERS("bf16", "128", 64, "{%64,%65,%66,%67}", "%68", "%69");
  }
}

#undef OCTAVO_MULTIPLY_REGISTERS
#undef OCTAVO_MULTIPLY_TILES
#undef OCTAVO_REGISTERS_64
#undef OCTAVO_REGISTERS_32
#undef OCTAVO_SUMS_64
#undef OCTAVO_SUMS_32
#undef OCTAVO_SUMS_16
#undef OCTAVO_SUMS_4

#endif

}  // namespace octavo::kernels::cuda
