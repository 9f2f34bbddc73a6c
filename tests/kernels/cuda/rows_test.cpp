// Row ops on a GPU against plain loops in float64.
#include "kernels/cuda/rows.hpp"

#include <cmath>
#include <cstring>
#include <numbers>

#include "tests/kernels/cuda/device_array.hpp"
#include "tests/kernels/cuda/f8_head.hpp"
#include "tests/kernels/support.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr DType kAllTypes[] = {DType::kF32, DType::kF16, DType::kBF16};

/// Half a unit in the last place of `dtype`, a few float32 roundings besides, relative.
double rounding(DType dtype) {
  return dtype == DType::kBF16 ? 0x1p-8 : dtype == DType::kF16 ? 0x1p-10 : 3e-6;
}

void check_close(const std::vector<float>& actual, const std::vector<double>& expected, DType dtype,
                 double scale = 1.0) {
  REQUIRE(actual.size() == expected.size());
  std::size_t num_wrong = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double allowed = rounding(dtype) * std::abs(expected[i]) + scale * 3e-6;
    if (!(std::abs(actual[i] - expected[i]) <= allowed)) ++num_wrong;
  }
  CHECK(num_wrong == 0);
}

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
    double mean = 0.0;
    double square = 0.0;
    for (std::size_t k = 0; c.kind == NormKind::kLayer && k < width; ++k) mean += row[k];
    mean /= static_cast<double>(width);
    for (std::size_t k = 0; k < width; ++k) square += (row[k] - mean) * (row[k] - mean);
    const double scale = 1.0 / std::sqrt(square / static_cast<double>(width) + 1e-5F);
    for (std::size_t k = 0; k < width; ++k) {
      expected[i * width + k] = (row[k] - mean) * scale * (static_cast<double>(weight[k]) + 0.25) +
                                (c.has_bias ? bias[k] : 0.0F);
    }
  }
  check_close(unpacked(device_output.get(), c.dtype), expected, c.dtype, 4.0);
  const std::vector<float> left = device_residual.get();
  std::size_t num_wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (left[i] != (c.is_gathered ? residual[i] : static_cast<float>(sums[i]))) ++num_wrong;
  }
  CHECK(num_wrong == 0);
  if (c.is_gathered || !c.has_input) return;
  const std::vector<float> apart = unpacked(device_output.get(), c.dtype);
  device_residual.set(residual);
  args.output = device_input.data();  // in place
  norm(args, c.dtype, nullptr);
  CHECK(unpacked(device_input.get(), c.dtype) == apart);
}

struct QkvCase {
  DType dtype;
  DType cache_dtype;
  std::int64_t num_tokens;
  std::int64_t num_heads;
  std::int64_t num_kv_heads;
  std::int64_t head_dim;
  std::int64_t rotary_dim;  ///< 0: no table
  bool has_norm;
  std::int64_t block_size;
};

