#include "kernels/host/random_rows.hpp"

#include <cmath>
#include <numbers>

#include "kernels/host/half.hpp"
#include "kernels/host/philox.hpp"

namespace octavo::kernels {
namespace {

constexpr std::int64_t kNumDistinct = 65521;  // prime: no width of a model divides it

/// Box and Muller's transform of two uniform words.
float normal(std::uint32_t a, std::uint32_t b) {
  const double radius = std::sqrt(-2.0 * std::log((a + 1.0) * 0x1p-32));
  return static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * b * 0x1p-32));
}

}  // namespace

RandomRows::RandomRows(std::int64_t cols, DType dtype, std::uint64_t seed, float scale)
    : seed_(seed),
      element_bytes_(size_of(dtype)),
      table_(static_cast<std::size_t>(kNumDistinct + cols) * element_bytes_) {
  for (std::int64_t i = 0; i < kNumDistinct; ++i) {
    const auto word = philox({static_cast<std::uint32_t>(i), 0, 1, 0}, seed);
    store_element(table_.data(), dtype, i, scale * normal(word[0], word[1]));
  }
  for (std::int64_t i = kNumDistinct; i < kNumDistinct + cols; ++i) {
    store_element(table_.data(), dtype, i, load_element(table_.data(), dtype, i - kNumDistinct));
  }
}

std::uint32_t RandomRows::offset(std::int64_t index) const {
  const auto low = static_cast<std::uint32_t>(index);
  const auto high = static_cast<std::uint32_t>(index >> 32);
  return philox({low, high, 2, 0}, seed_)[0] % kNumDistinct;
}

}  // namespace octavo::kernels
