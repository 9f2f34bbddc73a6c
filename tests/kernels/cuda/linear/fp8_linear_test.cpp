// Products with 8-bit weights on a GPU against float64 on the host, and the rounding to 8 bits
// against one of its own.
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/linear/fp8_linear.hpp"
#include "tests/kernels/cuda/linear/product_checks.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"
#include "tests/kernels/cuda/support/float_bytes.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

using Floats = std::vector<float>;

bool has_e4m3() {
  if (Fp8Linear::is_supported()) return true;
  WARN("this GPU has no e4m3");
  return false;
}

/// To e4m3: nearest, ties to even, saturating.
unsigned char round_e4m3(float x) {
  const unsigned char sign = std::signbit(x) ? 0x80 : 0;
  const double size = std::fabs(static_cast<double>(x));
  if (std::isnan(x)) return 0x7F;
  if (size == 0.0) return sign;
  const int exponent = std::max(std::ilogb(size), -6);
  const double eighths = std::nearbyint(std::ldexp(size, 3 - exponent));
  if (std::ldexp(eighths, exponent - 3) >= 448.0) return sign | 0x7E;
  // Below eight: subnormal, of exponent field 0; sixteen carries into the exponent by itself.
  return sign | static_cast<unsigned char>((exponent + 6) * 8 + static_cast<int>(eighths));
}

double value_of_e4m3(unsigned char bits) {
  const int exponent = bits / 8 % 16;
  const int mantissa = bits % 8;
  const double size =
      exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  return bits & 0x80 ? -size : size;
}

Floats normals(std::int64_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

/// A matrix as the device quantizes it; it stays there, too.
struct Quantized {
  Quantized(const void* input, DType dtype, std::int64_t rows, std::int64_t cols)
      : bytes(static_cast<std::size_t>(rows * cols)), scales(static_cast<std::size_t>(rows) * 4) {
    quantize_rows(input, dtype, rows, cols, bytes.as<std::uint8_t>(), scales.as<float>(), nullptr);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  }
  Floats values() const {
    const Bytes codes = bytes.get();
    const Floats factors = decode(scales.get(), DType::kF32);
    const std::size_t cols = codes.size() / factors.size();
    Floats result(codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      result[i] = static_cast<float>(value_of_e4m3(codes[i])) * factors[i / cols];
    }
    return result;
  }
  DeviceArray<std::uint8_t> bytes;
  DeviceArray<std::uint8_t> scales;
};

struct Case {
  std::int64_t n;
  std::int64_t rows;
  std::int64_t cols;
  DType dtype = DType::kBF16;
  DType output_dtype = DType::kBF16;
  bool has_bias = false;
};

class Fixture {
 public:
  explicit Fixture(const Case& shape, std::uint32_t seed = 1)
      : shape_(shape),
        input_(encode(normals(shape.n * shape.cols, seed), shape.dtype)),
        full_weight_(encode(normals(shape.rows * shape.cols, seed + 1), DType::kBF16)),
        weight_(full_weight_.data(), DType::kBF16, shape.rows, shape.cols),
        bias_(encode(normals(shape.rows, seed + 2), DType::kF32)),
        output_(static_cast<std::size_t>(shape.n * shape.rows) * size_of(shape.output_dtype)) {}

  Fp8LinearArgs args() const {
    return {input_.data(),
            weight_.bytes.as<std::uint8_t>(),
            weight_.scales.as<float>(),
            shape_.has_bias ? bias_.as<float>() : nullptr,
            output_.data(),
            shape_.dtype,
            shape_.output_dtype,
            shape_.n,
            shape_.rows,
            shape_.cols};
  }
  void poison() const { output_.poison(); }
  Bytes bytes() const { return output_.get(); }

  /// |output - product| / |product| of what was multiplied; NaN where anything was not written.
  double error(bool quantizes_input) const {
    if (!quantizes_input) return off(decode(input_.get(), shape_.dtype), weight_.values());
    const Quantized input(input_.data(), shape_.dtype, shape_.n, shape_.cols);
    return off(input.values(), weight_.values());
  }
  /// The same of what should have been multiplied.
  double error_of_all() const {
    return off(decode(input_.get(), shape_.dtype), decode(full_weight_.get(), DType::kBF16));
  }

 private:
  double off(const Floats& input, const Floats& weight) const {
    const Floats bias = decode(bias_.get(), DType::kF32);
    const Floats actual = decode(output_.get(), shape_.output_dtype);
    double difference = 0.0;
    double norm = 0.0;
    for (std::int64_t i = 0; i < shape_.n; ++i) {
      for (std::int64_t j = 0; j < shape_.rows; ++j) {
        double sum = shape_.has_bias ? bias[static_cast<std::size_t>(j)] : 0.0;
        const float* x = &input[static_cast<std::size_t>(i * shape_.cols)];
        const float* w = &weight[static_cast<std::size_t>(j * shape_.cols)];
        for (std::int64_t k = 0; k < shape_.cols; ++k) sum += static_cast<double>(x[k]) * w[k];
        const double one = actual[static_cast<std::size_t>(i * shape_.rows + j)] - sum;
        difference += one * one;
        norm += sum * sum;
      }
    }
    return std::sqrt(difference / norm);
  }

  Case shape_;
  DeviceArray<std::uint8_t> input_;
  DeviceArray<std::uint8_t> full_weight_;
  Quantized weight_;
  DeviceArray<std::uint8_t> bias_;
  DeviceArray<std::uint8_t> output_;
};

/// Rounding of the output and of float32 sums; the library's sums of 8-bit numbers are not quite
/// float32's, and those called fast less so.
double tolerance(DType output_dtype, bool quantizes_input, bool fast) {
  const double rounding = output_dtype == DType::kBF16 ? 4e-3 : 5e-4;
  if (!quantizes_input) return output_dtype == DType::kF32 ? 2e-5 : rounding;
  return fast ? 4e-3 : output_dtype == DType::kF32 ? 5e-4 : rounding + 5e-4;
}

bool check_case(Fp8Linear& linear, const Case& shape, bool fast = false) {
  CAPTURE(shape.n, shape.rows, shape.cols, name_of(shape.dtype), name_of(shape.output_dtype),
          shape.has_bias, fast);
  const Fixture fixture(shape, static_cast<std::uint32_t>(shape.n * 7 + shape.rows));
  linear.run(fixture.args());
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  const bool quantizes = linear.quantizes_input(fixture.args());
  CHECK(fixture.error(quantizes) < tolerance(shape.output_dtype, quantizes, fast));
  return quantizes;
}

}  // namespace

