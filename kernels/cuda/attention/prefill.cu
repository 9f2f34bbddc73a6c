// Prefill attention: a block of rows (tokens x the query heads of one KV head) against all keys
// that they may see, a tile at a time while the next is on its way ("FlashAttention-2", Dao 2023;
// rows of a group in one tile: "FlashInfer", Ye et al. 2025).
#include "kernels/cuda/attention/prefill_loads.cuh"
#include "kernels/cuda/attention/prefill_sums.cuh"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/per_device.hpp"
#include "kernels/cuda/ptx/async_copy.cuh"

namespace octavo::kernels::cuda {
namespace {

template <class Traits>
__device__ __forceinline__ PrefillWork work_of(const AttentionCall& call, int parts) {
  const auto* const header = static_cast<const PlanHeader*>(call.plan);
  const auto* const items = reinterpret_cast<const DecodeItem*>(header + 1);
  const auto* const tiles = reinterpret_cast<const PrefillTile*>(items + header->num_items);
  PrefillWork work;
  const int index = blockIdx.x / call.num_kv_heads;
  work.kv_head = blockIdx.x % call.num_kv_heads;
  work.tile = tiles[index / parts];
  work.table = call.cache.cu_blocks[work.tile.seq];
  constexpr int kRows = Traits::kRows;
  work.first_row = (parts - 1 - index % parts) * kRows;  // what sees most comes first
  work.first_seen = work.tile.position + work.token_of(0, call.group);
  work.key_begin = call.window > 0 ? max(0, work.first_seen - call.window + 1) : 0;
  work.key_end = work.tile.position + work.token_of(kRows - 1, call.group) + 1;
  return work;
}

/// Takes out the scores of keys that a row may not see. Only tiles at the edges have such.
template <class Sums>
__device__ __forceinline__ void mask(const AttentionCall& call, const PrefillWork& work,
                                     int first_key, typename Sums::Scores& scores) {
  const int lane = threadIdx.x % 32;
  const int first_row = threadIdx.x / 32 * 16 * Sums::kRowTiles + lane / 4;
#pragma unroll
  for (int m = 0; m < Sums::kRowTiles; ++m) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int token = work.token_of(first_row + m * 16 + r * 8, call.group);
      const int last = work.tile.position + token;
      const int first = call.window > 0 ? last - call.window + 1 : 0;
#pragma unroll
      for (int n = 0; n < Sums::kKeyTiles; ++n) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const int key = first_key + n * 8 + lane % 4 * 2 + i;
          if (key > last || key < first) scores[m][n][2 * r + i] = minus_infinity();
        }
      }
    }
  }
}

/// Writes the warp's rows, by way of the shared memory where its queries were, so that whole rows
/// leave at once.
template <class T, class Traits>
__device__ __forceinline__ void write_rows(const AttentionCall& call, const PrefillWork& work,
                                           PrefillSums<T, Traits>& sums, std::uint16_t* rows) {
  using Sums = PrefillSums<T, Traits>;
  constexpr int kPieces = Traits::kHeadDim / 8;
  const int lane = threadIdx.x % 32;
  const int first = threadIdx.x / 32 * 16 * Sums::kRowTiles;
  __syncwarp();
#pragma unroll
  for (int m = 0; m < Sums::kRowTiles; ++m) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float total = sums.sum[m][r];
      total += __shfl_xor_sync(kAllLanes, total, 1);
      total += __shfl_xor_sync(kAllLanes, total, 2);
      const float inverse = 1.0F / total;
      const int row = first + m * 16 + lane / 4 + r * 8;
#pragma unroll
      for (int n = 0; n < Sums::kOutputTiles; ++n) {
        const float(&o)[4] = sums.output[m][n];
        *reinterpret_cast<std::uint32_t*>(rows + Traits::query_offset(row, n) + lane % 4 * 2) =
            pack_pair<T>(o[2 * r] * inverse, o[2 * r + 1] * inverse);
      }
    }
  }
  __syncwarp();
  for (int i = lane; i < 16 * Sums::kRowTiles * kPieces; i += 32) {
    const int row = first + i / kPieces;
    const int column = i % kPieces;
    if (!work.holds(row, call.group)) break;
    auto* const output = static_cast<std::uint16_t*>(call.output);
    *reinterpret_cast<uint4*>(output + work.element_of(row, call) + column * 8) =
        *reinterpret_cast<const uint4*>(rows + Traits::query_offset(row, column));
  }
}

/// Scores become cap * tanh(score / cap), as powers of two.
template <class Sums>
__device__ __forceinline__ void cap(const AttentionCall& call, typename Sums::Scores& scores) {
#pragma unroll
  for (int i = 0; i < Sums::kRowTiles * Sums::kKeyTiles * 4; ++i) {
    float& x = scores[i / (Sums::kKeyTiles * 4)][i / 4 % Sums::kKeyTiles][i % 4];
    x = capped(x * (call.scale / call.soft_cap), call.soft_cap * kLog2E);
  }
}

