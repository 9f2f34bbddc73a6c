// Products on a GPU against the same in float64 on the host.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/linear/linear.hpp"
#include "tests/kernels/cuda/linear/product_checks.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"
#include "tests/kernels/cuda/support/float_bytes.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

using Size = std::pair<std::int64_t, std::int64_t>;

struct Case {
  std::int64_t n;
  std::int64_t rows;
  std::int64_t cols;
  DType dtype;
  DType output_dtype;
  bool has_bias;
  std::optional<LinearActivation> activation = std::nullopt;

  std::int64_t width() const { return activation && activation->is_gated ? rows / 2 : rows; }
};

double activate(Activation kind, double x) {
  switch (kind) {
    case Activation::kSilu:
      return x / (1.0 + std::exp(-x));
    case Activation::kGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::kGeluTanh:
      return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::kRelu:
      return std::max(x, 0.0);
  }
  return x;
}

/// A product on the device, with the host's answer beside it.
class Fixture {
 public:
  explicit Fixture(const Case& shape, std::uint32_t seed = 1)
      : shape_(shape),
        input_(encode(values(shape.n * shape.cols, seed), shape.dtype)),
        weight_(encode(values(shape.rows * shape.cols, seed + 1), shape.dtype)),
        bias_(encode(values(shape.rows, seed + 2), DType::kF32)),
        output_(static_cast<std::size_t>(shape.n * shape.width()) * size_of(shape.output_dtype)) {}

  LinearArgs args() const {
    return {input_.data(),    weight_.data(), shape_.has_bias ? bias_.as<const float>() : nullptr,
            output_.data(),   shape_.dtype,   shape_.output_dtype,
            shape_.n,         shape_.rows,    shape_.cols,
            shape_.activation};
  }
  void poison() const { output_.poison(); }
  Bytes bytes() const { return output_.get(); }

  /// |output - expected| / |expected|; NaN where anything was not written.
  double error() const {
    const auto input = decode(input_.get(), shape_.dtype);
    const auto weight = decode(weight_.get(), shape_.dtype);
    const auto bias = decode(bias_.get(), DType::kF32);
    const auto actual = decode(output_.get(), shape_.output_dtype);
    double difference = 0.0;
    double norm = 0.0;
    const auto sum_of = [&](std::int64_t i, std::int64_t j) {
      double sum = shape_.has_bias ? bias[static_cast<std::size_t>(j)] : 0.0;
      const float* x = &input[static_cast<std::size_t>(i * shape_.cols)];
      const float* w = &weight[static_cast<std::size_t>(j * shape_.cols)];
      for (std::int64_t k = 0; k < shape_.cols; ++k) sum += static_cast<double>(x[k]) * w[k];
      return sum;
    };
    const std::int64_t width = shape_.width();
    for (std::int64_t i = 0; i < shape_.n; ++i) {
      for (std::int64_t j = 0; j < width; ++j) {
        double result = sum_of(i, j);
        if (shape_.activation) result = activate(shape_.activation->kind, result);
        if (width < shape_.rows) result *= sum_of(i, width + j);
        const double off = actual[static_cast<std::size_t>(i * width + j)] - result;
        difference += off * off;
        norm += result * result;
      }
    }
    return std::sqrt(difference / norm);
  }

 private:
  static std::vector<float> values(std::int64_t count, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& value : result) value = normal(generator);
    return result;
  }

  Case shape_;
  DeviceArray<std::uint8_t> input_;
  DeviceArray<std::uint8_t> weight_;
  DeviceArray<std::uint8_t> bias_;
  DeviceArray<std::uint8_t> output_;
};

/// Rounding of the output, and a little for sums of thousands in float32; with a bias the library
/// may round that as well.
double tolerance(DType output_dtype) {
  if (output_dtype == DType::kF32) return 2e-5;
  return output_dtype == DType::kF16 ? 5e-4 : 4e-3;
}

void check_case(Linear& linear, const Case& shape) {
  CAPTURE(shape.n, shape.rows, shape.cols, name_of(shape.dtype), name_of(shape.output_dtype),
          shape.has_bias, shape.width(), shape.activation ? shape.activation->kind : Activation{});
  const Fixture fixture(shape, static_cast<std::uint32_t>(shape.n * 7 + shape.rows));
  fixture.poison();
  linear.run(fixture.args());
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  CHECK(fixture.error() < tolerance(shape.output_dtype));
}

}  // namespace

