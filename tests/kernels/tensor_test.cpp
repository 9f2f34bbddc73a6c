#include "kernels/tensor.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/kv_cache_view.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace octavo::kernels;

namespace {

int scale_of(float largest) { return f8_scale_of(std::bit_cast<std::uint32_t>(largest)); }

double power_of(int biased) { return std::ldexp(1.0, biased - 127); }

}  // namespace

TEST_CASE("each type has its bytes and its name") {
  const auto [dtype, bytes, name] = GENERATE(
      Catch::Generators::table<DType, std::size_t, const char*>({{DType::kF32, 4, "float32"},
                                                                 {DType::kF16, 2, "float16"},
                                                                 {DType::kBF16, 2, "bfloat16"},
                                                                 {DType::kF8, 1, "fp8"}}));
  CHECK(size_of(dtype) == bytes);
  CHECK(name_of(dtype) == name);
}

TEST_CASE("a scale is the least power of two that brings the largest within 448") {
  CHECK(scale_of(448.0F) == 127);
  CHECK(scale_of(std::nextafter(448.0F, 500.0F)) == 128);
  CHECK(scale_of(256.0F) == 127);
  CHECK(scale_of(std::nextafter(256.0F, 0.0F)) == 127);
  CHECK(scale_of(224.0F) == 126);
  CHECK(scale_of(std::numeric_limits<float>::max()) == 247);
  octavo::testing::Random random(4);
  for (int round = 0; round < 2000; ++round) {
    const int exponent = random.pick(-115, 126);
    const int mantissa = random.pick(0, (1 << 23) - 1);
    const double largest = std::ldexp(1.0 + std::ldexp(mantissa, -23), exponent);
    const int scale = scale_of(static_cast<float>(largest));
    CAPTURE(largest, scale);
    REQUIRE(largest / power_of(scale) <= 448.0);
    REQUIRE(largest / power_of(scale - 1) > 448.0);
  }
}

TEST_CASE("the least scale is that of the least normal float, also for zeros") {
  for (const float largest :
       {0.0F, std::numeric_limits<float>::denorm_min(), 0x1p-126F, 0x1p-119F}) {
    CAPTURE(largest);
    CHECK(scale_of(largest) == 1);
  }
  CHECK(scale_of(0x1p-117F) == 2);
}

TEST_CASE("what is no number has a scale that is none") {
  CHECK(scale_of(std::numeric_limits<float>::infinity()) == 255);
  CHECK(scale_of(std::nanf("")) == 255);
}

TEST_CASE("a block holds the keys and values of all layers, and its scales in whole rows") {
  KvCacheView view{nullptr, DType::kF16, 10, 2, 3, 16, 64};
  CHECK(view.rows_per_block() == 2 * 2 * 3 * 16);
  CHECK(view.elements_per_block() == 192 * 64);
  CHECK(view.bytes_per_block() == 2 * 192 * 64);
  view.dtype = DType::kF8;
  CHECK(view.elements_per_block() == (192 + 3) * 64);
  CHECK(view.bytes_per_block() == 195 * 64);
  view.block_size = 17;  // 204 scales need a fourth row.
  CHECK(view.elements_per_block() == (204 + 4) * 64);
}
