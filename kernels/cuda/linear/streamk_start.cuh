// What the host does to start `streamk_product`.
#pragma once

#include <algorithm>
#include <string>

#include "kernels/cuda/linear/streamk_linear.hpp"
#include "kernels/cuda/linear/streamk_product.cuh"

namespace octavo::kernels::cuda {

constexpr std::size_t kReadyBytes = 4096;  ///< At the workspace's begin.
/// A block has at least so many: each block that shares a tile costs the first the time of adding.
constexpr int kMinSlices = 8;

/// A matrix, row-major, in boxes of 64 columns.
struct TensorBoxes {
  unsigned rank;
  cuuint64_t sizes[4];    ///< The columns first.
  cuuint64_t strides[3];  ///< Bytes, from the second dimension on.
  cuuint32_t box[4];
};

inline bool describe_tensor(const StreamKDevice& device, DType dtype, const void* data,
                            const TensorBoxes& boxes, CUtensorMap& tensor) {
  const auto type =
      dtype == DType::kF16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  const cuuint32_t steps[] = {1, 1, 1, 1};
  const CUresult status =
      device.encode(&tensor, type, boxes.rank, const_cast<void*>(data), boxes.sizes, boxes.strides,
                    boxes.box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                    CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status == CUDA_SUCCESS) return true;
  record_failure("cuTensorMapEncodeTiled", __FILE__, __LINE__,
                 "error " + std::to_string(static_cast<int>(status)));
  return false;
}

/// In tiles of `tile_rows`. Where products are gated, eight rows of the first half and eight of the
/// second take turns in a tile.
inline TensorBoxes weight_boxes(const LinearArgs& args, cuuint32_t tile_rows) {
  const auto cols = static_cast<cuuint64_t>(args.cols);
  const auto rows = static_cast<cuuint64_t>(args.rows);
  const cuuint64_t pitch = cols * 2;
  if (!args.activation || !args.activation->is_gated) {
    return {4, {cols, rows, 1, 1}, {pitch, rows * pitch, rows * pitch}, {64, tile_rows, 1, 1}};
  }
  return {
      4, {cols, 8, 2, rows / 16}, {pitch, rows / 2 * pitch, 8 * pitch}, {64, 8, 2, tile_rows / 16}};
}

inline TensorBoxes input_boxes(const LinearArgs& args, cuuint32_t box_tokens) {
  const auto cols = static_cast<cuuint64_t>(args.cols);
  return {2, {cols, static_cast<cuuint64_t>(args.n)}, {cols * 2}, {64, box_tokens}};
}

// Static, as the kernel's address is: each file that uses this has a kernel of its own.
template <class T, class Plan>
static bool prepare_streamk() {
  return OCTAVO_CUDA(cudaFuncSetAttribute(
      streamk_product<T, Plan>, cudaFuncAttributeMaxDynamicSharedMemorySize, Plan::kSharedBytes));
}

template <class T, class Plan>
static void start_streamk(const LinearArgs& args, const StreamKDevice& device, void* workspace,
                          cudaStream_t stream, int min_slices = kMinSlices) {
  CUtensorMap weight;
  CUtensorMap input;
  if (!describe_tensor(device, args.dtype, args.weight, weight_boxes(args, Plan::kRows), weight) ||
      !describe_tensor(device, args.dtype, args.input, input_boxes(args, Plan::kTokens), input)) {
    return;
  }
  auto* bytes = static_cast<char*>(workspace);
  const LinearActivation activation = args.activation.value_or(LinearActivation{});
  const StreamKArgs placed{args.bias,
                           args.output,
                           reinterpret_cast<float4*>(bytes + kReadyBytes),
                           reinterpret_cast<std::uint32_t*>(bytes),
                           static_cast<int>(args.n),
                           static_cast<int>(args.rows),
                           static_cast<int>(args.cols),
                           args.output_dtype == DType::kF32,
                           args.activation.has_value(),
                           activation.is_gated,
                           activation.kind};
  const std::int64_t slices =
      (args.rows + Plan::kRows - 1) / Plan::kRows * ((args.cols + Plan::kSlice - 1) / Plan::kSlice);
  const auto blocks = std::clamp<std::int64_t>(slices / min_slices, 1, device.multiprocessors);
  launch(streamk_product<T, Plan>, static_cast<unsigned>(blocks), Plan::kThreads,
         Plan::kSharedBytes, stream, weight, input, placed);
}

}  // namespace octavo::kernels::cuda
