// Shared memory as PTX instructions see it: a 32-bit address of its own, reads of 16 bytes, and the
// moves of 8 x 8 matrices between it and the registers that the matrix instructions take. PTX ISA:
// "ldmatrix", "stmatrix", "movmatrix".
#pragma once

#include <cstdint>

namespace octavo::kernels::cuda {

/// The address in shared memory that `pointer`, which points into it, stands for.
__device__ __forceinline__ std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

/// 16 bytes at a multiple of 16.
__device__ __forceinline__ uint4 load_shared_16(std::uint32_t source) {
  uint4 x;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "r"(source)
               : "memory");
  return x;
}

/// Four matrices of 8 x 8 16-bit elements by one warp: lane l gives the row l % 8 of matrix l / 8
/// (16 bytes at `shared`), and receives of each matrix the elements (l / 4, l % 4 * 2 + {0, 1}).
__device__ __forceinline__ void load_matrices(std::uint32_t (&r)[4], const void* shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(shared))
               : "memory");
}
/// The same matrices, each transposed on its way.
__device__ __forceinline__ void load_matrices_transposed(std::uint32_t (&r)[4],
                                                         const void* shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(shared))
               : "memory");
}
#if __CUDA_ARCH__ >= 900
/// The way back of `load_matrices_transposed`. `shared`: an address in shared memory.
__device__ __forceinline__ void store_matrices_transposed(std::uint32_t shared, std::uint32_t r0,
                                                          std::uint32_t r1, std::uint32_t r2,
                                                          std::uint32_t r3) {
  asm volatile(
      "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(shared),
      "r"(r0), "r"(r1), "r"(r2), "r"(r3)
      : "memory");
}
#endif

/// A matrix of 8 x 8 that lies in the registers of a warp, transposed.
__device__ __forceinline__ std::uint32_t transpose_matrix(std::uint32_t matrix) {
  std::uint32_t result;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(matrix));
  return result;
}

}  // namespace octavo::kernels::cuda
