#include <vector>

#include "kernels/host/half.hpp"
#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

// Float32 sums of up to a thousand values in another order.
constexpr double kTolerance = 1e-5;

struct Normed {
  std::vector<float> output;
  std::vector<float> residual;
};

/// Rows in order, or some of them.
Normed normed(Backend& backend, NormKind kind, std::int64_t n, std::int64_t width, bool with_input,
              std::span<const std::int32_t> rows = {}) {
  Normed result{normal_values(n * width, 1), normal_values(n * width, 4)};
  const std::vector<float> input = result.output;
  const auto weight = normal_values(width, 2);
  const auto bias = normal_values(width, 3);
  const auto num_tokens = rows.empty() ? n : static_cast<std::int64_t>(rows.size());
  backend.norm({.kind = kind,
                .input = with_input ? input.data() : nullptr,
                .residual = result.residual.data(),
                .rows = rows.empty() ? nullptr : rows.data(),
                .weight = weight.data(),
                .bias = kind == NormKind::kLayer ? bias.data() : nullptr,
                .weight_offset = with_input ? 1.0F : 0.0F,
                .output = result.output.data(),
                .num_tokens = num_tokens,
                .width = width});
  return result;
}

}  // namespace

TEST_CASE("every instruction set norms as the reference does") {
  const auto reference = backend_of("reference");
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    for (const auto& [n, width] : {std::pair{0, 8}, {1, 1}, {1, 17}, {3, 64}, {40, 1000}}) {
      for (NormKind kind : {NormKind::kRms, NormKind::kLayer}) {
        for (bool with_input : {false, true}) {
          const Normed expected = normed(*reference, kind, n, width, with_input);
          const Normed actual = normed(*backend, kind, n, width, with_input);
          INFO(name << ' ' << n << 'x' << width << ' ' << with_input);
          CHECK(relative_error(actual.output, expected.output) < (width == 1 ? 1e-3 : kTolerance));
          CHECK(actual.residual == expected.residual);
        }
      }
    }
  }
}

TEST_CASE("every instruction set activates as the reference does, far out as well") {
  const auto reference = backend_of("reference");
  auto values = normal_values(2 * 3 * 531, 5);
  for (std::size_t i = 0; i < 12; ++i)
    values[i] = (i % 2 == 0 ? 1.0F : -1.0F) * std::pow(10.0F, static_cast<float>(i) - 2);
  const auto kind =
      GENERATE(Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu);
  std::vector<float> expected(3 * 531);
  reference->gated_activation(kind, values.data(), expected.data(), 3, 531);
  auto expected_in_place = values;
  reference->activation(kind, expected_in_place.data(), 3186);
  for (const std::string& name : fast_instruction_sets()) {
    const auto backend = backend_of(name);
    std::vector<float> actual(expected.size());
    backend->gated_activation(kind, values.data(), actual.data(), 3, 531);
    auto in_place = values;
    backend->activation(kind, in_place.data(), 3186);
    INFO(name << " kind " << static_cast<int>(kind));
    for (std::size_t i = 0; i < actual.size(); ++i) {
      CHECK(actual[i] == Approx(expected[i]).epsilon(1e-5).margin(2e-6));
    }
    for (std::size_t i = 0; i < in_place.size(); ++i) {
      CHECK(in_place[i] == Approx(expected_in_place[i]).epsilon(1e-5).margin(2e-6));
    }
  }
}

TEST_CASE("split, norm, rotation and cache write agree with the reference") {
  struct Shape {
    std::int64_t head_dim;
    std::int64_t rotary_dim;
    bool with_norm;
  };
  const auto reference = backend_of("reference");
  const auto dtype = GENERATE(DType::kF32, DType::kF16, DType::kBF16);
  for (const Shape& shape :
       {Shape{8, 8, false}, {20, 10, true}, {64, 64, true}, {128, 32, false}}) {
    constexpr std::int64_t kHeads = 6;
    constexpr std::int64_t kKvHeads = 3;
    const std::vector<std::int32_t> positions{0, 3, 9, 1, 2};
    const std::vector<std::int64_t> slots{5, -1, 11, 0, 7};
    const auto qkv = normal_values(5 * (kHeads + 2 * kKvHeads) * shape.head_dim, 6);
    const auto query_norm = normal_values(shape.head_dim, 7);
    const auto key_norm = normal_values(shape.head_dim, 8);
    const auto cos_sin = normal_values(10 * shape.head_dim, 9);
    const auto run = [&](Backend& backend, std::vector<float>& query) {
      KvCacheView cache{nullptr, dtype, 3, 2, kKvHeads, 4, shape.head_dim};
      Buffer memory = backend.allocate(cache.bytes_per_block() * 3);
      cache.data = memory.data();
      query.resize(static_cast<std::size_t>(5 * kHeads * shape.head_dim));
      backend.split_rotate_write({.qkv = qkv.data(),
                                  .query = query.data(),
                                  .query_norm = shape.with_norm ? query_norm.data() : nullptr,
                                  .key_norm = shape.with_norm ? key_norm.data() : nullptr,
                                  .cos_sin = cos_sin.data(),
                                  .rotary_dim = shape.rotary_dim,
                                  .positions = positions.data(),
                                  .slots = slots.data(),
                                  .num_tokens = 5,
                                  .num_heads = kHeads,
                                  .layer = 1,
                                  .cache = cache});
      const HostMatrix all{cache.data, dtype, 1, cache.elements_per_block() * 3, false};
      const Vector values = backend.prepare_vector({&all, 1});
      return std::vector<float>(values.data(), values.data() + values.size);
    };
    std::vector<float> expected_query;
    const auto expected = run(*reference, expected_query);
    for (const std::string& name : fast_instruction_sets()) {
      std::vector<float> query;
      const auto actual = run(*backend_of(name), query);
      INFO(name << ' ' << name_of(dtype) << " dim " << shape.head_dim);
      CHECK(relative_error(query, expected_query) < kTolerance);
      // One unit in the last place where the sums of a norm differ before rounding.
      CHECK(relative_error(actual, expected) < (dtype == DType::kF32 ? kTolerance : 0.05));
      std::int64_t different = 0;
      for (std::size_t i = 0; i < actual.size(); ++i) different += actual[i] != expected[i] ? 1 : 0;
      if (dtype != DType::kF32) CHECK(different * 50 <= static_cast<std::int64_t>(actual.size()));
    }
  }
}