TEST_CASE("a product on the GPU is that of the host") {
  Linear linear(nullptr);
  // 100 columns are no multiple of eight: the library's.
  const std::vector<Size> sizes = {{1, 8},    {1, 4096}, {17, 64},    {17, 1000},
                                   {24, 100}, {129, 8},  {129, 1000}, {129, 4096}};
  for (std::int64_t n : {1, 2, 3, 7, 8, 9, 16, 17, 33, 64, 100}) {
    for (const auto& [rows, cols] : sizes) {
      for (DType dtype : {DType::kBF16, DType::kF16, DType::kF32}) {
        check_case(linear, {n, rows, cols, dtype, dtype, n % 2 == 0});
        check_case(linear, {n, rows, cols, dtype, DType::kF32, n % 2 == 1});
      }
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("blocks of many rows and tiles give the host's product") {
  Linear linear(nullptr);
  for (std::int64_t n : {1, 5, 16, 21, 32, 50, 64}) {
    for (std::int64_t rows : {2112, 2113, 4250, 9001}) {
      check_case(linear, {n, rows, 264, DType::kBF16, DType::kBF16, true});
      check_case(linear, {n, rows, 520, DType::kF16, DType::kF32, false});
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("tiles that several blocks share give the host's product") {
  Linear linear(nullptr);
  for (std::int64_t n : {33, 64, 65, 128, 129, 192, 193, 256, 257}) {
    // From one tile in many parts to many tiles, none of them whole.
    for (const auto& [rows, cols] :
         std::vector<Size>{{8, 4104}, {1024, 2048}, {1032, 520}, {6144, 136}}) {
      check_case(linear, {n, rows, cols, DType::kBF16, DType::kBF16, n % 2 == 0});
      check_case(linear, {n, rows, cols, DType::kF16, DType::kF16, n % 2 == 1});
    }
    check_case(linear, {n, 4099, 264, DType::kBF16, DType::kF32, true});
    check_case(linear, {n, 300, 1000, DType::kF16, DType::kF32, false});
  }
  CHECK(first_failure().empty());
}

TEST_CASE("a product is activated before it is rounded") {
  Linear linear(nullptr);
  for (Activation kind :
       {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
    for (bool is_gated : {false, true}) {
      for (std::int64_t n : {33, 64, 100, 128}) {
        const LinearActivation activation{kind, is_gated};
        for (const auto& [rows, cols] : std::vector<Size>{{272, 520}, {2064, 64}, {6144, 136}}) {
          const DType dtype = n % 2 == 0 ? DType::kBF16 : DType::kF16;
          const Case shape{n, rows, cols, dtype, dtype, cols == 64, activation};
          if (linear.activates(Fixture(shape).args())) check_case(linear, shape);
        }
      }
    }
  }
  CHECK(first_failure().empty());
}

TEST_CASE("a tuned product is still that of the host") {
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  {
    Linear linear(stream);
    for (bool has_bias : {false, true}) {
      const Fixture fixture({100, 256, 512, DType::kBF16, DType::kBF16, has_bias});
      const LinearArgs args = fixture.args();
      linear.tune({&args, 1});
      fixture.poison();
      linear.run_library(args);
      REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
      CHECK(fixture.error() < tolerance(DType::kBF16));
    }
  }
  cudaStreamDestroy(stream);
  CHECK(first_failure().empty());
}

TEST_CASE("products repeat to the bit, also from a graph") {
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
  {
    Linear linear(stream);
    for (std::int64_t n : {1, 8, 13, 29, 64, 80, 150, 256}) {
      CAPTURE(n);
      const Fixture first({n, 1024, 2048, DType::kBF16, DType::kBF16, true});
      const Fixture second({n, 777, 1024, DType::kBF16, DType::kF32, false}, 5);
      check_repeats(linear, stream, first, second);
    }
  }
  cudaStreamDestroy(stream);
  CHECK(first_failure().empty());
}

TEST_CASE("of few rows, one's product does not depend on the others") {
  Linear linear(nullptr);
  for (const auto& [most, cols] : {Size{16, 1032}, {32, 2056}}) {
    const Fixture all({most, 5000, cols, DType::kBF16, DType::kBF16, true});
    check_rows_alone(linear, all, {1, 2, 8, 9, 16, 17, 31});
  }
}
