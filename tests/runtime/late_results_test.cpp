// A device that has not ended a step when the next one is launched. What a constraint forces
// depends on tokens that are still on their way then.
#include <algorithm>

#include "kernels/cpu/reference_backend.hpp"
#include "src/model/load_weights.hpp"
#include "src/runtime/device_executor.hpp"
#include "tests/model/family_configs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_constraint.hpp"
#include "tests/support/step_driver.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr std::int64_t kVocabSize = 300;

/// It knows what a step samples before the host asks, and puts it where the next step refers to it.
/// The steps here are greedy.
class LateBackend final : public kernels::cpu::ReferenceBackend {
 public:
  bool is_asynchronous() const override { return true; }
  void embed(const kernels::Matrix& table, const std::int32_t* ids,
             const kernels::Matrix* position_table, const std::int32_t* positions,
             std::int64_t position_offset, float* output, std::int64_t num_tokens) override {
    std::vector<std::int32_t> known(ids, ids + num_tokens);
    for (std::int32_t& id : known) {
      if (id < 0) id = chosen_.at(static_cast<std::size_t>(-1 - id));
    }
    ReferenceBackend::embed(table, known.data(), position_table, positions, position_offset, output,
                            num_tokens);
  }
  void head(const void* input, const kernels::Matrix& weight, float* output,
            std::int64_t n) override {
    ReferenceBackend::head(input, weight, output, n);
    chosen_.clear();
    for (std::int64_t row = 0; row < n; ++row) {
      const float* logits = output + row * kVocabSize;
      chosen_.push_back(
          static_cast<std::int32_t>(std::max_element(logits, logits + kVocabSize) - logits));
    }
  }

 private:
  std::vector<std::int32_t> chosen_;  ///< By the step before, row by row.
};

std::unique_ptr<DeviceExecutor> make_late_executor() {
  constexpr std::int64_t kNumBlocks = 16;
  constexpr std::int64_t kBlockSize = 16;
  auto config = config_of("llama");
  config["vocab_size"] = kVocabSize;
  const DecoderSpec spec = spec_of(config);
  auto backend = std::make_unique<LateBackend>();
  auto weights = random_weights(*backend, spec, kernels::DType::kF32, 7, {});
  REQUIRE(weights.has_value());
  auto decoder = Decoder::make(*backend, spec, std::move(*weights), StepLimits{64, 8, 128});
  REQUIRE(decoder.has_value());
  const kernels::KvCacheView shape{.data = nullptr,
                                   .dtype = kernels::DType::kF32,
                                   .num_blocks = kNumBlocks,
                                   .num_layers = spec.num_layers,
                                   .num_kv_heads = spec.num_kv_heads,
                                   .block_size = kBlockSize,
                                   .head_dim = spec.head_dim};
  auto cache = KvCache::make(*backend, shape, 0);
  REQUIRE(cache.has_value());
  ModelInfo info;
  info.vocab_size = spec.vocab_size;
  info.max_position_embeddings = 128;
  info.max_num_batched_tokens = 64;
  info.block_size = kBlockSize;
  info.num_blocks = kNumBlocks;
  return std::make_unique<DeviceExecutor>(std::move(backend), std::move(*decoder),
                                          std::move(*cache), info, ExecutorOptions{});
}

/// A step of the one sequence, whose block is the first.
StepBatch step(std::int32_t first_position, std::int32_t num_tokens) {
  StepBatch batch;
  batch.scheduled = {{SequenceId{1}, first_position, num_tokens, true}};
  batch.block_tables = {BlockId{0}};
  batch.cu_blocks = {0, 1};
  return batch;
}

StepBatch first_step(const std::vector<TokenId>& tokens) {
  auto sampling = greedy();
  sampling.constraint = std::make_shared<ScriptedConstraint>();
  StepBatch batch = step(0, static_cast<std::int32_t>(tokens.size()));
  batch.starts = {{.id = SequenceId{1},
                   .request = RequestId{},
                   .tokens = tokens,
                   .num_prompt_tokens = static_cast<std::int32_t>(tokens.size()),
                   .sampling = sampling,
                   .cache_namespace = 0,
                   .sibling = std::nullopt,
                   .is_twin = false,
                   .reservation = std::nullopt}};
  return batch;
}

StepBatch release() {
  StepBatch batch;
  batch.released = {SequenceId{1}};
  batch.cu_blocks = {0};
  return batch;
}

/// A prompt whose first answer forces three tokens.
std::vector<TokenId> prompt_for(DeviceExecutor& executor) {
  for (TokenId salt = 0; salt < 100; ++salt) {
    const std::vector<TokenId> tokens{5, 6 + salt, 7};
    const auto answer = executor.execute(first_step(tokens));
    REQUIRE(answer.has_value());
    REQUIRE(executor.execute(release()).has_value());
    if (answer->sampled.at(0).token % 3 == 0) return tokens;
  }
  FAIL("no answer forces anything");
  return {};
}

SampledToken collect(DeviceExecutor& executor, const Result<LaunchedStep>& launched) {
  REQUIRE(launched.has_value());
  executor.wait(*launched);
  const auto result = executor.collect(*launched);
  REQUIRE(result.has_value());
  CHECK(result->failed.empty());
  return result->sampled.at(0);
}

}  // namespace

TEST_CASE("a step launched before the token was collected is given the token that was forced") {
  auto executor = make_late_executor();
  const auto tokens = prompt_for(*executor);
  const auto first = executor->launch(first_step(tokens));
  const auto second = executor->launch(step(3, 1));
  const SampledToken sampled = collect(*executor, first);
  CHECK(sampled.forced == forced_behind(sampled.token));
  const auto third = executor->launch(step(4, 3));
  const SampledToken known = collect(*executor, second);
  CHECK(known.token == sampled.forced.at(0));
  CHECK(known.forced.empty());
  const SampledToken next = collect(*executor, third);
  auto all = tokens;
  all.push_back(sampled.token);
  all.insert(all.end(), sampled.forced.begin(), sampled.forced.end());
  REQUIRE(executor->execute(release()).has_value());
  CHECK(collect(*executor, executor->launch(first_step(all))).token == next.token);
}

TEST_CASE("what is forced does not depend on whether the sequence leaves meanwhile") {
  auto executor = make_late_executor();
  const auto tokens = prompt_for(*executor);
  const auto first = executor->launch(first_step(tokens));
  const auto leaves = executor->launch(release());
  const SampledToken sampled = collect(*executor, first);
  CHECK(sampled.forced == forced_behind(sampled.token));
  CHECK(sampled.forced.size() == 3);
  REQUIRE(leaves.has_value());
  CHECK(executor->collect(*leaves)->sampled.empty());
}
