#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/device/types.cuh"
#include "kernels/cuda/rows/convert.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kTileRows = 8;

/// One tile of 32 x 32, through shared memory so that both sides are read and written in runs.
template <class In, class Out>
__global__ void convert_kernel(const In* input, Out* output, std::int64_t rows, std::int64_t cols,
                               bool transposed) {
  __shared__ float tile[kTile][kTile + 1];
  wait_for_inputs();
  const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.y) * kTile;
  const std::int64_t col0 = static_cast<std::int64_t>(blockIdx.x) * kTile;
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    if (transposed) {
      const std::int64_t col = col0 + i;
      const std::int64_t row = row0 + threadIdx.x;
      if (col < cols && row < rows) tile[threadIdx.x][i] = to_float(input[col * rows + row]);
    } else {
      const std::int64_t row = row0 + i;
      const std::int64_t col = col0 + threadIdx.x;
      if (col < cols && row < rows) tile[i][threadIdx.x] = to_float(input[row * cols + col]);
    }
  }
  __syncthreads();
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    const std::int64_t row = row0 + i;
    const std::int64_t col = col0 + threadIdx.x;
    if (row < rows && col < cols) output[row * cols + col] = from_float<Out>(tile[i][threadIdx.x]);
  }
}

template <class Element>
__global__ void gather_windows_kernel(const Element* table, const std::uint32_t* offsets,
                                      Element* output, std::int64_t cols) {
  wait_for_inputs();
  const std::int64_t row = blockIdx.x;
  const Element* window = table + offsets[row];
  for (std::int64_t c = threadIdx.x; c < cols; c += blockDim.x) output[row * cols + c] = window[c];
}

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
      // Grids are at most 65,535 tiles high: very tall matrices go in strips.
      constexpr std::int64_t kStrip = std::int64_t{65535} * kTile;
      if (transposed || rows <= kStrip) {
        const dim3 grid(static_cast<unsigned>((cols + kTile - 1) / kTile),
                        static_cast<unsigned>((rows + kTile - 1) / kTile));
        launch(convert_kernel<In, Out>, grid, dim3(kTile, kTileRows), 0, stream,
               static_cast<const In*>(input), static_cast<Out*>(output), rows, cols, transposed);
        return;
      }
      for (std::int64_t first = 0; first < rows; first += kStrip) {
        const std::int64_t count = rows - first < kStrip ? rows - first : kStrip;
        convert(static_cast<const In*>(input) + first * cols, input_dtype,
                static_cast<Out*>(output) + first * cols, output_dtype, count, cols, false, stream);
      }
    });
  });
}

void gather_windows(const void* table, const std::uint32_t* offsets, void* output,
                    std::size_t element_bytes, std::int64_t rows, std::int64_t cols,
                    cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(rows));
  if (element_bytes == 4) {
    launch(gather_windows_kernel<std::uint32_t>, grid, dim3(256), 0, stream,
           static_cast<const std::uint32_t*>(table), offsets, static_cast<std::uint32_t*>(output),
           cols);
  } else {
    launch(gather_windows_kernel<std::uint16_t>, grid, dim3(256), 0, stream,
           static_cast<const std::uint16_t*>(table), offsets, static_cast<std::uint16_t*>(output),
           cols);
  }
}

void join_columns(const float* parts, float* output, std::int64_t num_parts, std::int64_t n,
                  std::int64_t cols, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((cols + 2047) / 2048), static_cast<unsigned>(n),
                  static_cast<unsigned>(num_parts));
  launch(join_columns_kernel, grid, dim3(256), 0, stream, parts, output, n, cols);
}

}  // namespace octavo::kernels::cuda
