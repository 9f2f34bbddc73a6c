// Embeddings, activations and copies of blocks: a thread has one pack of neighbouring elements and
// does nothing twice, so that the smallest batches still spread over many thread blocks.
#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/rows/activation.cuh"
#include "kernels/cuda/rows/row_packs.cuh"
#include "kernels/cuda/rows/rows.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kLanes = 8;   ///< Elements of a pack: 16 bytes of a 16-bit type.
constexpr int kCopies = 4;  ///< Pieces in flight per thread of a block copy.
constexpr std::int64_t kMaxGridY = 65535;

template <int N>
__global__ void __launch_bounds__(kThreads)
    embed_rows(const void* table, DType dtype, const std::int32_t* ids, const std::int32_t* sampled,
               const void* position_table, DType position_dtype, const std::int32_t* positions,
               std::int64_t position_offset, float* output, std::int64_t width) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t token = blockIdx.x;
  const std::int64_t column = (static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x) * N;
  if (column >= width) return;
  std::int64_t id = ids[token];
  if (id < 0) id = sampled[-1 - id];
  float values[N];
  load_pack<N>(table, dtype, id * width + column, values);
  if (position_table != nullptr) {
    float added[N];
    const std::int64_t row = positions[token] + position_offset;
    load_pack<N>(position_table, position_dtype, row * width + column, added);
#pragma unroll
    for (int i = 0; i < N; ++i) values[i] += added[i];
  }
  store_pack<N>(output + token * width + column, values);
}

/// `input` has rows of 2 * width.
template <class T, int N, Activation kKind>
__global__ void __launch_bounds__(kThreads)
    gated_rows(const T* input, T* output, std::int64_t width) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t row = blockIdx.x;
  const std::int64_t column = (static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x) * N;
  if (column >= width) return;
  float gate[N];
  float up[N];
  load_pack<N>(input + row * 2 * width + column, gate);
  load_pack<N>(input + row * 2 * width + width + column, up);
#pragma unroll
  for (int i = 0; i < N; ++i) gate[i] = activate<kKind>(gate[i]) * up[i];
  store_pack<N>(output + row * width + column, gate);
}

template <class T, int N, Activation kKind>
__global__ void __launch_bounds__(kThreads) activate_all(T* values, std::int64_t count) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (at >= count) return;
  float pack[N];
  load_pack<N>(values + at, pack);
#pragma unroll
  for (int i = 0; i < N; ++i) pack[i] = activate<kKind>(pack[i]);
  store_pack<N>(values + at, pack);
}

template <class Word>
__global__ void __launch_bounds__(kThreads)
    copy_pairs(Word* cache, const int2* pairs, std::int64_t num_pairs, std::int64_t words) {
  let_next_start();
  wait_for_inputs();
  const std::int64_t first =
      static_cast<std::int64_t>(blockIdx.x) * kThreads * kCopies + threadIdx.x;
  for (std::int64_t pair = blockIdx.y; pair < num_pairs; pair += gridDim.y) {
    const Word* source = cache + pairs[pair].x * words;
    Word* destination = cache + pairs[pair].y * words;
    Word piece[kCopies];
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      if (first + i * kThreads < words) piece[i] = source[first + i * kThreads];
    }
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      if (first + i * kThreads < words) destination[first + i * kThreads] = piece[i];
    }
  }
}

/// Calls visit(std::integral_constant) of the activation and of the lanes of a pack.
template <class Visit>
void with_kind(Activation kind, bool has_packs, const Visit& visit) {
  const auto with_lanes = [&](auto constant) {
    if (has_packs) return visit(constant, std::integral_constant<int, kLanes>{});
    visit(constant, std::integral_constant<int, 1>{});
  };
  switch (kind) {
    case Activation::kSilu:
      return with_lanes(std::integral_constant<Activation, Activation::kSilu>{});
    case Activation::kGelu:
      return with_lanes(std::integral_constant<Activation, Activation::kGelu>{});
    case Activation::kGeluTanh:
      return with_lanes(std::integral_constant<Activation, Activation::kGeluTanh>{});
    case Activation::kRelu:
      return with_lanes(std::integral_constant<Activation, Activation::kRelu>{});
  }
}

dim3 grid_of(std::int64_t rows, std::int64_t width, int lanes) {
  return {static_cast<unsigned>(rows), static_cast<unsigned>(ceil_div(width, kThreads * lanes))};
}

}  // namespace

void embed(const Matrix& table, const std::int32_t* ids, const std::int32_t* sampled,
           const Matrix* position_table, const std::int32_t* positions,
           std::int64_t position_offset, float* output, std::int64_t num_tokens,
           cudaStream_t stream) {
  const bool has_packs = table.cols % kLanes == 0;
  const void* extra = position_table != nullptr ? position_table->storage.data() : nullptr;
  const DType extra_dtype = position_table != nullptr ? position_table->dtype : table.dtype;
  launch(has_packs ? embed_rows<kLanes> : embed_rows<1>,
         grid_of(num_tokens, table.cols, has_packs ? kLanes : 1), kThreads, 0, stream,
         table.storage.data(), table.dtype, ids, sampled, extra, extra_dtype, positions,
         position_offset, output, table.cols);
}

void gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                      std::int64_t width, DType activation, cudaStream_t stream) {
  with_type(activation, [&]<class T>(T) {
    with_kind(kind, width % kLanes == 0, [&](auto constant, auto lanes) {
      launch(gated_rows<T, lanes(), constant()>, grid_of(n, width, lanes()), kThreads, 0, stream,
             static_cast<const T*>(input), static_cast<T*>(output), width);
    });
  });
}

void activation(Activation kind, void* values, std::int64_t count, DType activation,
                cudaStream_t stream) {
  with_type(activation, [&]<class T>(T) {
    with_kind(kind, count % kLanes == 0, [&](auto constant, auto lanes) {
      const dim3 grid(static_cast<unsigned>(ceil_div(count, kThreads * lanes())));
      launch(activate_all<T, lanes(), constant()>, grid, kThreads, 0, stream,
             static_cast<T*>(values), count);
    });
  });
}

void copy_blocks(const KvCacheView& cache, const int2* pairs, std::int64_t num_pairs,
                 cudaStream_t stream) {
  const auto copy = [&]<class Word>(Word) {
    const auto words = static_cast<std::int64_t>(cache.bytes_per_block() / sizeof(Word));
    const dim3 grid(static_cast<unsigned>(ceil_div(words, kThreads * kCopies)),
                    static_cast<unsigned>(num_pairs < kMaxGridY ? num_pairs : kMaxGridY));
    launch(copy_pairs<Word>, grid, kThreads, 0, stream, static_cast<Word*>(cache.data), pairs,
           num_pairs, words);
  };
  if (cache.bytes_per_block() % sizeof(uint4) == 0) return copy(uint4{});
  if (cache.bytes_per_block() % sizeof(uint2) == 0) return copy(uint2{});
  // Keys and values take the same room: an even number of bytes together.
  copy(std::uint16_t{});
}

}  // namespace octavo::kernels::cuda