void check_qkv(const QkvCase& c) {
  CAPTURE(static_cast<int>(c.dtype), static_cast<int>(c.cache_dtype), c.num_tokens, c.num_heads,
          c.num_kv_heads, c.head_dim, c.rotary_dim, c.has_norm, c.block_size);
  constexpr std::int64_t kLayers = 3;
  constexpr std::int64_t kLayer = 1;
  constexpr std::int64_t kPositions = 40;
  const std::int64_t heads = c.num_heads + 2 * c.num_kv_heads;
  const std::int64_t num_blocks = (2 * c.num_tokens + 3) / c.block_size + 2;
  auto qkv = normal_values(c.num_tokens * heads * c.head_dim, 5);
  const auto query_norm = normal_values(c.head_dim, 6);
  const auto key_norm = normal_values(c.head_dim, 7);
  const auto cos_sin = normal_values(kPositions * c.head_dim, 8);
  std::vector<std::int32_t> positions;
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < c.num_tokens; ++i) {
    positions.push_back(static_cast<std::int32_t>((i * 7 + 3) % kPositions));
    slots.push_back(i % 5 == 4 ? -1 : 2 * (c.num_tokens - 1 - i) + 1);
  }
  KvCacheView cache{nullptr,        c.cache_dtype, num_blocks, kLayers,
                    c.num_kv_heads, c.block_size,  c.head_dim};
  const auto cache_count = static_cast<std::size_t>(num_blocks * cache.elements_per_block());
  std::vector<float> old(cache_count, 3.0F);
  const DeviceArray<std::uint8_t> device_cache(packed(old, c.cache_dtype));
  cache.data = device_cache.data();
  const DeviceArray<std::uint8_t> device_qkv(packed(qkv, c.dtype));
  const DeviceArray<std::uint8_t> device_query(
      static_cast<std::size_t>(c.num_tokens * c.num_heads * c.head_dim) * size_of(c.dtype));
  const DeviceArray<float> device_query_norm(query_norm);
  const DeviceArray<float> device_key_norm(key_norm);
  const DeviceArray<float> device_cos_sin(cos_sin);
  const DeviceArray<std::int32_t> device_positions(positions);
  const DeviceArray<std::int64_t> device_slots(slots);
  split_rotate_write({.qkv = device_qkv.data(),
                      .query = device_query.data(),
                      .query_norm = c.has_norm ? device_query_norm.data() : nullptr,
                      .key_norm = c.has_norm ? device_key_norm.data() : nullptr,
                      .norm_epsilon = 1e-6F,
                      .cos_sin = c.rotary_dim > 0 ? device_cos_sin.data() : nullptr,
                      .rotary_dim = c.rotary_dim,
                      .positions = device_positions.data(),
                      .slots = device_slots.data(),
                      .num_tokens = c.num_tokens,
                      .num_heads = c.num_heads,
                      .layer = kLayer,
                      .cache = cache},
                     c.dtype, nullptr);

  std::vector<double> query;
  std::vector<double> expected(old.begin(), old.end());
  for (std::int64_t i = 0; i < c.num_tokens; ++i) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const float* source = qkv.data() + (i * heads + h) * c.head_dim;
      std::vector<double> head(source, source + c.head_dim);
      const bool is_query = h < c.num_heads;
      const bool is_value = h >= c.num_heads + c.num_kv_heads;
      if (c.has_norm && !is_value) {
        double square = 0.0;
        for (double x : head) square += x * x;
        const double scale = 1.0 / std::sqrt(square / static_cast<double>(c.head_dim) + 1e-6F);
        for (std::size_t d = 0; d < head.size(); ++d) {
          head[d] *= scale * (is_query ? query_norm[d] : key_norm[d]);
        }
      }
      const auto half = static_cast<std::size_t>(c.rotary_dim / 2);
      const float* cosine = cos_sin.data() + positions[static_cast<std::size_t>(i)] * c.head_dim;
      for (std::size_t d = 0; d < half && !is_value; ++d) {
        const double first = head[d];
        const double second = head[d + half];
        head[d] = first * cosine[d] - second * cosine[d + half];
        head[d + half] = second * cosine[d] + first * cosine[d + half];
      }
      if (is_query) query.insert(query.end(), head.begin(), head.end());
      const std::int64_t slot = slots[static_cast<std::size_t>(i)];
      if (is_query || slot < 0) continue;
      const std::int64_t kv_head = (h - c.num_heads) % c.num_kv_heads;
      const std::int64_t run =
          ((slot / c.block_size * kLayers + kLayer) * 2 + (is_value ? 1 : 0)) * c.num_kv_heads +
          kv_head;
      const std::int64_t to = (run * c.block_size + slot % c.block_size) * c.head_dim;
      std::copy(head.begin(), head.end(), expected.begin() + to);
    }
  }
  check_close(unpacked(device_query.get(), c.dtype), query, c.dtype, 4.0);
  check_close(unpacked(device_cache.get(), c.cache_dtype), expected, c.cache_dtype, 4.0);
}

