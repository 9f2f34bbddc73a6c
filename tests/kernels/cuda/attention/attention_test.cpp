// Paged attention on a GPU against sums in float64.
#include <cstring>

#include "tests/kernels/cuda/attention/attention_step.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::attention_test;

namespace {

void check(const Shape& shape, const std::vector<Sequence>& sequences,
           std::int64_t samples = 4000) {
  CAPTURE(shape.num_heads, shape.num_kv_heads, shape.head_dim, shape.block_size,
          name_of(shape.dtype), name_of(shape.cache_dtype), shape.sliding_window, shape.soft_cap,
          sequences.size(), sequences.front().length, sequences.front().context);
  Step step(shape, sequences);
  const std::vector<float> output = step.run(3, 2);
  const Step::Error error = step.error(output, samples);
  const bool is_plain = shape.dtype == DType::kF32;
  CHECK(error.norm < (is_plain ? 1e-5 : 1e-2));
  CHECK(error.largest < (is_plain ? 1e-4 : 1e-1));  // no element is quite another
}

/// Around where a context begins to be cut.
const std::vector<Sequence> kCut{{1, 511}, {1, 512},  {1, 513},  {1, 639},  {1, 640},
                                 {1, 641}, {1, 1151}, {1, 1152}, {1, 1153}, {1, 40000}};

const std::vector<Sequence> kMixed{{1, 1}, {1, 700},   {37, 37},  {1, 256}, {200, 513}, {1, 16},
                                   {2, 9}, {129, 129}, {1, 1025}, {1, 17},  {3, 400}};

}  // namespace

TEST_CASE("attention on a GPU, kinds of heads") {
  for (const DType dtype : {DType::kBF16, DType::kF16, DType::kF32}) {
    check({.num_heads = 1, .num_kv_heads = 1, .dtype = dtype, .cache_dtype = dtype}, kMixed, 600);
    for (const std::int64_t head_dim : {8, 40, 64, 80, 96, 112, 128, 256}) {
      for (const std::int64_t group : {1, 3, 4, 8, 16}) {
        const bool is_common = head_dim == 128 || group == 4;
        if (!is_common && (dtype == DType::kF16 || group == 3)) continue;
        check({.num_heads = 2 * group,
               .num_kv_heads = 2,
               .head_dim = head_dim,
               .dtype = dtype,
               .cache_dtype = dtype},
              kMixed, 600);
      }
    }
  }
  for (const DType cache : {DType::kF16, DType::kBF16, DType::kF8}) {
    check({.dtype = DType::kF32, .cache_dtype = cache}, kMixed, 600);
  }
}

TEST_CASE("attention on a GPU, 8-bit keys and values") {
  for (const DType dtype : {DType::kBF16, DType::kF16}) {
    for (const std::int64_t head_dim : {8, 40, 64, 80, 96, 128, 256}) {
      for (const std::int64_t group : {1, 4, 16}) {
        check({.num_heads = 2 * group,
               .num_kv_heads = 2,
               .head_dim = head_dim,
               .dtype = dtype,
               .cache_dtype = DType::kF8},
              kMixed, 600);
      }
    }
  }
  for (const std::int64_t block_size : {1, 3, 8, 16, 256}) {
    for (const std::int64_t window : {0, 100}) {
      check({.num_heads = 12,
             .num_kv_heads = 3,
             .block_size = block_size,
             .cache_dtype = DType::kF8,
             .sliding_window = window,
             .soft_cap = window > 0 ? 1.5F : 0.0F,
             .num_layers = 3},
            kMixed, 600);
    }
  }
  check({.cache_dtype = DType::kF8}, uniform(64, 1, 1024), 1000);
  check({.cache_dtype = DType::kF8}, uniform(1, 1, 20000));
  check({.cache_dtype = DType::kF8}, uniform(16, 512, 512), 2000);
}

TEST_CASE("attention on a GPU over an empty batch writes nothing") {
  for (const DType dtype : {DType::kBF16, DType::kF32}) {
    Step step({.dtype = dtype, .cache_dtype = dtype}, {});
    CHECK(step.run().empty());
    CHECK(step.run(3).empty());  // only padding
  }
}

TEST_CASE("attention on a GPU, sizes of blocks, windows and caps") {
  for (const std::int64_t block_size : {1, 3, 4, 8, 16, 32, 256, 4096}) {
    for (const std::int64_t window : {0, 1, 100, 300}) {
      for (const float soft_cap : {0.0F, 1.5F}) {
        check({.num_heads = 8,
               .num_kv_heads = 2,
               .block_size = block_size,
               .sliding_window = window,
               .soft_cap = soft_cap},
              kMixed, 600);
      }
    }
  }
  check({.dtype = DType::kF32, .cache_dtype = DType::kF32, .sliding_window = 100, .soft_cap = 1.5F},
        kMixed, 600);
}

TEST_CASE("attention on a GPU where contexts begin to be cut") {
  for (const std::int64_t window : {0, 1, 20, 600}) {
    check({.sliding_window = window}, kCut, 600);
  }
  check({.cache_dtype = DType::kF8}, kCut, 600);
}

TEST_CASE("attention on a GPU that begins before the step's own keys are there sees them") {
  std::vector<Sequence> sequences = kCut;
  for (std::int32_t context = 1; context < 200; context += 3) sequences.push_back({1, context});
  for (const DType cache : {DType::kBF16, DType::kF8}) {
    for (const std::int64_t block_size : {1, 16, 32, 256}) {
      Step step({.block_size = block_size, .cache_dtype = cache}, sequences);
      step.let_own_tokens_come_late();
      CAPTURE(name_of(cache), block_size);
      CHECK(step.error(step.run(0, 20), 1000).norm < 1e-2);
    }
  }
}

TEST_CASE("attention on a GPU, as served") {
  check({}, uniform(64, 1, 1024), 1000);
  check({}, uniform(256, 1, 512), 1000);
  check({}, uniform(1, 1, 4096));
  check({.num_layers = 1}, uniform(64, 1, 4096), 500);
  check({}, uniform(1, 1, 100000));
  check({}, uniform(1, 2048, 2048), 2000);
  check({}, uniform(16, 512, 512), 2000);
  check({}, uniform(2, 300, 3000), 2000);
}

TEST_CASE("attention on a GPU does not feel the batch") {
  const std::vector<Sequence> others{{1, 90},    {1, 5000}, {1, 256}, {300, 700},
                                     {1, 20000}, {40, 40},  {1, 3},   {1, 257}};
  std::vector<std::uint64_t> seeds(others.size());
  std::iota(seeds.begin(), seeds.end(), 11);
  Step batch({}, others, seeds);
  const std::vector<float> together = batch.run(0, 3);
  for (std::size_t s = 0; s < others.size(); ++s) {
    Step alone({}, {others[s]}, {seeds[s]});
    const std::vector<float> expected = batch.rows_of(together, s);
    const std::vector<float> actual = alone.run();
    CHECK(std::memcmp(actual.data(), expected.data(), actual.size() * sizeof(float)) == 0);
  }
}