TEST_CASE("an 8-bit head is written as its values' nearest, with the least scale that holds them") {
  constexpr std::int64_t kHeadDim = 40;
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    KvCacheView cache{nullptr, DType::kF8, 2, 1, 1, 4, kHeadDim};
    const Buffer memory = backend->allocate(cache.bytes_per_block() * 2);
    cache.data = memory.data();
    // One key and one value head; the query is not looked at.
    auto qkv = normal_values(3 * kHeadDim, 3);
    qkv[kHeadDim + 7] = -448.0F * 1024.0F;   // fits into 2^10 exactly
    qkv[2 * kHeadDim + 39] = 449.0F / 4.0F;  // needs 2^-1
    std::vector<float> query(kHeadDim);
    const std::int64_t slot = 6;
    backend->split_rotate_write({.qkv = qkv.data(),
                                 .query = query.data(),
                                 .slots = &slot,
                                 .num_tokens = 1,
                                 .num_heads = 1,
                                 .cache = cache});
    const auto* block = memory.as<const std::uint8_t>() + cache.bytes_per_block();
    const auto* scales = block + cache.rows_per_block() * kHeadDim;
    INFO(name);
    CHECK(int{scales[2]} == 127 + 10);
    CHECK(int{scales[4 + 2]} == 127 - 1);
    for (std::int64_t d = 0; d < kHeadDim; ++d) {
      const float key = to_float(F8{block[d * 4 + 2]}) * 1024.0F;
      const float value = to_float(F8{block[(4 + 2) * kHeadDim + d]}) * 0.5F;
      const auto at = static_cast<std::size_t>(d);
      // Half a step: three bits of mantissa, or the smallest step there is.
      CHECK(std::abs(key - qkv[kHeadDim + at]) <=
            std::max(std::abs(qkv[kHeadDim + at]) / 16.0F, 0x1p-10F * 1024.0F));
      CHECK(std::abs(value - qkv[2 * kHeadDim + at]) <=
            std::max(std::abs(qkv[2 * kHeadDim + at]) / 16.0F, 0x1p-10F * 0.5F));
    }
    CHECK(to_float(F8{block[7 * 4 + 2]}) == -448.0F);
  }
}

TEST_CASE("every 8-bit float stays itself, and others become their nearest") {
  for (int bits = 0; bits < 256; ++bits) {
    const F8 value{static_cast<std::uint8_t>(bits)};
    if ((bits & 0x7f) == 0x7f) {
      CHECK(std::isnan(to_float(value)));
    } else {
      CHECK(int{from_float<F8>(to_float(value)).bits} == bits);
    }
  }
  for (int bits = 0; bits < 0x7e; ++bits) {  // between neighbours: up, down, and ties to even
    const float low = to_float(F8{static_cast<std::uint8_t>(bits)});
    const float high = to_float(F8{static_cast<std::uint8_t>(bits + 1)});
    const float middle = (low + high) / 2;
    CHECK(int{from_float<F8>(std::nextafter(middle, 0.0F)).bits} == bits);
    CHECK(int{from_float<F8>(middle).bits} == bits + bits % 2);
    CHECK(int{from_float<F8>(-std::nextafter(middle, high)).bits} == (bits + 1 | 0x80));
  }
  CHECK(to_float(from_float<F8>(1e9F)) == 448.0F);
  CHECK(std::isnan(to_float(from_float<F8>(std::nanf("")))));
}

TEST_CASE("chosen rows are normed as they would be among all, and nothing is written back") {
  const std::vector<std::int32_t> rows{4, 0, 4};
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (bool with_input : {false, true}) {
      const Normed all = normed(*backend, NormKind::kLayer, 5, 7, with_input);
      const Normed chosen = normed(*backend, NormKind::kLayer, 5, 7, with_input, rows);
      CHECK(chosen.residual == normal_values(5 * 7, 4));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        CHECK(std::equal(all.output.begin() + 7 * rows[i], all.output.begin() + 7 * rows[i] + 7,
                         chosen.output.begin() + static_cast<std::ptrdiff_t>(7 * i)));
      }
    }
  }
}

TEST_CASE("copied blocks are the bytes of their sources") {
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    std::vector<float> cache_values = normal_values(4 * 2 * 6, 2);
    const std::vector<float> before = cache_values;
    const std::pair<std::int32_t, std::int32_t> copies[] = {{3, 0}, {1, 2}};
    backend->copy_blocks({cache_values.data(), DType::kF32, 4, 1, 1, 2, 3}, copies);
    CHECK(std::equal(cache_values.begin(), cache_values.begin() + 12, before.begin() + 36));
    CHECK(std::equal(cache_values.begin() + 12, cache_values.begin() + 24, before.begin() + 12));
    CHECK(std::equal(cache_values.begin() + 24, cache_values.begin() + 36, before.begin() + 12));
  }
}