/// Every head that is written must be the 8-bit form of what a cache of float32 gets.
void check_qkv_f8(const QkvCase& c) {
  CAPTURE(static_cast<int>(c.dtype), c.num_tokens, c.head_dim, c.rotary_dim, c.has_norm,
          c.block_size);
  const std::int64_t heads = c.num_heads + 2 * c.num_kv_heads;
  const std::int64_t num_blocks = (2 * c.num_tokens + 3) / c.block_size + 2;
  auto qkv = normal_values(c.num_tokens * heads * c.head_dim, 5);
  const DeviceArray<std::uint8_t> device_qkv(packed(qkv, c.dtype));
  const DeviceArray<std::uint8_t> device_query(
      static_cast<std::size_t>(c.num_tokens * c.num_heads * c.head_dim) * size_of(c.dtype));
  const DeviceArray<float> norm_weight(normal_values(c.head_dim, 6));
  const DeviceArray<float> cos_sin(normal_values(40 * c.head_dim, 8));
  std::vector<std::int32_t> positions;
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < c.num_tokens; ++i) {
    positions.push_back(static_cast<std::int32_t>((i * 7 + 3) % 40));
    slots.push_back(i % 5 == 4 ? -1 : 2 * (c.num_tokens - 1 - i) + 1);
  }
  const DeviceArray<std::int32_t> device_positions(positions);
  const DeviceArray<std::int64_t> device_slots(slots);
  const auto written = [&](DType cache_dtype, KvCacheView& cache) {
    cache = {nullptr, cache_dtype, num_blocks, 2, c.num_kv_heads, c.block_size, c.head_dim};
    const auto bytes = cache.bytes_per_block() * static_cast<std::size_t>(num_blocks);
    const DeviceArray<std::uint8_t> memory(Bytes(bytes, 0x55));
    cache.data = memory.data();
    split_rotate_write({.qkv = device_qkv.data(),
                        .query = device_query.data(),
                        .query_norm = c.has_norm ? norm_weight.data() : nullptr,
                        .key_norm = c.has_norm ? norm_weight.data() : nullptr,
                        .cos_sin = c.rotary_dim > 0 ? cos_sin.data() : nullptr,
                        .rotary_dim = c.rotary_dim,
                        .positions = device_positions.data(),
                        .slots = device_slots.data(),
                        .num_tokens = c.num_tokens,
                        .num_heads = c.num_heads,
                        .layer = 1,
                        .cache = cache},
                       c.dtype, nullptr);
    return memory.get();
  };
  KvCacheView wide;
  KvCacheView narrow;
  const Bytes values = written(DType::kF32, wide);
  const Bytes actual = written(DType::kF8, narrow);
  Bytes expected(actual.size(), 0x55);
  for (const std::int64_t slot : slots) {
    if (slot < 0) continue;
    for (std::int64_t run = 2 * c.num_kv_heads; run < 4 * c.num_kv_heads; ++run) {
      const std::int64_t block = slot / c.block_size;
      const std::int64_t row = run * c.block_size + slot % c.block_size;
      std::vector<float> head(static_cast<std::size_t>(c.head_dim));
      const std::int64_t from = block * wide.elements_per_block() + row * c.head_dim;
      std::memcpy(head.data(), values.data() + from * 4, head.size() * 4);
      const F8Head stored = f8_head(head);
      const std::int64_t begin = block * narrow.elements_per_block();
      std::copy(stored.elements.begin(), stored.elements.end(),
                expected.begin() + begin + row * c.head_dim);
      expected[static_cast<std::size_t>(begin + narrow.rows_per_block() * c.head_dim + row)] =
          stored.scale;
    }
  }
  CHECK(actual == expected);
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

TEST_CASE("cuda: heads are split, normed, turned and written to their slots") {
  for (const DType dtype : kAllTypes) {
    for (const DType cache_dtype : kAllTypes) {
      for (const std::int64_t head_dim : {2, 6, 64, 80, 96, 100, 128, 256}) {
        for (const bool has_norm : {false, true}) {
          check_qkv({dtype, cache_dtype, 7, 6, 2, head_dim, head_dim, has_norm, 16});
          check_qkv({dtype, cache_dtype, 1, 4, 4, head_dim, head_dim / 4 * 2, has_norm, 24});
          check_qkv({dtype, cache_dtype, 3, 3, 1, head_dim, 0, has_norm, 1});
        }
      }
    }
    check_qkv({dtype, dtype, 70, 32, 8, 128, 128, false, 32});
    check_qkv({dtype, dtype, 0, 32, 8, 128, 128, false, 32});
    for (const std::int64_t head_dim : {2, 6, 64, 80, 128, 256}) {
      check_qkv_f8({dtype, DType::kF8, 7, 6, 2, head_dim, head_dim, true, 16});
      check_qkv_f8({dtype, DType::kF8, 3, 3, 1, head_dim, 0, false, 1});
    }
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
          check_close(unpacked(output.get(), dtype), expected, dtype, 30.0);
          activation(kind, device.data(), n * 2 * width, dtype, nullptr);
          expected.clear();
          for (const float x : input) expected.push_back(activated(kind, x));
          check_close(unpacked(device.get(), dtype), expected, dtype, 10.0);
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
