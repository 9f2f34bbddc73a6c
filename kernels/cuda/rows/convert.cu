// Conversions at load by CUB's transformations of a whole device; only what is stored by columns
// has a kernel of its own, since a transformation would read it across the grain.
#include "kernels/cuda/rows/convert.hpp"

#include <cub/device/device_for.cuh>
#include <cub/device/device_transform.cuh>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/rows/row_packs.cuh"

namespace octavo::kernels::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kTileRows = 8;

template <class In, class Out>
struct Convert {
  __device__ Out operator()(In x) const { return from_float<Out>(to_float(x)); }
};

/// A matrix stored by columns, in tiles of 32 x 32 through shared memory, so that both sides are
/// read and written in runs.
template <class In, class Out>
__global__ void transpose_kernel(const In* input, Out* output, std::int64_t rows,
                                 std::int64_t cols) {
  __shared__ float tile[kTile][kTile + 1];
  wait_for_inputs();
  const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.x) * kTile;
  const std::int64_t col0 = static_cast<std::int64_t>(blockIdx.y) * kTile;
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    const std::int64_t col = col0 + i;
    const std::int64_t row = row0 + threadIdx.x;
    if (col < cols && row < rows) tile[threadIdx.x][i] = to_float(input[col * rows + row]);
  }
  __syncthreads();
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    const std::int64_t row = row0 + i;
    const std::int64_t col = col0 + threadIdx.x;
    if (row < rows && col < cols) output[row * cols + col] = from_float<Out>(tile[i][threadIdx.x]);
  }
}

/// Copies element `i` of a matrix whose rows are windows of a table.
template <class Element>
struct GatherWindow {
  const Element* table;
  const std::uint32_t* offsets;
  Element* output;
  std::int64_t cols;

  __device__ void operator()(std::int64_t i) const {
    output[i] = table[offsets[i / cols] + i % cols];
  }
};

__global__ void join_columns_kernel(const float* parts, float* output, std::int64_t n,
                                    std::int64_t cols) {
  wait_for_inputs();
  const std::int64_t row = blockIdx.y;
  const std::int64_t part = blockIdx.z;
  const float* from = parts + (part * n + row) * cols;
  float* to = output + (row * gridDim.z + part) * cols;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; c < cols;
       c += stride)
    to[c] = from[c];
}

}  // namespace

void convert(const void* input, DType input_dtype, void* output, DType output_dtype,
             std::int64_t rows, std::int64_t cols, bool transposed, cudaStream_t stream) {
  with_type(input_dtype, [&]<class In>(In) {
    with_type(output_dtype, [&]<class Out>(Out) {
      const auto* from = static_cast<const In*>(input);
      auto* to = static_cast<Out*>(output);
      if (!transposed) {
        OCTAVO_CUDA(
            cub::DeviceTransform::Transform(from, to, rows * cols, Convert<In, Out>{}, stream));
        return;
      }
      const dim3 grid(static_cast<unsigned>(ceil_div(rows, kTile)),
                      static_cast<unsigned>(ceil_div(cols, kTile)));
      launch(transpose_kernel<In, Out>, grid, dim3(kTile, kTileRows), 0, stream, from, to, rows,
             cols);
    });
  });
}

void gather_windows(const void* table, const std::uint32_t* offsets, void* output,
                    std::size_t element_bytes, std::int64_t rows, std::int64_t cols,
                    cudaStream_t stream) {
  const auto gather = [&]<class Element>(Element) {
    OCTAVO_CUDA(
        cub::DeviceFor::Bulk(rows * cols,
                             GatherWindow<Element>{static_cast<const Element*>(table), offsets,
                                                   static_cast<Element*>(output), cols},
                             stream));
  };
  element_bytes == 4 ? gather(std::uint32_t{}) : gather(std::uint16_t{});
}

void join_columns(const float* parts, float* output, std::int64_t num_parts, std::int64_t n,
                  std::int64_t cols, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((cols + 2047) / 2048), static_cast<unsigned>(n),
                  static_cast<unsigned>(num_parts));
  launch(join_columns_kernel, grid, dim3(256), 0, stream, parts, output, n, cols);
}

}  // namespace octavo::kernels::cuda
