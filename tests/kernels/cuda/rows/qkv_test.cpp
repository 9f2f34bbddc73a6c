// Queries, keys and values split, normed, turned and written on a GPU, against plain loops in
// float64.
#include <cmath>
#include <cstring>

#include "kernels/cuda/rows/rows.hpp"
#include "tests/kernels/cpu/support.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"
#include "tests/kernels/cuda/support/f8_head.hpp"
#include "tests/kernels/cuda/support/float_bytes.hpp"
#include "tests/kernels/cuda/support/row_values.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

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

constexpr std::int64_t kPositions = 40;
constexpr std::int64_t kLayers = 3;
constexpr std::int64_t kLayer = 1;

std::vector<std::int32_t> positions_of(const QkvCase& c) {
  std::vector<std::int32_t> positions;
  for (std::int64_t i = 0; i < c.num_tokens; ++i)
    positions.push_back(static_cast<std::int32_t>((i * 7 + 3) % kPositions));
  return positions;
}

/// Backwards and with gaps; some tokens are not written.
std::vector<std::int64_t> slots_of(const QkvCase& c) {
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < c.num_tokens; ++i)
    slots.push_back(i % 5 == 4 ? -1 : 2 * (c.num_tokens - 1 - i) + 1);
  return slots;
}

void norm_head(std::vector<double>& head, const std::vector<float>& weight) {
  double square = 0.0;
  for (const double x : head) square += x * x;
  const double scale = 1.0 / std::sqrt(square / static_cast<double>(head.size()) + 1e-6F);
  for (std::size_t d = 0; d < head.size(); ++d) head[d] *= scale * weight[d];
}

/// cos_sin: `half` cosines of the position, then its sines.
void turn_head(std::vector<double>& head, std::size_t half, const float* cos_sin) {
  for (std::size_t d = 0; d < half; ++d) {
    const double first = head[d];
    const double second = head[d + half];
    head[d] = first * cos_sin[d] - second * cos_sin[d + half];
    head[d + half] = second * cos_sin[d] + first * cos_sin[d + half];
  }
}

/// Where the key or value of a head begins in a cache without scales.
std::int64_t cached_element(const QkvCase& c, std::int64_t slot, std::int64_t kv_head,
                            bool is_value) {
  const std::int64_t pair = (slot / c.block_size * kLayers + kLayer) * 2 + (is_value ? 1 : 0);
  const std::int64_t run = pair * c.num_kv_heads + kv_head;
  return (run * c.block_size + slot % c.block_size) * c.head_dim;
}

std::size_t query_bytes(const QkvCase& c) {
  return static_cast<std::size_t>(c.num_tokens * c.num_heads * c.head_dim) * size_of(c.dtype);
}

void check_qkv(const QkvCase& c) {
  CAPTURE(static_cast<int>(c.dtype), static_cast<int>(c.cache_dtype), c.num_tokens, c.num_heads,
          c.num_kv_heads, c.head_dim, c.rotary_dim, c.has_norm, c.block_size);
  const std::int64_t heads = c.num_heads + 2 * c.num_kv_heads;
  const std::int64_t num_blocks = (2 * c.num_tokens + 3) / c.block_size + 2;
  auto qkv = normal_values(c.num_tokens * heads * c.head_dim, 5);
  const auto query_norm = normal_values(c.head_dim, 6);
  const auto key_norm = normal_values(c.head_dim, 7);
  const auto cos_sin = normal_values(kPositions * c.head_dim, 8);
  const std::vector<std::int32_t> positions = positions_of(c);
  const std::vector<std::int64_t> slots = slots_of(c);
  KvCacheView cache{nullptr,        c.cache_dtype, num_blocks, kLayers,
                    c.num_kv_heads, c.block_size,  c.head_dim};
  std::vector<float> old(static_cast<std::size_t>(num_blocks * cache.elements_per_block()), 3.0F);
  const DeviceArray<std::uint8_t> device_cache(packed(old, c.cache_dtype));
  cache.data = device_cache.data();
  const DeviceArray<std::uint8_t> device_qkv(packed(qkv, c.dtype));
  const DeviceArray<std::uint8_t> device_query(query_bytes(c));
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
      if (c.has_norm && !is_value) norm_head(head, is_query ? query_norm : key_norm);
      if (!is_value)
        turn_head(head, static_cast<std::size_t>(c.rotary_dim / 2),
                  cos_sin.data() + positions[static_cast<std::size_t>(i)] * c.head_dim);
      if (is_query) query.insert(query.end(), head.begin(), head.end());
      const std::int64_t slot = slots[static_cast<std::size_t>(i)];
      if (is_query || slot < 0) continue;
      const std::int64_t to = cached_element(c, slot, (h - c.num_heads) % c.num_kv_heads, is_value);
      std::copy(head.begin(), head.end(), expected.begin() + to);
    }
  }
  check_close(decode(device_query.get(), c.dtype), query, c.dtype, 4.0);
  check_close(decode(device_cache.get(), c.cache_dtype), expected, c.cache_dtype, 4.0);
}

/// Every head that is written must be the 8-bit form of what a cache of float32 gets.
void check_qkv_f8(const QkvCase& c) {
  CAPTURE(static_cast<int>(c.dtype), c.num_tokens, c.head_dim, c.rotary_dim, c.has_norm,
          c.block_size);
  const std::int64_t heads = c.num_heads + 2 * c.num_kv_heads;
  const std::int64_t num_blocks = (2 * c.num_tokens + 3) / c.block_size + 2;
  auto qkv = normal_values(c.num_tokens * heads * c.head_dim, 5);
  const DeviceArray<std::uint8_t> device_qkv(packed(qkv, c.dtype));
  const DeviceArray<std::uint8_t> device_query(query_bytes(c));
  const DeviceArray<float> norm_weight(normal_values(c.head_dim, 6));
  const DeviceArray<float> cos_sin(normal_values(40 * c.head_dim, 8));
  const std::vector<std::int32_t> positions = positions_of(c);
  const std::vector<std::int64_t> slots = slots_of(c);
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
    check_qkv({dtype, dtype, 3, 1, 1, 64, 64, true, 16});
    check_qkv({dtype, dtype, 70, 32, 8, 128, 128, false, 32});
    check_qkv({dtype, dtype, 0, 32, 8, 128, 128, false, 32});
    for (const std::int64_t head_dim : {2, 6, 64, 80, 128, 256}) {
      check_qkv_f8({dtype, DType::kF8, 7, 6, 2, head_dim, head_dim, true, 16});
      check_qkv_f8({dtype, DType::kF8, 3, 3, 1, head_dim, 0, false, 1});
    }
  }
}
