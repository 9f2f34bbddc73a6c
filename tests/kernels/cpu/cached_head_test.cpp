#include "kernels/cpu/cached_head.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cpu;

namespace {

constexpr KvCacheView kShape{nullptr, DType::kF8, 2, 2, 3, 4, 5};

/// Calls visit(head) for the key and the value of every block, layer, head and token.
template <class Visit>
void for_each_head(const KvCacheView& cache, Visit visit) {
  for (std::int64_t block = 0; block < cache.num_blocks; ++block) {
    for (std::int64_t layer = 0; layer < cache.num_layers; ++layer) {
      for (std::int64_t head = 0; head < cache.num_kv_heads; ++head) {
        for (std::int64_t offset = 0; offset < cache.block_size; ++offset) {
          visit(block, cached_head(cache, block, layer, false, head, offset));
          visit(block, cached_head(cache, block, layer, true, head, offset));
        }
      }
    }
  }
}

/// An 8-bit cache of one block, one layer and one head.
struct OneHead {
  explicit OneHead(std::int64_t head_dim) {
    cache = {nullptr, DType::kF8, 1, 1, 1, 2, head_dim};
    bytes.resize(cache.bytes_per_block(), 0xEE);
    cache.data = bytes.data();
  }
  std::vector<float> read(const CachedHead& head) const {
    std::vector<float> values;
    for (std::int64_t d = 0; d < cache.head_dim; ++d) {
      const auto at = static_cast<std::size_t>(head.first + d * head.stride);
      values.push_back(to_float(F8{bytes[at]}) *
                       f8_scale(bytes[static_cast<std::size_t>(head.scale)]));
    }
    return values;
  }
  KvCacheView cache;
  std::vector<std::uint8_t> bytes;
};

}  // namespace

TEST_CASE("keys lie by dimension, values by position") {
  KvCacheView cache = kShape;
  cache.dtype = DType::kF32;
  const CachedHead key = cached_head(cache, 0, 0, false, 0, 3);
  CHECK(key.first == 3);
  CHECK(key.stride == cache.block_size);
  const CachedHead value = cached_head(cache, 0, 0, true, 0, 3);
  CHECK(value.first == 3 * 4 * 5 + 3 * 5);
  CHECK(value.stride == 1);
}

TEST_CASE("heads, layers and blocks follow each other without a gap") {
  KvCacheView cache = kShape;
  cache.dtype = DType::kF32;
  CHECK(cached_head(cache, 0, 0, false, 2, 0).first == 2 * 20);
  CHECK(cached_head(cache, 0, 1, false, 0, 0).first == 6 * 20);
  CHECK(cached_head(cache, 1, 1, true, 2, 0).first == cache.elements_per_block() + 11 * 20);
}

TEST_CASE("no two heads share an element and all lie inside of their block") {
  for (const DType dtype : {DType::kF32, DType::kF8}) {
    KvCacheView cache = kShape;
    cache.dtype = dtype;
    std::set<std::int64_t> used;
    std::size_t num_elements = 0;
    for_each_head(cache, [&](std::int64_t block, const CachedHead& head) {
      std::vector<std::int64_t> elements;
      for (std::int64_t d = 0; d < cache.head_dim; ++d)
        elements.push_back(head.first + d * head.stride);
      if (dtype == DType::kF8) elements.push_back(head.scale);
      for (const std::int64_t at : elements) {
        REQUIRE(at / cache.elements_per_block() == block);
        used.insert(at);
        ++num_elements;
      }
    });
    CHECK(used.size() == num_elements);
  }
}

TEST_CASE("an 8-bit head comes back within half a step of its least scale") {
  OneHead head(4);
  for (const bool values : {false, true}) {
    const CachedHead place = cached_head(head.cache, 0, 0, values, 0, 1);
    store_head_f8(head.cache, place, std::vector<float>{448.0F, -3.0F, 0.0F, 0.25F}.data());
    CHECK(head.read(place) == std::vector<float>{448.0F, -3.0F, 0.0F, 0.25F});
    store_head_f8(head.cache, place, std::vector<float>{449.0F, -3.0F, 0.0F, 1.0F}.data());
    CHECK(head.bytes[static_cast<std::size_t>(place.scale)] == 128);
    CHECK(head.read(place) == std::vector<float>{448.0F, -3.0F, 0.0F, 1.0F});
  }
}

TEST_CASE("storing a head touches its own elements and its scale alone") {
  OneHead head(4);
  const CachedHead place = cached_head(head.cache, 0, 0, true, 0, 0);
  store_head_f8(head.cache, place, std::vector<float>{1.0F, 2.0F, 3.0F, 4.0F}.data());
  std::size_t num_touched = 0;
  for (const std::uint8_t byte : head.bytes) num_touched += byte == 0xEE ? 0 : 1;
  CHECK(num_touched == 5);
}

TEST_CASE("a head of zeros and one of the smallest floats are stored as zeros") {
  OneHead head(2);
  const CachedHead place = cached_head(head.cache, 0, 0, false, 0, 0);
  const float least = std::numeric_limits<float>::denorm_min();
  for (const float value : {0.0F, least}) {
    store_head_f8(head.cache, place, std::vector<float>{value, value}.data());
    CHECK(head.read(place) == std::vector<float>{0.0F, 0.0F});
  }
}

TEST_CASE("a head with what is no number says so wherever it is read") {
  OneHead head(3);
  const CachedHead place = cached_head(head.cache, 0, 0, false, 0, 0);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    store_head_f8(head.cache, place, std::vector<float>{1.0F, bad, 2.0F}.data());
    CHECK(head.bytes[static_cast<std::size_t>(place.scale)] == 255);
    for (const float value : head.read(place)) CHECK_FALSE(std::isfinite(value));
  }
}

TEST_CASE("a cache's type is handed over as a value of that type") {
  const auto bytes_of = [](DType dtype) {
    return with_cache_type(dtype, []<class T>(T) { return sizeof(T); });
  };
  CHECK(bytes_of(DType::kF8) == 1);
  CHECK(bytes_of(DType::kF16) == 2);
  CHECK(bytes_of(DType::kBF16) == 2);
  CHECK(bytes_of(DType::kF32) == 4);
  CHECK(with_cache_type(DType::kBF16, []<class T>(T) { return std::is_same_v<T, Bf16>; }));
}
