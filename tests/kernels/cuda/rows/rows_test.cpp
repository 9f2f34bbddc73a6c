// Row ops on a GPU against plain loops in float64.
#include "kernels/cuda/rows/rows.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/kernels/cpu/support.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"
#include "tests/kernels/cuda/support/float_bytes.hpp"
#include "tests/kernels/cuda/support/row_values.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

double activated(Activation kind, double x) {
  switch (kind) {
    case Activation::kSilu:
      return x / (1.0 + std::exp(-x));
    case Activation::kGelu:
      return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
    case Activation::kGeluTanh:
      return 0.5 * x *
             (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::kRelu:
      break;
  }
  return std::max(x, 0.0);
}

Matrix matrix_of(const DeviceArray<std::uint8_t>& bytes, std::size_t size, DType dtype,
                 std::int64_t rows, std::int64_t cols) {
  return {Buffer(bytes.data(), size, [](void*, std::size_t) {}), dtype, rows, cols};
}

struct NormCase {
  NormKind kind;
  DType dtype;
  std::int64_t num_rows;
  std::int64_t width;
  bool has_input;
  bool is_gathered;
  bool has_bias;
};

std::vector<double> normed_row(const NormCase& c, const double* row,
                               const std::vector<float>& weight, const std::vector<float>& bias) {
  const auto width = static_cast<std::size_t>(c.width);
  double mean = 0.0;
  double square = 0.0;
  for (std::size_t k = 0; c.kind == NormKind::kLayer && k < width; ++k) mean += row[k];
  mean /= static_cast<double>(width);
  for (std::size_t k = 0; k < width; ++k) square += (row[k] - mean) * (row[k] - mean);
  const double scale = 1.0 / std::sqrt(square / static_cast<double>(width) + 1e-5F);
  std::vector<double> normed(width);
  for (std::size_t k = 0; k < width; ++k) {
    normed[k] = (row[k] - mean) * scale * (static_cast<double>(weight[k]) + 0.25) +
                (c.has_bias ? bias[k] : 0.0F);
  }
  return normed;
}

void check_norm(const NormCase& c) {
  CAPTURE(static_cast<int>(c.dtype), c.num_rows, c.width, c.has_input, c.is_gathered, c.has_bias);
  const auto count = static_cast<std::size_t>(c.num_rows * c.width);
  const auto width = static_cast<std::size_t>(c.width);
  auto input = normal_values(c.num_rows * c.width, 1);
  auto residual = normal_values(c.num_rows * c.width, 2);
  for (float& x : residual) x = x * 3.0F + 0.5F;
  const auto weight = normal_values(c.width, 3);
  const auto bias = normal_values(c.width, 4);
  std::vector<std::int32_t> rows;
  for (std::int64_t i = 0; c.is_gathered && i < c.num_rows; i += 2) {
    rows.push_back(static_cast<std::int32_t>(c.num_rows - 1 - i));
  }
  const std::size_t num_out = c.is_gathered ? rows.size() : static_cast<std::size_t>(c.num_rows);

  const DeviceArray<std::uint8_t> device_input(packed(input, c.dtype));
  DeviceArray<float> device_residual(residual);
  const DeviceArray<float> device_weight(weight);
  const DeviceArray<float> device_bias(bias);
  const DeviceArray<std::int32_t> device_rows(rows);
  const DeviceArray<std::uint8_t> device_output(num_out * width * size_of(c.dtype));
  NormArgs args{.kind = c.kind,
                .input = c.has_input ? device_input.data() : nullptr,
                .residual = device_residual.data(),
                .rows = c.is_gathered ? device_rows.data() : nullptr,
                .weight = device_weight.data(),
                .bias = c.has_bias ? device_bias.data() : nullptr,
                .weight_offset = 0.25F,
                .epsilon = 1e-5F,
                .output = device_output.data(),
                .num_tokens = static_cast<std::int64_t>(num_out),
                .width = c.width};
  norm(args, c.dtype, nullptr);

  std::vector<double> sums(count);
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = c.has_input ? residual[i] + input[i] : residual[i];  // float32, as the residual is
  }
  std::vector<double> expected(num_out * width);
  for (std::size_t i = 0; i < num_out; ++i) {
    const double* row =
        sums.data() + (c.is_gathered ? static_cast<std::size_t>(rows[i]) : i) * width;
    const std::vector<double> normed = normed_row(c, row, weight, bias);
    std::copy(normed.begin(), normed.end(),
              expected.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  check_close(decode(device_output.get(), c.dtype), expected, c.dtype, 4.0);
  const std::vector<float> left = device_residual.get();
  std::size_t num_wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (left[i] != (c.is_gathered ? residual[i] : static_cast<float>(sums[i]))) ++num_wrong;
  }
  CHECK(num_wrong == 0);
  if (c.is_gathered || !c.has_input) return;
  const std::vector<float> apart = decode(device_output.get(), c.dtype);
  device_residual.set(residual);
  args.output = device_input.data();  // in place
  norm(args, c.dtype, nullptr);
  CHECK(decode(device_input.get(), c.dtype) == apart);
}

}  // namespace

