#include "src/runtime/memory_plan.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/llama3_8b.hpp"

using namespace octavo;
using namespace octavo::testing;

TEST_CASE("Llama 3 of 8 billion parameters needs what is known of it") {
  const auto plan = plan_memory(llama3_8b(), kernels::DType::kBF16, kernels::DType::kBF16, 16,
                                {.max_tokens = 1, .max_logits = 1, .max_positions = 8192});
  // 8,030,261,248 parameters, 266,240 of them in norms.
  CHECK(plan.weights_bytes == 2 * (8030261248ULL - 266240) + 4 * 266240);
  CHECK(plan.kv_bytes_per_token == 128 << 10);
  CHECK(plan.kv_bytes_per_block == 2 << 20);
  CHECK(plan.blocks_within((std::size_t{1} << 30) + 1) == 512);
  CHECK(plan.blocks_within(1) == 0);
}

TEST_CASE("activations grow with the tokens of a step, logits with its sampled rows") {
  const auto spec = llama3_8b();
  const auto bytes = [&](std::int64_t tokens, std::int64_t logits) {
    return decoder_bytes(spec, {.max_tokens = tokens, .max_logits = logits, .max_positions = 0},
                         kernels::DType::kF32);
  };
  CHECK(bytes(200, 1) - bytes(100, 1) ==
        100 * sizeof(float) * (3 * 4096 + 2 * 14336 + 4096 + 14336));
  CHECK(bytes(200, 11) - bytes(200, 1) == 10 * sizeof(float) * 128256);
}

TEST_CASE("halving the dtype of keys and values doubles the blocks") {
  const StepLimits limits{.max_tokens = 1, .max_logits = 1, .max_positions = 1};
  const auto wide =
      plan_memory(llama3_8b(), kernels::DType::kBF16, kernels::DType::kF32, 16, limits);
  const auto narrow =
      plan_memory(llama3_8b(), kernels::DType::kBF16, kernels::DType::kF16, 16, limits);
  CHECK(narrow.blocks_within(1 << 30) == 2 * wide.blocks_within(1 << 30));
  CHECK(narrow.weights_bytes == wide.weights_bytes);
}

TEST_CASE("8-bit keys and values take half the bytes and a scale for each token and head") {
  const StepLimits limits{.max_tokens = 1, .max_logits = 1, .max_positions = 1};
  const auto plan =
      plan_memory(llama3_8b(), kernels::DType::kBF16, kernels::DType::kF8, 16, limits);
  CHECK(plan.kv_bytes_per_block == (1 << 20) + 32 * 2 * 8 * 16);
  CHECK(plan.kv_bytes_per_token == (64 << 10) + 32 * 2 * 8);
  // One token of one head of 80: its scales fill a row.
  const kernels::KvCacheView small{.dtype = kernels::DType::kF8,
                                   .num_layers = 1,
                                   .num_kv_heads = 1,
                                   .block_size = 1,
                                   .head_dim = 80};
  CHECK(small.bytes_per_block() == 3 * 80);
}
