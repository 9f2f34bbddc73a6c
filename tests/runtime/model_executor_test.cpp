#include "src/runtime/model_executor.hpp"

#include "src/runtime/load_executor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

ExecutorOptions options_for(const TempFolder& folder) {
  folder.write("config.json", tiny_gpt2_config());
  ExecutorOptions options;
  options.path = folder.path();
  options.load_format = LoadFormat::kDummy;
  options.cpu.threads = 1;
  options.kv_cache_bytes = 65536;
  return options;
}

std::unique_ptr<ModelExecutor> load(const ExecutorOptions& options) {
  auto executor = load_executor(options);
  if (!executor) FAIL(executor.error().detail);
  return std::move(*executor);
}

}  // namespace

TEST_CASE("options that say nothing mean one CPU, stored types and no host pool") {
  const ExecutorOptions options;
  CHECK(options.device.kind == Device::Kind::kCpu);
  CHECK(options.tensor_parallel_size == 1);
  CHECK_FALSE(options.dtype.has_value());
  CHECK_FALSE(options.kv_dtype.has_value());
  CHECK_FALSE(options.kv_cache_bytes.has_value());
  CHECK(options.swap_bytes == 0);
  CHECK_FALSE(options.quantizes_weights);
  CHECK(options.load_format == LoadFormat::kSafetensors);
}

TEST_CASE("a model on a CPU runs its steps when they are launched") {
  const TempFolder folder;
  const auto executor = load(options_for(folder));
  CHECK_FALSE(executor->is_asynchronous());
  CHECK(executor->fault().empty());
  StepBatch nothing;
  nothing.cu_blocks = {0};
  const auto launched = executor->launch(nothing);
  REQUIRE(launched.has_value());
  CHECK(executor->has_ended(*launched));
  const auto result = executor->collect(*launched);
  REQUIRE(result.has_value());
  CHECK(result->sampled.empty());
}

TEST_CASE("what is left open in the options is decided in the information") {
  const TempFolder folder;
  const auto executor = load(options_for(folder));
  const ModelInfo& info = executor->info();
  CHECK(info.architecture == "GPT2LMHeadModel");
  CHECK(info.max_num_batched_tokens == 512);
  CHECK(info.block_size == 16);
  CHECK(info.kv_dtype == info.dtype);
  // Two of one layer's 4 numbers a token, in float32.
  CHECK(info.memory.kv_bytes_per_block == 16 * 2 * 4 * 4);
  CHECK(info.num_blocks == 65536 / (16 * 2 * 4 * 4));
  CHECK(info.num_host_blocks == 0);
  CHECK(info.load_time.count() >= 0);
}

TEST_CASE("the raw logits of the rows that sample are shown, and of no others") {
  const TempFolder folder;
  auto options = options_for(folder);
  std::vector<std::size_t> sizes;
  options.on_logits = [&](std::span<const float> logits) { sizes.push_back(logits.size()); };
  const auto executor = load(options);
  generate(*executor, {{1, 2, 3, 4, 5}}, greedy(), 2, 2);  // Chunks of 2, 2 and 1 tokens.
  CHECK(sizes == std::vector<std::size_t>{6, 6});
  sizes.clear();
  generate(*executor, {{1}, {2}, {3}}, greedy(), 1);
  CHECK(sizes == std::vector<std::size_t>{18});
}

TEST_CASE("progress is told while weights are made, up to the whole") {
  const TempFolder folder;
  auto options = options_for(folder);
  std::size_t last = 0;
  std::size_t all = 1;
  options.progress = [&](std::size_t done, std::size_t total) {
    CHECK(done >= last);
    last = done;
    all = total;
  };
  load(options);
  CHECK(last == all);
}

TEST_CASE("a model is shared by GPUs alone, and by as many as divide it") {
  const TempFolder folder;
  auto options = options_for(folder);
  options.tensor_parallel_size = 2;
  const auto error_of = [&options] {
    const auto refused = load_executor(options);
    REQUIRE(refused.has_error());
    CHECK(refused.error().param == "tensor_parallel_size");
    return refused.error().detail;
  };
  CHECK(error_of() == "3 columns of the feed-forward do not divide among 2 devices");
  std::string even = tiny_gpt2_config();
  even.replace(even.find("\"n_inner\": 3"), 12, "\"n_inner\": 4");
  folder.write("config.json", even);
  CHECK(error_of().find("only GPUs can share a model") == 0);
}
