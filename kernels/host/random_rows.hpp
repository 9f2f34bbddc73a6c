// Weights for benchmarks without a checkpoint: normal values at the speed of a copy. One table of
// distinct values is drawn; every row is a window into it at an offset of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/tensor.hpp"

namespace octavo::kernels {

class RandomRows {
 public:
  /// Values of standard deviation `scale`, as `dtype` stores them.
  RandomRows(std::int64_t cols, DType dtype, std::uint64_t seed, float scale);

  /// [cols] elements of `dtype`, valid while this lives.
  const void* row(std::int64_t index) const {
    return table_.data() + offset(index) * element_bytes_;
  }
  /// Where in `table` row `index` begins, in elements.
  std::uint32_t offset(std::int64_t index) const;
  std::span<const std::byte> table() const { return table_; }

 private:
  std::uint64_t seed_;
  std::size_t element_bytes_;
  std::vector<std::byte> table_;
};

}  // namespace octavo::kernels
