#include <cmath>
#include <vector>

#include "kernels/backend.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

std::unique_ptr<Backend> reference() {
  return make_cpu_backend({.threads = 1, .instruction_set = "reference"});
}

HostMatrix host(const std::vector<float>& values, std::int64_t rows, std::int64_t cols) {
  return {values.data(), DType::kF32, rows, cols, false};
}

}  // namespace

TEST_CASE("linear of a stacked matrix is its definition") {
  auto backend = reference();
  const std::vector<float> top{1, 2, 3, 4};
  const std::vector<float> stored_by_columns{5, 7, 6, 8};
  HostMatrix bottom = host(stored_by_columns, 2, 2);
  bottom.transposed = true;
  const std::vector<float> bias{10, 20, 30, 40};
  const std::vector<float> input{1, -1};
  const HostMatrix parts[] = {host(top, 2, 2), bottom};
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const Matrix weight = backend->prepare_matrix(parts, dtype);
    REQUIRE(weight.rows == 4);
    std::vector<float> output{100, 100, 100, 100};
    backend->linear(input.data(), weight, bias.data(), output.data(), 1);
    CHECK(output == std::vector<float>{9, 19, 29, 39});
    backend->linear(input.data(), weight, nullptr, output.data(), 1);
    CHECK(output == std::vector<float>{-1, -1, -1, -1});
  }
}

TEST_CASE("a matrix too large for any memory comes back empty") {
  auto backend = reference();
  CHECK_FALSE(
      backend->random_matrix(std::int64_t{1} << 40, std::int64_t{1} << 40, DType::kF32, 1, 1));
  CHECK_FALSE(backend->allocate(std::size_t{1} << 60));
}

TEST_CASE("a layer norm has mean zero and variance one before its weight") {
  auto backend = reference();
  const std::vector<float> weight{1, 1, 1, 1};
  const std::vector<float> bias{0, 0, 0, 5};
  std::vector<float> values{1, 2, 3, 4};
  std::vector<float> output(4);
  backend->norm({.kind = NormKind::kLayer,
                 .residual = values.data(),
                 .weight = weight.data(),
                 .bias = bias.data(),
                 .epsilon = 0.0F,
                 .output = output.data(),
                 .num_tokens = 1,
                 .width = 4});
  const float unit = 1.0F / std::sqrt(1.25F);
  CHECK(output[0] == Approx(-1.5F * unit));
  CHECK(output[3] == Approx(5 + 1.5F * unit));
}

TEST_CASE("a token alone in its context attends to its own value") {
  auto backend = reference();
  Buffer memory = backend->allocate(4 * 2 * 2 * sizeof(float));
  const KvCacheView cache{memory.data(), DType::kF32, 4, 1, 1, 1, 2};
  const std::vector<float> qkv{1, 2, 3, 4, 5, 6};
  std::vector<float> query(2);
  const std::int32_t position = 0;
  const std::int64_t slot = 3;
  backend->split_rotate_write({.qkv = qkv.data(),
                               .query = query.data(),
                               .positions = &position,
                               .slots = &slot,
                               .num_tokens = 1,
                               .num_heads = 1,
                               .cache = cache});
  CHECK(query == std::vector<float>{1, 2});
  const std::int32_t cu_seqlens[] = {0, 1};
  const std::int32_t context_len = 1;
  const std::int32_t block = 3;
  std::vector<float> output(2);
  backend->attention({.query = query.data(),
                      .output = output.data(),
                      .cu_seqlens = cu_seqlens,
                      .context_lens = &context_len,
                      .cu_blocks = cu_seqlens,
                      .block_tables = &block,
                      .num_seqs = 1,
                      .num_heads = 1,
                      .cache = cache});
  CHECK(output == std::vector<float>{5, 6});
}