TEST_CASE("cuda: norms of every width, type and mode") {
  for (const DType dtype : kAllTypes) {
    for (const std::int64_t width : {1, 8, 24, 1000, 1001, 4096, 5120, 8192, 14336, 20000}) {
      for (const std::int64_t rows : {0, 1, 5}) {
        for (const NormKind kind : {NormKind::kRms, NormKind::kLayer}) {
          check_norm({kind, dtype, rows, width, true, false, false});
          check_norm({kind, dtype, rows, width, false, false, true});
          check_norm({kind, dtype, rows, width, true, true, true});
          check_norm({kind, dtype, rows, width, false, true, false});
        }
      }
    }
    check_norm({NormKind::kRms, dtype, 300, 4096, true, false, false});
  }
}

TEST_CASE("cuda: activations, gated and in place") {
  for (const DType dtype : kAllTypes) {
    for (const Activation kind :
         {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
      for (const std::int64_t width : {1, 8, 1000, 1001, 4096, 14336}) {
        for (const std::int64_t n : {0, 1, 5}) {
          CAPTURE(static_cast<int>(dtype), static_cast<int>(kind), width, n);
          auto input = normal_values(n * 2 * width, 9);
          for (std::size_t i = 0; i < input.size(); ++i) input[i] *= i % 3 == 0 ? 10.0F : 1.0F;
          const DeviceArray<std::uint8_t> device(packed(input, dtype));
          const DeviceArray<std::uint8_t> output(static_cast<std::size_t>(n * width) *
                                                 size_of(dtype));
          gated_activation(kind, device.data(), output.data(), n, width, dtype, nullptr);
          std::vector<double> expected;
          for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t k = 0; k < width; ++k) {
              const auto at = static_cast<std::size_t>(i * 2 * width + k);
              expected.push_back(activated(kind, input[at]) *
                                 input[at + static_cast<std::size_t>(width)]);
            }
          }
          check_close(decode(output.get(), dtype), expected, dtype, 30.0);
          activation(kind, device.data(), n * 2 * width, dtype, nullptr);
          expected.clear();
          for (const float x : input) expected.push_back(activated(kind, x));
          check_close(decode(device.get(), dtype), expected, dtype, 10.0);
        }
      }
    }
  }
}

TEST_CASE("cuda: embeddings of known and of pending tokens, with positions or without") {
  constexpr std::int64_t kRows = 11;
  for (const DType dtype : kAllTypes) {
    for (const DType position_dtype : kAllTypes) {
      for (const std::int64_t width : {1, 8, 1000, 1001, 4096}) {
        auto values = normal_values(kRows * width, 10);
        auto places = normal_values(kRows * width, 11);
        const Bytes value_bytes = packed(values, dtype);
        const Bytes place_bytes = packed(places, position_dtype);
        const DeviceArray<std::uint8_t> device_values(value_bytes);
        const DeviceArray<std::uint8_t> device_places(place_bytes);
        const Matrix table = matrix_of(device_values, value_bytes.size(), dtype, kRows, width);
        const Matrix place_table =
            matrix_of(device_places, place_bytes.size(), position_dtype, kRows, width);
        const std::vector<std::int32_t> ids{3, -2, 10, -1, 0};
        const std::vector<std::int32_t> meant{3, 7, 10, 5, 0};
        const std::vector<std::int32_t> positions{0, 1, 2, 8, 4};
        const DeviceArray<std::int32_t> device_ids(ids);
        const DeviceArray<std::int32_t> sampled(std::vector<std::int32_t>{5, 7});
        const DeviceArray<std::int32_t> device_positions(positions);
        for (const bool has_places : {false, true}) {
          for (const std::size_t n : {0, 1, 5}) {
            const DeviceArray<float> output(n * static_cast<std::size_t>(width));
            embed(table, device_ids.data(), sampled.data(), has_places ? &place_table : nullptr,
                  device_positions.data(), 2, output.data(), static_cast<std::int64_t>(n), nullptr);
            std::vector<float> expected;
            for (std::size_t i = 0; i < n; ++i) {
              for (std::int64_t k = 0; k < width; ++k) {
                float value = values[static_cast<std::size_t>(meant[i] * width + k)];
                if (has_places) {
                  value += places[static_cast<std::size_t>((positions[i] + 2) * width + k)];
                }
                expected.push_back(value);
              }
            }
            CHECK(output.get() == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("cuda: blocks of the cache are copied whole") {
  for (const std::int64_t head_dim : {2, 6, 64, 128}) {
    for (const DType dtype : {DType::kBF16, DType::kF32, DType::kF8}) {
      KvCacheView cache{nullptr, dtype, 9, 3, 1, head_dim == 128 ? 16 : 3, head_dim};
      const std::size_t size = cache.bytes_per_block();
      Bytes bytes(9 * size);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13);
      }
      const DeviceArray<std::uint8_t> device(bytes);
      cache.data = device.data();
      const std::vector<int2> pairs{{0, 8}, {3, 1}, {0, 4}};
      const DeviceArray<int2> device_pairs(pairs);
      copy_blocks(cache, device_pairs.data(), 0, nullptr);
      copy_blocks(cache, device_pairs.data(), 3, nullptr);
      for (const int2& pair : pairs) {
        std::copy_n(bytes.begin() + static_cast<std::int64_t>(pair.x * size), size,
                    bytes.begin() + static_cast<std::int64_t>(pair.y * size));
      }
      CHECK(device.get() == bytes);
    }
  }
}
