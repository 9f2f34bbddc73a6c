#include "kernels/host/random_rows.hpp"

#include <cmath>
#include <cstring>
#include <set>

#include "kernels/host/half.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

TEST_CASE("a row is a window into the table at its offset") {
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  const RandomRows rows(100, dtype, 5, 1.0F);
  for (const std::int64_t index :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{4095}, std::int64_t{1} << 40}) {
    CAPTURE(name_of(dtype), index);
    const std::size_t begin = rows.offset(index) * size_of(dtype);
    CHECK(rows.row(index) == rows.table().data() + begin);
    CHECK(begin + 100 * size_of(dtype) <= rows.table().size());
  }
}

TEST_CASE("the table goes on behind its end as it began") {
  constexpr std::int64_t kCols = 70'000;  // More than the table has distinct values.
  const RandomRows rows(kCols, DType::kF32, 5, 1.0F);
  const auto num_values = static_cast<std::int64_t>(rows.table().size() / sizeof(float));
  const std::int64_t num_distinct = num_values - kCols;
  const void* table = rows.table().data();
  for (const std::int64_t i : {std::int64_t{0}, std::int64_t{1}, kCols - 1}) {
    CHECK(load_element(table, DType::kF32, num_distinct + i) ==
          load_element(table, DType::kF32, i));
  }
}

TEST_CASE("equal seeds give equal rows and others give others") {
  const RandomRows rows(16, DType::kF32, 5, 1.0F);
  const RandomRows again(16, DType::kF32, 5, 1.0F);
  const RandomRows other(16, DType::kF32, 6, 1.0F);
  int num_equal_offsets = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    CHECK(std::memcmp(rows.row(i), again.row(i), 16 * sizeof(float)) == 0);
    CHECK(std::memcmp(rows.row(i), other.row(i), 16 * sizeof(float)) != 0);
    num_equal_offsets += rows.offset(i) == other.offset(i) ? 1 : 0;
  }
  CHECK(num_equal_offsets <= 1);
}

TEST_CASE("rows begin in many places, by all bits of their index") {
  const RandomRows rows(4, DType::kF32, 1, 1.0F);
  std::set<std::uint32_t> offsets;
  for (std::int64_t i = 0; i < 1000; ++i) offsets.insert(rows.offset(i));
  CHECK(offsets.size() > 980);
  CHECK(rows.offset(0) != rows.offset(std::int64_t{1} << 32));
}

TEST_CASE("values are normal, with the deviation that was asked for") {
  constexpr std::int64_t kCount = 65'000;
  const RandomRows rows(kCount, DType::kF32, 9, 0.02F);
  const auto* values = static_cast<const float*>(rows.row(0));
  double sum = 0.0;
  double squares = 0.0;
  int num_within_one = 0;
  for (std::int64_t i = 0; i < kCount; ++i) {
    REQUIRE(std::isfinite(values[i]));
    const double value = values[i] / 0.02;
    sum += value;
    squares += value * value;
    num_within_one += std::abs(value) < 1.0 ? 1 : 0;
  }
  CHECK(std::abs(sum / kCount) < 0.02);
  CHECK(squares / kCount == Approx(1.0).margin(0.03));
  CHECK(num_within_one / static_cast<double>(kCount) == Approx(0.6827).margin(0.01));
}

TEST_CASE("short types hold the same values, rounded") {
  const RandomRows full(32, DType::kF32, 3, 1.0F);
  const RandomRows half(32, DType::kBF16, 3, 1.0F);
  for (std::int64_t i = 0; i < 32; ++i) {
    const float value = load_element(full.row(7), DType::kF32, i);
    CHECK(load_element(half.row(7), DType::kBF16, i) == to_float(from_float<Bf16>(value)));
  }
}
