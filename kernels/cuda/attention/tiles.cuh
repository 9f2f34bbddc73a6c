// What the fast attention kernels share: how tiles of rows lie in shared memory, and scores as
// powers of two.
#pragma once

#include <cstdint>

#include "kernels/cuda/ptx/arithmetic.cuh"

namespace octavo::kernels::cuda {

inline constexpr float kLog2E = 1.4426950408889634F;
inline constexpr unsigned kAllLanes = 0xffffffffU;

__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xff800000); }

/// cap * tanh(x), in units of log2(e); by exponentials: exact where the hardware's tanh is not.
__device__ __forceinline__ float capped(float x, float cap_log2) {
  return cap_log2 * (1.0F - __fdividef(2.0F, exp2_fast(2.0F * kLog2E * x) + 1.0F));
}

/// Offsets in elements of a tile [rows][kHeadDim] in shared memory whose 16-byte pieces lie so that
/// eight rows of one column are in different banks.
template <int kHeadDim>
struct TileLayout {
  static constexpr int kPieces = kHeadDim / 8;
  static constexpr bool kSwizzled = kPieces % 8 == 0;
  static constexpr int kPitch = kSwizzled ? kPieces : (kPieces | 1);
  static constexpr int kElementsPerRow = kPitch * 8;

  __device__ __forceinline__ static int offset(int row, int piece) {
    return (row * kPitch + (kSwizzled ? piece ^ (row & 7) : piece)) * 8;
  }
};

}  // namespace octavo::kernels::cuda
