#include "kernels/cpu/packing.hpp"

#include <cstring>

#include "kernels/cpu/dispatch.hpp"
#include "kernels/cpu/fast_backend.hpp"
#include "kernels/host/half.hpp"
#include "kernels/host/memory.hpp"
#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cpu;

namespace {

/// A group of up to 16 rows, packed by a target.
struct Packed {
  Matrix matrix;
  Packed(std::int64_t target, const std::vector<const void*>& rows, DType source, DType dtype,
         std::int64_t cols) {
    const PackedShape shape = packed_shape(dtype, kGroupRows, cols);
    matrix.storage = take_memory(shape.group_bytes());
    std::memset(matrix.storage.data(), 0xFF, shape.group_bytes());
    matrix.dtype = dtype;
    matrix.rows = kGroupRows;
    matrix.cols = cols;
    PackArgs args;
    std::copy(rows.begin(), rows.end(), std::begin(args.rows));
    args.source = source;
    args.dtype = dtype;
    args.cols = cols;
    args.group = matrix.storage.as<std::byte>();
    pack_group(target)(args);
  }
};

float as_stored(float value, DType dtype) {
  float element = 0.0F;
  store_element(&element, dtype, 0, value);
  return load_element(&element, dtype, 0);
}

}  // namespace

TEST_CASE("a packed shape counts groups of 16 rows and lines of their columns") {
  struct Case {
    DType dtype;
    std::int64_t rows;
    std::int64_t cols;
    std::int64_t num_groups;
    std::int64_t num_steps;
    std::size_t line_bytes;
    std::int64_t cols_per_step;
  };
  const Case c =
      GENERATE(Case{DType::kF32, 1, 1, 1, 1, 64, 1}, Case{DType::kF32, 16, 33, 1, 33, 64, 1},
               Case{DType::kF32, 17, 33, 2, 33, 64, 1}, Case{DType::kF16, 32, 7, 2, 7, 32, 1},
               Case{DType::kBF16, 16, 1, 1, 16, 64, 2}, Case{DType::kBF16, 16, 32, 1, 16, 64, 2},
               Case{DType::kBF16, 16, 33, 1, 32, 64, 2});
  CAPTURE(name_of(c.dtype), c.rows, c.cols);
  const PackedShape shape = packed_shape(c.dtype, c.rows, c.cols);
  CHECK(shape.num_groups == c.num_groups);
  CHECK(shape.num_steps == c.num_steps);
  CHECK(shape.line_bytes == c.line_bytes);
  CHECK(shape.cols_per_step == c.cols_per_step);
  CHECK(shape.group_bytes() == static_cast<std::size_t>(c.num_steps) * c.line_bytes);
}

TEST_CASE("every row of a group comes back as its type stores it, and an absent one as zeros") {
  const auto source = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  for (const InstructionSet& set : instruction_sets()) {
    for (const std::int64_t cols : {1, 2, 15, 16, 17, 31, 32, 33, 64, 100}) {
      const auto values = normal_values(kGroupRows * cols, 8);
      std::vector<std::byte> stored(values.size() * size_of(source));
      for (std::size_t i = 0; i < values.size(); ++i) {
        store_element(stored.data(), source, static_cast<std::int64_t>(i), values[i]);
      }
      std::vector<const void*> rows;
      for (std::int64_t r = 0; r < kGroupRows; ++r) {
        rows.push_back(stored.data() + static_cast<std::size_t>(r * cols) * size_of(source));
      }
      rows[5] = rows[15] = nullptr;
      const Packed packed(set.target, rows, source, dtype, cols);
      std::vector<float> output(static_cast<std::size_t>(cols));
      CAPTURE(set.name, name_of(source), name_of(dtype), cols);
      for (std::int64_t r = 0; r < kGroupRows; ++r) {
        unpack_row(packed.matrix, r, output.data(), false);
        for (std::int64_t c = 0; c < cols; ++c) {
          const float value = values[static_cast<std::size_t>(r * cols + c)];
          const bool is_absent = r == 5 || r == 15;
          const float expected = is_absent ? 0.0F : as_stored(as_stored(value, source), dtype);
          REQUIRE(output[static_cast<std::size_t>(c)] == expected);
        }
      }
    }
  }
}

TEST_CASE("columns of bfloat16 lie in pairs and are filled up with zeros") {
  const std::vector<float> row{1.0F, 2.0F, 3.0F};
  for (const InstructionSet& set : instruction_sets()) {
    INFO(set.name);
    const Packed packed(set.target, {nullptr, row.data()}, DType::kF32, DType::kBF16, 3);
    const auto* elements = packed.matrix.storage.as<Bf16>();
    std::vector<float> found;
    for (const std::size_t at : {2, 3, 32 + 2, 32 + 3}) found.push_back(to_float(elements[at]));
    CHECK(found == std::vector<float>{1.0F, 2.0F, 3.0F, 0.0F});
    for (std::size_t i = 2 * 32; i < 16 * 32; ++i) REQUIRE(elements[i].bits == 0);
  }
}

TEST_CASE("what stands behind a row in memory is not packed") {
  constexpr std::int64_t kCols = 31;
  const std::vector<Bf16> row(kCols + 1, from_float<Bf16>(7.0F));
  for (const InstructionSet& set : instruction_sets()) {
    INFO(set.name);
    const Packed packed(set.target, {row.data()}, DType::kBF16, DType::kBF16, kCols);
    const auto* last_pair = packed.matrix.storage.as<Bf16>() + std::ptrdiff_t{15 * 32};
    CHECK(to_float(last_pair[0]) == 7.0F);
    CHECK(to_float(last_pair[1]) == 0.0F);
  }
}

TEST_CASE("a row is found in the group that it lies in, and is added where asked for") {
  const auto backend = backend_of("");
  const auto values = normal_values(40 * 10, 9);
  const HostMatrix part = host(values, 40, 10);
  const Matrix matrix = backend->prepare_matrix({&part, 1}, DType::kF32);
  for (const std::int64_t row : {0, 15, 16, 31, 39}) {
    std::vector<float> output(10, 100.0F);
    unpack_row(matrix, row, output.data(), false);
    const auto begin = values.begin() + row * 10;
    CHECK(output == std::vector<float>(begin, begin + 10));
    unpack_row(matrix, row, output.data(), true);
    CHECK(output[9] == 2.0F * values[static_cast<std::size_t>(row * 10 + 9)]);
  }
}

TEST_CASE("each target has a place of its own in a dispatch table, and the only one is 0") {
  std::vector<std::size_t> places;
  for (const InstructionSet& set : instruction_sets()) {
    CHECK(dispatch_index(1, set.target) == 0);
    if (set.bf16_products != Bf16Products::kHighway) continue;
    const std::size_t place = dispatch_index(64, set.target);
    CHECK(std::find(places.begin(), places.end(), place) == places.end());
    places.push_back(place);
  }
}
