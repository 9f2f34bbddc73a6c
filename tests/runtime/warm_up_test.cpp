#include "src/runtime/warm_up.hpp"

#include <algorithm>

#include "src/runtime/load_executor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// Passes steps on, and keeps what they were.
class WatchedExecutor final : public ModelExecutor {
 public:
  explicit WatchedExecutor(ModelExecutor& executor) : executor_(executor) {}
  const ModelInfo& info() const override { return executor_.info(); }
  bool is_asynchronous() const override { return executor_.is_asynchronous(); }
  Result<LaunchedStep> launch(const StepBatch& batch) override {
    batches.push_back(batch);
    return executor_.launch(batch);
  }
  bool has_ended(const LaunchedStep& step) override { return executor_.has_ended(step); }
  void wait(const LaunchedStep& step) override { executor_.wait(step); }
  Result<StepResult> collect(const LaunchedStep& step) override { return executor_.collect(step); }

  std::vector<StepBatch> batches;

 private:
  ModelExecutor& executor_;
};

std::unique_ptr<DeviceExecutor> tiny_executor(const TempFolder& folder, std::int64_t max_num_seqs) {
  folder.write("config.json", tiny_llama_config());
  folder.write("model.safetensors", safetensors_file(tiny_llama_tensors()));
  ExecutorOptions options;
  options.path = folder.path();
  options.num_blocks = 8;
  options.block_size = 4;
  options.max_num_batched_tokens = 512;
  options.max_num_seqs = max_num_seqs;
  options.cpu.threads = 1;
  return load_device_executor(options).value();
}

}  // namespace

TEST_CASE("a executor that was warmed up says what a cold one says, and knows no sequence") {
  const TempFolder folder;
  const auto cold = tiny_executor(folder, 4);
  const auto warm = tiny_executor(folder, 4);
  REQUIRE(warm_up(*warm, 4).has_value());
  StepBatch unknown;
  unknown.scheduled.push_back({SequenceId{0}, 0, 1, true, -1});
  unknown.cu_blocks = {0, 1};
  unknown.block_tables = {BlockId{0}};
  CHECK_FALSE(warm->execute(unknown).has_value());
  const std::vector<std::vector<TokenId>> prompts{{1, 3, 5}, {4, 4}};
  const auto expected = generate(*cold, prompts, greedy(), 8);
  const auto actual = generate(*warm, prompts, greedy(), 8);
  for (std::size_t i = 0; i < prompts.size(); ++i) CHECK(actual[i].tokens == expected[i].tokens);
}

TEST_CASE("warming up goes as far as the limits, whichever is the least") {
  const TempFolder folder;
  const auto executor = tiny_executor(folder, 64);
  WatchedExecutor watched(*executor);
  REQUIRE(warm_up(watched, 64).has_value());
  std::size_t most = 0;
  for (const auto& batch : watched.batches) most = std::max(most, batch.scheduled.size());
  CHECK(most == 8);  // There are eight blocks.
  CHECK(watched.batches.back().released.size() == watched.batches.end()[-2].starts.size());
}

TEST_CASE("prompts are tried up to what positions, a step and the cache take") {
  std::string config = tiny_llama_config();
  config.replace(config.find("32"), 2, "600");
  const TempFolder folder;
  folder.write("config.json", config);
  ExecutorOptions options;
  options.path = folder.path();
  options.load_format = LoadFormat::kDummy;
  options.cpu.threads = 1;
  const auto longest = [&](std::int64_t step_tokens, std::int64_t num_blocks) {
    options.max_num_batched_tokens = step_tokens;
    options.num_blocks = num_blocks;
    const auto executor = load_device_executor(options).value();
    WatchedExecutor watched(*executor);
    CHECK(warm_up(watched, 1).has_value());
    std::int32_t most = 0;
    for (const auto& batch : watched.batches)
      for (const auto& each : batch.scheduled) most = std::max(most, each.num_tokens);
    return most;
  };
  CHECK(longest(1024, 64) == 512);
  CHECK(longest(400, 64) == 384);
  CHECK(longest(1024, 16) == 256);
  CHECK(longest(1024, 2) == 1);
}
