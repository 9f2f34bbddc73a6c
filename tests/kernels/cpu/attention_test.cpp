#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

struct Shape {
  std::int64_t num_heads = 4;
  std::int64_t num_kv_heads = 2;
  std::int64_t head_dim = 64;
  std::int64_t block_size = 16;
  DType dtype = DType::kBF16;
  std::int64_t sliding_window = 0;
  float soft_cap = 0.0F;
  float magnitude = 1.0F;  ///< The size of keys and values; that of queries is one by this.
};

constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kLayer = 1;

/// Sequences in a cache of their own, blocks in random order. The keys, values and queries of a
/// token depend on sequence and position only.
class Caches {
 public:
  Caches(Backend& backend, const Shape& shape, std::vector<std::int64_t> lengths)
      : backend_(backend), shape_(shape) {
    cu_blocks_.push_back(0);
    for (std::int64_t length : lengths) {
      const std::int64_t blocks = (length + shape.block_size - 1) / shape.block_size;
      cu_blocks_.push_back(cu_blocks_.back() + static_cast<std::int32_t>(blocks));
    }
    tables_.resize(static_cast<std::size_t>(cu_blocks_.back()));
    std::iota(tables_.begin(), tables_.end(), 0);
    std::shuffle(tables_.begin(), tables_.end(), std::mt19937(5));
    cache_ = {nullptr,          shape.dtype,   cu_blocks_.back(), kLayers, shape.num_kv_heads,
              shape.block_size, shape.head_dim};
    memory_ = backend.allocate(cache_.bytes_per_block() * tables_.size());
    cache_.data = memory_.data();
    for (std::size_t s = 0; s < lengths.size(); ++s) write(s, lengths[s]);
  }

  /// Attention of the last counts[i] of the first contexts[i] tokens of sequence ids[i].
  std::vector<float> attend(const std::vector<std::size_t>& ids,
                            const std::vector<std::int32_t>& contexts,
                            const std::vector<std::int32_t>& counts) {
    std::vector<std::int32_t> cu_seqlens{0};
    std::vector<std::int32_t> cu_blocks{0};
    std::vector<std::int32_t> tables;
    std::vector<float> query;
    const std::int64_t width = shape_.num_heads * shape_.head_dim;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      cu_seqlens.push_back(cu_seqlens.back() + counts[i]);
      tables.insert(tables.end(), tables_.begin() + cu_blocks_[ids[i]],
                    tables_.begin() + cu_blocks_[ids[i] + 1]);
      cu_blocks.push_back(static_cast<std::int32_t>(tables.size()));
      const auto& all = queries_[ids[i]];
      query.insert(query.end(), all.begin() + (contexts[i] - counts[i]) * width,
                   all.begin() + contexts[i] * width);
    }
    std::vector<float> output(query.size());
    backend_.attention({.query = query.data(),
                        .output = output.data(),
                        .cu_seqlens = cu_seqlens.data(),
                        .context_lens = contexts.data(),
                        .cu_blocks = cu_blocks.data(),
                        .block_tables = tables.data(),
                        .num_seqs = static_cast<std::int64_t>(ids.size()),
                        .num_heads = shape_.num_heads,
                        .layer = kLayer,
                        .sliding_window = shape_.sliding_window,
                        .scale = 0.3F,
                        .soft_cap = shape_.soft_cap,
                        .cache = cache_});
    return output;
  }

 private:
  void write(std::size_t s, std::int64_t length) {
    const std::int64_t width = (shape_.num_heads + 2 * shape_.num_kv_heads) * shape_.head_dim;
    auto qkv = normal_values(length * width, static_cast<std::uint32_t>(s + 10));
    for (std::int64_t i = 0; i < length * width; ++i) {
      const bool is_query = i % width < shape_.num_heads * shape_.head_dim;
      qkv[static_cast<std::size_t>(i)] *= is_query ? 1.0F / shape_.magnitude : shape_.magnitude;
    }
    std::vector<float> query(static_cast<std::size_t>(length * shape_.num_heads * shape_.head_dim));
    std::vector<std::int64_t> slots;
    std::vector<std::int32_t> positions;
    for (std::int64_t p = 0; p < length; ++p) {
      const auto block = static_cast<std::size_t>(cu_blocks_[s] + p / shape_.block_size);
      slots.push_back(tables_[block] * shape_.block_size + p % shape_.block_size);
      positions.push_back(static_cast<std::int32_t>(p));
    }
    backend_.split_rotate_write({.qkv = qkv.data(),
                                 .query = query.data(),
                                 .positions = positions.data(),
                                 .slots = slots.data(),
                                 .num_tokens = length,
                                 .num_heads = shape_.num_heads,
                                 .layer = kLayer,
                                 .cache = cache_});
    queries_.push_back(std::move(query));
  }

  Backend& backend_;
  Shape shape_;
  std::vector<std::int32_t> cu_blocks_;
  std::vector<std::int32_t> tables_;
  KvCacheView cache_;
  Buffer memory_;
  std::vector<std::vector<float>> queries_;
};

