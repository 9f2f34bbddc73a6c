// What both attention kernels are made of: where a paged key lies, tiles of it in shared memory,
// and the warp's matrix instructions. Shapes of fragments: PTX ISA, "Matrix fragments for
// mma.m16n8k16".
#pragma once

#include <cstdint>

#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/rows/e4m3.cuh"

namespace octavo::kernels::cuda {

/// The part of a cache that one layer sees, counted in rows of head_dim elements: a block and a row
/// in it are a key or a value, and a scale where there are scales.
struct PagedRows {
  const void* data = nullptr;
  const std::int32_t* cu_blocks = nullptr;
  const std::int32_t* block_tables = nullptr;
  std::uint32_t rows_per_block = 0;  ///< Of all layers.
  std::uint32_t layer_row = 0;       ///< Of the layer's first key.
  std::uint32_t value_rows = 0;      ///< From a key to its value.
  std::uint32_t scale_row = 0;       ///< Of the block's first scale.
  std::uint32_t block_size = 0;

  /// The scale of a key, counted from `data`; that of its value is `value_rows` further.
  __device__ __forceinline__ std::size_t scale_at(std::uint32_t block, std::uint32_t row_in_block,
                                                  std::uint32_t head_dim) const {
    return (static_cast<std::size_t>(block) * rows_per_block + scale_row) * head_dim + row_in_block;
  }
};

/// One attention call as the device sees it.
struct AttentionCall {
  PagedRows cache;
  const void* query = nullptr;
  void* output = nullptr;
  const void* plan = nullptr;
  std::int32_t* schedule = nullptr;  ///< [2]
  std::int32_t* counters = nullptr;
  float* partials = nullptr;  ///< [slot][num_heads][head_dim]
  float* softmax = nullptr;   ///< [slot][num_heads][2]: max, sum
  std::int32_t num_heads = 0;
  std::int32_t num_kv_heads = 0;
  std::int32_t group = 0;  ///< Query heads of one KV head.
  std::int32_t head_dim = 0;
  std::int32_t window = 0;
  float scale = 1.0F;
  float soft_cap = 0.0F;
  /// All but the queries and the step's own keys and values is there before the kernel ahead ends.
  bool starts_early = false;
};

/// Both for 16-bit types T, and a cache of T or E4m3. False when there is no such kernel: heads of
/// another size, large groups.
template <class T, class Cache>
bool start_decode(const AttentionCall& call, cudaStream_t stream);
template <class T, class Cache>
bool start_prefill(const AttentionCall& call, std::int64_t num_tiles, cudaStream_t stream);

inline constexpr float kLog2E = 1.4426950408889634F;
inline constexpr unsigned kAllLanes = 0xffffffffU;

__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xff800000); }

__device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

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

__device__ __forceinline__ std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

__device__ __forceinline__ void copy_16_async(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" ::"r"(shared_address(shared)),
               "l"(global)
               : "memory");
}
/// For what is read once: it goes from the L2 cache before what others will want.
__device__ __forceinline__ std::uint64_t read_once_policy() {
  std::uint64_t policy;
  asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}
__device__ __forceinline__ void copy_16_async(void* shared, const void* global,
                                              std::uint64_t policy) {
  asm volatile("cp.async.cg.shared.global.L2::cache_hint.L2::128B [%0], [%1], 16, %2;" ::"r"(
                   shared_address(shared)),
               "l"(global), "l"(policy)
               : "memory");
}
__device__ __forceinline__ void copy_4_async(void* shared, const void* global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(shared)), "l"(global)
               : "memory");
}
__device__ __forceinline__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ void load_matrices(std::uint32_t (&r)[4], const void* shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(shared))
               : "memory");
}
__device__ __forceinline__ void load_transposed(std::uint32_t (&r)[4], const void* shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(shared))
               : "memory");
}
__device__ __forceinline__ std::uint32_t transposed(std::uint32_t matrix) {
  std::uint32_t result;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(matrix));
  return result;
}

__device__ __forceinline__ void multiply_add(__nv_bfloat16 /*type*/, float (&c)[4],
                                             const std::uint32_t (&a)[4], std::uint32_t b0,
                                             std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ __forceinline__ void multiply_add(__half /*type*/, float (&c)[4],
                                             const std::uint32_t (&a)[4], std::uint32_t b0,
                                             std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Two neighbours in one register, `first` in the low half.
__device__ __forceinline__ std::uint32_t pair_of(__nv_bfloat16 /*type*/, float first,
                                                 float second) {
  std::uint32_t r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(second), "f"(first));
  return r;
}
__device__ __forceinline__ std::uint32_t pair_of(__half /*type*/, float first, float second) {
  std::uint32_t r;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(second), "f"(first));
  return r;
}

}  // namespace octavo::kernels::cuda
