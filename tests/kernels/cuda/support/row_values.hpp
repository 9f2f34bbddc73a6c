// What the tests of row ops on a GPU expect of values.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/tensor.hpp"
#include "tests/support/catch.hpp"

namespace octavo::kernels::cuda {

inline constexpr DType kAllTypes[] = {DType::kF32, DType::kF16, DType::kBF16};

/// Half a unit in the last place of `dtype`, a few float32 roundings besides, relative.
inline double rounding(DType dtype) {
  return dtype == DType::kBF16 ? 0x1p-8 : dtype == DType::kF16 ? 0x1p-10 : 3e-6;
}

inline void check_close(const std::vector<float>& actual, const std::vector<double>& expected,
                        DType dtype, double scale = 1.0) {
  REQUIRE(actual.size() == expected.size());
  std::size_t num_wrong = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double allowed = rounding(dtype) * std::abs(expected[i]) + scale * 3e-6;
    if (!(std::abs(actual[i] - expected[i]) <= allowed)) ++num_wrong;
  }
  CHECK(num_wrong == 0);
}

}  // namespace octavo::kernels::cuda