std::vector<Shape> breaking_shapes() {
  std::vector<Shape> shapes;
  for (std::int64_t block_size : {1, 8, 16, 32, 64}) shapes.push_back({.block_size = block_size});
  for (std::int64_t head_dim : {8, 20, 33, 80, 96, 128, 256})
    shapes.push_back({.head_dim = head_dim});
  for (std::int64_t group : {1, 2, 4, 8}) {
    shapes.push_back({.num_heads = group, .num_kv_heads = 1, .head_dim = 16});
    shapes.push_back({.num_heads = 3 * group, .num_kv_heads = 3, .head_dim = 32});
  }
  for (DType dtype : {DType::kF32, DType::kF16, DType::kF8}) {
    shapes.push_back({.dtype = dtype});
    shapes.push_back({.head_dim = 20, .dtype = dtype});
  }
  for (std::int64_t block_size : {1, 3, 8, 32})
    shapes.push_back({.block_size = block_size, .dtype = DType::kF8});
  shapes.push_back({.head_dim = 33, .dtype = DType::kF8, .sliding_window = 16});
  for (std::int64_t window : {1, 7, 16, 64, 100}) shapes.push_back({.sliding_window = window});
  shapes.push_back({.soft_cap = 5.0F});
  return shapes;
}

}  // namespace

TEST_CASE("every instruction set attends as the reference does") {
  const std::vector<std::int64_t> lengths{1, 15, 16, 17, 63, 64, 65, 130, 515};
  const std::vector<std::size_t> ids{0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::int32_t> contexts{1, 15, 16, 17, 63, 64, 65, 130, 515};
  const std::vector<std::int32_t> counts{1, 1, 16, 2, 1, 64, 33, 1, 40};
  const auto reference = backend_of("reference");
  for (const Shape& shape : breaking_shapes()) {
    const auto expected = Caches(*reference, shape, lengths).attend(ids, contexts, counts);
    for (const std::string& name : fast_instruction_sets()) {
      const auto backend = backend_of(name);
      const auto actual = Caches(*backend, shape, lengths).attend(ids, contexts, counts);
      INFO(name << " heads " << shape.num_heads << '/' << shape.num_kv_heads << " dim "
                << shape.head_dim << " block " << shape.block_size << ' ' << name_of(shape.dtype)
                << " window " << shape.sliding_window << " cap " << shape.soft_cap);
      CHECK(relative_error(actual, expected) < 2e-5);
    }
  }
}

TEST_CASE("attention over an empty batch does nothing") {
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    CHECK(Caches(*backend, {}, {4}).attend({}, {}, {}).empty());
  }
}

TEST_CASE("a token attends to the same bits in any batch, chunk, split and block size") {
  const std::vector<std::int64_t> lengths{700, 1100, 70};
  for (const std::string& name : fast_instruction_sets()) {
    for (const Shape& shape :
         {Shape{}, Shape{.sliding_window = 90}, Shape{.sliding_window = 600},
          Shape{.dtype = DType::kF8}, Shape{.dtype = DType::kF8, .sliding_window = 90}}) {
      Shape other = shape;
      other.block_size = 64;
      const auto backend = backend_of(name, 2);
      const auto single = backend_of(name, 1);
      const auto many = backend_of(name, 7);
      Caches two(*backend, shape, lengths);
      Caches one(*single, other, lengths);
      Caches seven(*many, shape, lengths);
      const auto whole = one.attend({1}, {1100}, {1100});
      const std::int64_t width = shape.num_heads * shape.head_dim;
      INFO(name << ' ' << name_of(shape.dtype) << " window " << shape.sliding_window);
      std::vector<float> pieces;
      for (std::int32_t end : {1, 64, 500, 513, 900, 1099, 1100}) {
        const auto count =
            end - static_cast<std::int32_t>(pieces.size()) / static_cast<std::int32_t>(width);
        const auto piece = seven.attend({1}, {end}, {count});
        pieces.insert(pieces.end(), piece.begin(), piece.end());
      }
      CHECK(pieces == whole);
      const auto batch = two.attend({0, 1, 2}, {700, 1100, 70}, {3, 1, 70});
      const std::vector<float> from_batch(batch.begin() + 3 * width, batch.begin() + 4 * width);
      CHECK(from_batch == std::vector<float>(whole.end() - width, whole.end()));
    }
  }
}

TEST_CASE("8-bit keys and values cost attention little, whatever their magnitude") {
  const std::vector<std::int64_t> lengths{300};
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    const auto run = [&](DType dtype, float magnitude) {
      const Shape shape{.dtype = dtype, .magnitude = magnitude};
      return Caches(*backend, shape, lengths).attend({0}, {300}, {30});
    };
    INFO(name);
    const auto expected = run(DType::kF8, 1.0F);
    const auto exact = run(DType::kF32, 1.0F);
    double difference = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      difference += std::pow(expected[i] - exact[i], 2.0);
      square += std::pow(exact[i], 2.0);
    }
    CHECK(difference > 1e-6 * square);
    CHECK(difference < 0.01 * square);
    for (const float magnitude : {0x1p-40F, 0x1p40F}) {
      auto scaled = run(DType::kF8, magnitude);
      for (float& value : scaled) value /= magnitude;
      CHECK(scaled == expected);
    }
  }
}
