// Shapes and types of memory on a device: what an op knows of its arrays. Owns nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace octavo::kernels {

/// kF8: e4m3 (four bits of exponent, three of mantissa), of keys and values alone.
enum class DType : std::uint8_t { kF32, kF16, kBF16, kF8 };

constexpr std::size_t size_of(DType dtype) {
  if (dtype == DType::kF32) return 4;
  return dtype == DType::kF8 ? 1 : 2;
}

constexpr std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
    case DType::kF8:
      return "fp8";
  }
  return "?";
}

/// The scale of a head of values to be stored as kF8: the exponent, biased by 127, of the least
/// power of two that brings the largest magnitude, whose float32 bits these are, within 448. 255, a
/// scale that is no number, where that is none.
constexpr std::uint8_t f8_scale_of(std::uint32_t largest_bits) {
  const std::uint32_t exponent = largest_bits >> 23;
  if (exponent == 255) return 255;
  const bool is_above = (largest_bits & 0x7fffffU) > 0x600000U;  // 448 is 1.75 times 2^8
  const std::uint32_t scale = exponent + (is_above ? 1U : 0U);
  return static_cast<std::uint8_t>(scale > 8 ? scale - 8 : 1);
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
