// Neighbouring elements as one access: read as float32 whatever they are stored as, written with
// one rounding. Pieces of 16 bytes where the type and the count allow.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/device/types.cuh"

namespace octavo::kernels::cuda {

/// The unsigned words of a piece: what the memory instruction moves.
template <int kBytes>
using PieceWords = std::conditional_t<
    kBytes == 16, uint4,
    std::conditional_t<kBytes == 8, uint2,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint16_t>>>;

template <int N, class T>
struct PieceOf {
  static constexpr int kFull = 16 / static_cast<int>(sizeof(T));
  static constexpr int kCount = N < kFull ? N : kFull;
  using Words = PieceWords<kCount* static_cast<int>(sizeof(T))>;
  union Value {
    Words words;
    T elements[kCount];
    __device__ Value() {}
  };
};

/// `from` is aligned to the smaller of 16 bytes and N elements.
template <int N, class T>
__device__ __forceinline__ void load_pack(const T* from, float (&to)[N]) {
  using Piece = PieceOf<N, T>;
  constexpr int kPieces = N / Piece::kCount;
  typename Piece::Value pieces[kPieces];
#pragma unroll
  for (int p = 0; p < kPieces; ++p) {
    pieces[p].words = reinterpret_cast<const typename Piece::Words*>(from)[p];
  }
#pragma unroll
  for (int p = 0; p < kPieces; ++p) {
#pragma unroll
    for (int i = 0; i < Piece::kCount; ++i) {
      to[p * Piece::kCount + i] = to_float(pieces[p].elements[i]);
    }
  }
}

template <int N, class T>
__device__ __forceinline__ void store_pack(T* to, const float (&from)[N]) {
  using Piece = PieceOf<N, T>;
#pragma unroll
  for (int p = 0; p < N / Piece::kCount; ++p) {
    typename Piece::Value piece;
#pragma unroll
    for (int i = 0; i < Piece::kCount; ++i) {
      piece.elements[i] = from_float<T>(from[p * Piece::kCount + i]);
    }
    reinterpret_cast<typename Piece::Words*>(to)[p] = piece.words;
  }
}

/// The same at element `index` of an array whose type is known at run time: a branch that all
/// threads take alike costs less than a kernel for each pair of types.
template <int N>
__device__ __forceinline__ void load_pack(const void* from, DType dtype, std::int64_t index,
                                          float (&to)[N]) {
  switch (dtype) {
    case DType::kF32:
      return load_pack<N>(static_cast<const float*>(from) + index, to);
    case DType::kF16:
      return load_pack<N>(static_cast<const __half*>(from) + index, to);
    case DType::kBF16:
      return load_pack<N>(static_cast<const __nv_bfloat16*>(from) + index, to);
    case DType::kF8:  // has a way of its own, see e4m3.cuh
      return;
  }
}

template <int N>
__device__ __forceinline__ void store_pack(void* to, DType dtype, std::int64_t index,
                                           const float (&from)[N]) {
  switch (dtype) {
    case DType::kF32:
      return store_pack<N>(static_cast<float*>(to) + index, from);
    case DType::kF16:
      return store_pack<N>(static_cast<__half*>(to) + index, from);
    case DType::kBF16:
      return store_pack<N>(static_cast<__nv_bfloat16*>(to) + index, from);
    case DType::kF8:
      return;
  }
}

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace octavo::kernels::cuda