TEST_CASE("rows are quantized as on the host, to the bit") {
  if (!has_e4m3()) return;
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (std::int64_t cols : {1, 7, 16, 1000, 4096, 14336}) {
      constexpr std::int64_t kRows = 13;
      CAPTURE(name_of(dtype), cols);
      Floats values = normals(kRows * cols, static_cast<std::uint32_t>(cols));
      for (std::int64_t i = 0; i < cols; ++i) {
        float* column = &values[static_cast<std::size_t>(i)];
        column[0 * cols] = i % 2 == 0 ? 0.0F : -0.0F;
        column[1 * cols] *= std::ldexp(1.0F, static_cast<int>(i % 24) - 18);
        column[2 * cols] = 448.0F - static_cast<float>(i % 900);  // Ties, many of them.
        column[3 * cols] *= dtype == DType::kF16 ? 1e-7F : 1e-38F;
        column[4 * cols] *= kTiny;
        column[5 * cols] *= dtype == DType::kF16 ? 1e4F : 1e37F;
      }
      const Bytes input = encode(values, dtype);
      values = decode(input, dtype);
      const DeviceArray<std::uint8_t> device(input);
      const Quantized actual(device.data(), dtype, kRows, cols);
      Bytes codes(values.size());
      Floats scales(kRows, 1.0F);
      for (std::size_t row = 0; row < kRows; ++row) {
        const std::size_t start = row * static_cast<std::size_t>(cols);
        float largest = 0.0F;
        for (std::int64_t i = 0; i < cols; ++i) {
          largest = std::max(largest, std::fabs(values[start + static_cast<std::size_t>(i)]));
        }
        const bool is_zero = largest == 0.0F;
        if (!is_zero) scales[row] = largest / 448.0F;
        const float factor =
            is_zero ? 1.0F : std::min(448.0F / largest, std::numeric_limits<float>::max());
        for (std::size_t i = start; i < start + static_cast<std::size_t>(cols); ++i) {
          codes[i] = round_e4m3(values[i] * factor);
        }
      }
      CHECK(actual.bytes.get() == codes);
      CHECK(actual.scales.get() == encode(scales, DType::kF32));
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("a product with 8-bit weights is that of the host") {
  if (!has_e4m3()) return;
  Fp8Linear linear(nullptr, 300, 4096);
  int quantized = 0;
  for (std::int64_t n : {1, 3, 4, 5, 8, 16, 17, 33, 64, 300}) {
    for (std::int64_t rows : {1, 17, 129, 256, 784}) {
      for (std::int64_t cols : {16, 1040, 4096}) {
        if (n * rows * cols > std::int64_t{60'000'000}) continue;
        const DType dtype = (n + rows) % 3 == 0 ? DType::kF16 : DType::kBF16;
        quantized += check_case(linear, {n, rows, cols, dtype, dtype, (n + rows) % 2 == 0});
        quantized += check_case(linear, {n, rows, cols, dtype, DType::kF32, n % 2 == 1});
      }
    }
  }
  std::printf("%d products had their inputs quantized\n", quantized);
  CHECK(quantized > 0);
  CHECK(first_failure().empty());
}

TEST_CASE("blocks of many rows of 8 bits give the host's product") {
  if (!has_e4m3()) return;
  Fp8Linear linear(nullptr, 16, 1024);
  for (std::int64_t n : {1, 4, 5, 8, 16, 21, 50}) {
    for (std::int64_t rows : {2113, 9001}) {
      check_case(linear, {n, rows, 272, DType::kBF16, DType::kBF16, true});
      check_case(linear, {n, rows, 528, DType::kF16, DType::kF32, false});
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("scales of our own and fast sums give the host's product") {
  if (!has_e4m3()) return;
  for (bool library_scales : {false, true}) {
    for (bool fast : {false, true}) {
      Fp8Linear linear(nullptr, 128, 4096, {fast, library_scales});
      for (DType output : {DType::kBF16, DType::kF32}) {
        for (bool has_bias : {false, true}) {
          // 200: in two parts.
          CHECK(check_case(linear, {200, 256, 1024, DType::kBF16, output, has_bias}, fast));
          CHECK(check_case(linear, {64, 512, 4096, DType::kBF16, output, has_bias}, fast));
        }
      }
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("products with 8-bit weights repeat to the bit, also from a graph") {
  if (!has_e4m3()) return;
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
  {
    Fp8Linear linear(stream, 128, 2048);
    for (std::int64_t n : {1, 8, 13, 29, 80}) {
      CAPTURE(n);
      const Fixture first({n, 1024, 2048, DType::kBF16, DType::kBF16, true});
      const Fixture second({n, 784, 1024, DType::kBF16, DType::kF32, false}, 5);
      check_repeats(linear, stream, first, second);
    }
  }
  cudaStreamDestroy(stream);
  CHECK(first_failure().empty());
}

TEST_CASE("with 8-bit weights and few tokens, one's product does not depend on the others") {
  if (!has_e4m3()) return;
  Fp8Linear linear(nullptr, 32, 4096);
  for (std::int64_t cols : {1040, 4096}) {
    const Fixture all({32, 5000, cols, DType::kBF16, DType::kBF16, true});
    check_rows_alone(linear, all, {1, 3, 4, 5, 8, 9, 16, 17, 31});
  }
}

TEST_CASE("what 8 bits cost a product of normal numbers") {
  if (!has_e4m3()) return;
  for (bool fast : {false, true}) {
    Fp8Linear linear(nullptr, 64, 4096, {fast, true});
    for (std::int64_t n : {8, 64}) {
      const Fixture fixture({n, 512, 4096, DType::kBF16, DType::kF32, false});
      linear.run(fixture.args());
      REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
      const bool quantizes = linear.quantizes_input(fixture.args());
      std::printf(
          "%d tokens, inputs of %d bits, %s sums: %.2e off the exact sums, %.2e off the "
          "unquantized product\n",
          static_cast<int>(n), quantizes ? 8 : 16, fast ? "fast" : "full", fixture.error(quantizes),
          fixture.error_of_all());
      CHECK(fixture.error_of_all() < 0.05);
    }
  }
}
