// Shapes and types of memory on a device: what an op is told about its arrays. Owns nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace octavo::kernels {

enum class DType : std::uint8_t { kF32, kF16, kBF16 };

constexpr std::size_t size_of(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

constexpr std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
  }
  return "?";
}

/// A row-major matrix in host memory as a checkpoint stores it: [rows, cols], contiguous.
struct HostMatrix {
  const void* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  bool transposed = false;  ///< True when stored [cols, rows] (GPT-2's Conv1D).
};

}  // namespace octavo::kernels