/// Takes one tile of keys and their values, which are in shared memory, into `sums`.
template <class T, class Traits>
__device__ __forceinline__ void add_tile(const AttentionCall& call, const PrefillWork& work,
                                         int first_key, const std::uint16_t* queries,
                                         const std::uint16_t* keys, PrefillSums<T, Traits>& sums) {
  using Sums = PrefillSums<T, Traits>;
  const bool is_capped = call.soft_cap > 0.0F;
  typename Sums::Scores scores = {};
  Sums::score(queries, keys, scores);
  if (is_capped) cap<Sums>(call, scores);
  const int last_seen = work.key_end - 1;
  if (first_key + Traits::kKeys - 1 > work.first_seen ||
      (call.window > 0 && first_key < last_seen - call.window + 1)) {
    mask<Sums>(call, work, first_key, scores);
  }
  sums.weigh(scores, is_capped ? 1.0F : call.scale * kLog2E);
  sums.add_values(keys + Traits::kKeyElements, scores);
}

/// A block: the rows of its work against all keys that they may see. While one tile of keys is
/// multiplied, the next is on its way, and the places of the one after that are looked up.
template <class T, class Cache, class Traits>
__global__ void __launch_bounds__(Traits::kThreads, 2)
    prefill_attention(const __grid_constant__ AttentionCall call, int parts) {
  constexpr int kKeys = Traits::kKeys;
  extern __shared__ __align__(1024) unsigned char memory[];
  auto* const queries = reinterpret_cast<std::uint16_t*>(memory);
  std::uint16_t* const stages = queries + Traits::kQueryElements;
  auto* const places = reinterpret_cast<KeyPlace*>(stages + 4 * Traits::kKeyElements);

  wait_for_inputs();
  let_next_start();
  const PrefillWork work = work_of<Traits>(call, parts);
  if (!work.holds(0, call.group)) return;
  const int num_tiles = (work.key_end - work.key_begin + kKeys - 1) / kKeys;
  const int lister = threadIdx.x;  // the first threads look up a key each
  if (lister < 2 * kKeys) {
    places[lister] = place_of_key<Cache>(call, work, work.key_begin + lister);
  }
  load_queries<Traits>(call, work, queries);
  __syncthreads();
  load_keys<T, Cache, Traits>(call, places, stages);
  commit_copies();

  PrefillSums<T, Traits> sums;
  sums.clear();
  for (int j = 0; j < num_tiles; ++j) {
    const int first_key = work.key_begin + j * kKeys;
    KeyPlace later;
    if (lister < kKeys) later = place_of_key<Cache>(call, work, first_key + 2 * kKeys + lister);
    wait_for_copies<0>();
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
    if constexpr (Traits::kIsWarpgroup) publish_copies();
#endif
    __syncthreads();
    if (j + 1 < num_tiles) {
      load_keys<T, Cache, Traits>(call, places + (j + 1) % 2 * kKeys,
                                  stages + (j + 1) % 2 * 2 * Traits::kKeyElements);
    }
    commit_copies();
    add_tile(call, work, first_key, queries, stages + j % 2 * 2 * Traits::kKeyElements, sums);
    if (lister < kKeys) places[j % 2 * kKeys + lister] = later;
  }
  if constexpr (Traits::kIsWarpgroup) __syncthreads();  // the others' products read queries too
  write_rows(call, work, sums, queries);
}

template <class T, class Cache, class Traits>
bool start(const AttentionCall& call, std::int64_t num_tiles, cudaStream_t stream) {
  constexpr int kBytes = prefill_shared_bytes<Traits>();
  static PerDevice<bool> fits;
  const bool fits_here = fits.get([] {
    if (kBytes > device_limits().shared_per_block) return false;
    return OCTAVO_CUDA(cudaFuncSetAttribute(prefill_attention<T, Cache, Traits>,
                                            cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes));
  });
  if (!fits_here) return false;
  const int parts = static_cast<int>(kTileTokens) * call.group / Traits::kRows;
  const auto blocks = static_cast<unsigned>(num_tiles * parts * call.num_kv_heads);
  launch(prefill_attention<T, Cache, Traits>, dim3(blocks), dim3(Traits::kThreads), kBytes, stream,
         call, parts);
  return true;
}

/// By Hopper's matrix instructions on Hopper, which alone has them.
template <class T, class Cache, int kHeadDim>
bool start_best(const AttentionCall& call, std::int64_t num_tiles, cudaStream_t stream) {
  return device_limits().compute_capability == 90
             ? start<T, Cache, WarpgroupTraits<kHeadDim>>(call, num_tiles, stream)
             : start<T, Cache, WarpTraits<kHeadDim>>(call, num_tiles, stream);
}

}  // namespace

template <class T, class Cache>
bool start_prefill(const AttentionCall& call, std::int64_t num_tiles, cudaStream_t stream) {
  switch (call.head_dim) {
    case 64:
      return start_best<T, Cache, 64>(call, num_tiles, stream);
    case 80:
      return start<T, Cache, WarpTraits<80>>(call, num_tiles, stream);
    case 96:
      return start<T, Cache, WarpTraits<96>>(call, num_tiles, stream);
    case 128:
      return start_best<T, Cache, 128>(call, num_tiles, stream);
    case 256:
      return start<T, Cache, WarpTraits<256>>(call, num_tiles, stream);
    default:
      return false;
  }
}

template bool start_prefill<__half, __half>(const AttentionCall&, std::int64_t, cudaStream_t);
template bool start_prefill<__half, E4m3>(const AttentionCall&, std::int64_t, cudaStream_t);
template bool start_prefill<__nv_bfloat16, __nv_bfloat16>(const AttentionCall&, std::int64_t,
                                                          cudaStream_t);
template bool start_prefill<__nv_bfloat16, E4m3>(const AttentionCall&, std::int64_t, cudaStream_t);

}  // namespace octavo::kernels::cuda
