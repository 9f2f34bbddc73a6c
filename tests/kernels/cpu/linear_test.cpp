#include <vector>

#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

struct Case {
  std::int64_t rows;
  std::int64_t cols;
  std::vector<float> weights = normal_values(rows * cols, 1);
  std::vector<float> bias = normal_values(rows, 2);
  std::vector<float> inputs = normal_values(70 * cols, 3);

  Matrix prepare(Backend& backend, DType dtype) const {
    const HostMatrix part = host(weights, rows, cols);
    return backend.prepare_matrix({&part, 1}, dtype);
  }
  std::vector<float> run(Backend& backend, const Matrix& weight, std::int64_t first, std::int64_t n,
                         bool with_bias) const {
    std::vector<float> output(static_cast<std::size_t>(n * rows), 0.5F);
    backend.linear(inputs.data() + first * cols, weight, with_bias ? bias.data() : nullptr,
                   output.data(), n);
    return output;
  }
};

// AVX-512 BF16 and AMX round their inputs to 8 bits of mantissa, the others differ in the order of
// sums only.
double tolerance(const std::string& name, DType dtype) {
  return (name == "AVX3_BF16" || name == "AVX3_AMX") && dtype == DType::kBF16 ? 2e-2 : 3e-5;
}

}  // namespace

TEST_CASE("every instruction set computes the reference's products") {
  const auto reference = backend_of("reference");
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  for (const auto& [rows, cols] :
       {std::pair{1, 1}, {15, 33}, {16, 32}, {17, 31}, {100, 64}, {129, 257}, {64, 2500}}) {
    const Case shape{rows, cols};
    const Matrix expected_weight = shape.prepare(*reference, dtype);
    for (const std::string& name : fast_instruction_sets()) {
      const auto backend = backend_of(name);
      const Matrix weight = shape.prepare(*backend, dtype);
      for (std::int64_t n = 0; n <= 70; n += n < 9 ? 1 : n < 33 ? 4 : 37) {
        const bool with_bias = n % 2 == 1;
        INFO(name << ' ' << name_of(dtype) << ' ' << rows << 'x' << cols << " n " << n);
        CHECK(relative_error(shape.run(*backend, weight, 0, n, with_bias),
                             shape.run(*reference, expected_weight, 0, n, with_bias)) <
              tolerance(name, dtype));
      }
    }
  }
}

TEST_CASE("a row's product is the same bits alone and in any batch") {
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  const Case shape{200, 2111};
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    const auto other = backend_of(name, 3);
    const Matrix weight = shape.prepare(*backend, dtype);
    std::vector<float> alone;
    for (std::int64_t i = 0; i < 70; ++i) {
      const auto row = shape.run(*backend, weight, i, 1, false);
      alone.insert(alone.end(), row.begin(), row.end());
    }
    for (std::int64_t n = 2; n <= 70; n += n < 33 ? 1 : 37) {
      INFO(name << ' ' << name_of(dtype) << " n " << n);
      const auto together = shape.run(n % 2 == 0 ? *backend : *other, weight, 0, n, false);
      CHECK(std::equal(together.begin(), together.end(), alone.begin()));
    }
  }
}

TEST_CASE("packing keeps every value of stacked, transposed and converted parts") {
  const auto reference = backend_of("reference");
  const std::vector<float> values = normal_values(37 * 45, 4);
  std::vector<std::uint16_t> halves(37 * 45);
  for (std::size_t i = 0; i < halves.size(); ++i) {
    halves[i] = static_cast<std::uint16_t>(0x3c00 + i);  // f16 near 1
  }
  const HostMatrix by_rows{values.data(), DType::kF32, 37, 45, false};
  const HostMatrix by_columns{values.data(), DType::kF32, 37, 45, true};
  const HostMatrix half{halves.data(), DType::kF16, 37, 45, false};
  const HostMatrix half_by_columns{halves.data(), DType::kF16, 37, 45, true};
  const std::vector<std::vector<HostMatrix>> stacks{
      {by_rows}, {by_columns, by_rows}, {half, half_by_columns}, {by_columns, half, by_rows}};
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    for (const auto& parts : stacks) {
      const Matrix expected = reference->prepare_matrix(parts, dtype);
      const Matrix actual = backend->prepare_matrix(parts, dtype);
      std::vector<std::int32_t> ids;
      for (std::int32_t i = 0; i < expected.rows; ++i) ids.push_back(i);
      std::vector<float> want(static_cast<std::size_t>(expected.rows * expected.cols));
      std::vector<float> have(want.size());
      const auto count = static_cast<std::int64_t>(ids.size());
      reference->embed(expected, ids.data(), &expected, ids.data(), 0, want.data(), count);
      backend->embed(actual, ids.data(), &actual, ids.data(), 0, have.data(), count);
      INFO(name << ' ' << name_of(dtype) << ' ' << parts.size());
      CHECK(have == want);
    }
  }
}

TEST_CASE("a random matrix is the same for every instruction set") {
  const auto reference = backend_of("reference");
  const Matrix expected = reference->random_matrix(40, 50, DType::kBF16, 7, 0.02F);
  const std::vector<std::int32_t> ids{0, 15, 16, 39};
  std::vector<float> want(4 * 50);
  std::vector<float> have(want.size());
  reference->embed(expected, ids.data(), nullptr, nullptr, 0, want.data(), 4);
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    const Matrix actual = backend->random_matrix(40, 50, DType::kBF16, 7, 0.02F);
    backend->embed(actual, ids.data(), nullptr, nullptr, 0, have.data(), 4);
    CHECK(have == want);
  }
}

TEST_CASE("products too small for normal floats are the same bits alone and in any batch") {
  const std::int64_t rows = 33;
  const std::int64_t cols = 96;
  std::vector<float> weights = normal_values(rows * cols, 7);
  std::vector<float> inputs = normal_values(9 * cols, 8);
  for (float& weight : weights) weight *= 1e-20F;
  for (float& input : inputs) input *= 1e-18F;
  const HostMatrix part = host(weights, rows, cols);
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    const Matrix weight = backend->prepare_matrix({&part, 1}, DType::kBF16);
    std::vector<float> together(9 * rows);
    backend->linear(inputs.data(), weight, nullptr, together.data(), 9);
    std::vector<float> alone(together.size());
    for (std::int64_t i = 0; i < 9; ++i) {
      backend->linear(inputs.data() + i * cols, weight, nullptr, alone.data() + i * rows, 1);
    }
    INFO(name);
    CHECK(alone == together);
  }
}
