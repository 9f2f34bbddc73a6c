// Devices that all hold the whole model stand for shards here: what each of them does is another
// test's matter, that they act as one is this one's.
#include "src/runtime/parallel_executor.hpp"

#include "src/runtime/load_executor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

ExecutorOptions options_for(const TempFolder& folder) {
  folder.write("config.json", tiny_llama_config());
  ExecutorOptions options;
  options.path = folder.path();
  options.load_format = LoadFormat::kDummy;
  options.dummy_seed = 3;
  options.block_size = 4;
  options.num_blocks = 8;
  options.swap_bytes = 4096;
  options.max_num_batched_tokens = 32;
  options.max_num_seqs = 4;
  options.cpu.threads = 1;
  options.cpu.instruction_set = "reference";
  return options;
}

std::unique_ptr<ParallelExecutor> parallel(const ExecutorOptions& options, std::size_t size) {
  std::vector<std::unique_ptr<TaskThread>> threads;
  std::vector<std::unique_ptr<DeviceExecutor>> shards;
  for (std::size_t rank = 0; rank < size; ++rank) {
    threads.push_back(std::make_unique<TaskThread>());
    threads.back()
        ->run([&] {
          auto loaded = load_device_executor(options);
          if (loaded) shards.push_back(std::move(*loaded));
        })
        .get();
  }
  REQUIRE(shards.size() == size);
  return std::make_unique<ParallelExecutor>(std::move(threads), std::move(shards));
}

StepBatch transfers(std::uint64_t step, std::vector<Transfer> demotions) {
  StepBatch batch;
  batch.id = StepId{step};
  batch.cu_blocks = {0};
  batch.demotions = std::move(demotions);
  return batch;
}

Transfer demotion(std::uint64_t step, std::uint64_t request, std::vector<BlockCopy> copies) {
  return {{StepId{step}, RequestId{request}, TransferDirection::kDemote}, std::move(copies)};
}

/// A first step of one sequence of three tokens.
StepBatch first_step(std::uint64_t id) {
  StepBatch batch;
  batch.id = StepId{1};
  batch.starts.resize(1);
  batch.starts[0].id = SequenceId{id};
  batch.starts[0].request = RequestId{1};
  batch.starts[0].tokens = {1, 3, 5};
  batch.starts[0].num_prompt_tokens = 3;
  batch.starts[0].sampling = greedy();
  batch.scheduled = {{SequenceId{id}, 0, 3, true}};
  batch.block_tables = {BlockId{2}};
  batch.cu_blocks = {0, 1};
  return batch;
}

}  // namespace

TEST_CASE("where one shard was not made, the others go on the threads that made them") {
  const TempFolder folder;
  std::thread::id made_on, gone_on;
  std::vector<std::unique_ptr<TaskThread>> threads;
  std::vector<Result<std::unique_ptr<DeviceExecutor>>> made;
  for (int rank = 0; rank < 2; ++rank) {
    threads.push_back(std::make_unique<TaskThread>());
    made.emplace_back(Error{Errc::kOutOfMemory, "no room", ""});
  }
  threads[0]
      ->run([&] {
        made_on = std::this_thread::get_id();
        ExecutorOptions options = options_for(folder);
        // Goes with the executor.
        const std::shared_ptr<void> mark(nullptr,
                                         [&](void*) { gone_on = std::this_thread::get_id(); });
        options.on_logits = [mark](std::span<const float>) {};
        made[0] = load_device_executor(options);
      })
      .get();
  REQUIRE(made[0].has_value());
  REQUIRE(gone_on == std::thread::id{});
  const auto joined = ParallelExecutor::join(std::move(threads), std::move(made));
  REQUIRE(joined.has_error());
  CHECK(joined.error().detail == "no room");
  CHECK(gone_on == made_on);
}

TEST_CASE("several devices answer what one does") {
  const TempFolder folder;
  const auto options = options_for(folder);
  auto one = load_device_executor(options);
  REQUIRE(one.has_value());
  const std::vector<std::vector<TokenId>> prompts{{1, 3, 5}, {4, 4}};
  auto sampling = greedy();
  sampling.num_logprobs = 2;
  const auto expected = generate(**one, prompts, sampling, 6);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}}) {
    CAPTURE(size);
    const auto executor = parallel(options, size);
    const auto made = generate(*executor, prompts, sampling, 6);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      CHECK(made[i].tokens == expected[i].tokens);
      CHECK(made[i].sampled[0].top == expected[i].sampled[0].top);
    }
  }
}

TEST_CASE("the information is the first device's, with their number") {
  const TempFolder folder;
  const auto options = options_for(folder);
  const auto one = parallel(options, 1);
  const auto two = parallel(options, 2);
  CHECK(one->info().device.starts_with("1 x "));
  CHECK(two->info().device == "2 x " + one->info().device.substr(4));
  CHECK(two->info().num_blocks == 8);
  CHECK(two->info().vocab_size == 6);
}

TEST_CASE("a step is on its way until it is collected") {
  const TempFolder folder;
  const auto executor = parallel(options_for(folder), 2);
  CHECK(executor->is_asynchronous());
  const auto launched = executor->launch(first_step(7));
  REQUIRE(launched.has_value());
  CHECK_FALSE(executor->has_ended(*launched));
  executor->wait(*launched);
  const auto result = executor->collect(*launched);
  REQUIRE(result.has_value());
  CHECK(result->id == StepId{1});
  REQUIRE(result->sampled.size() == 1);
  CHECK(result->sampled[0].sequence == SequenceId{7});
  CHECK(executor->fault().empty());
}

TEST_CASE("a batch that contradicts itself is refused by all, and the next one is taken") {
  const TempFolder folder;
  const auto executor = parallel(options_for(folder), 2);
  StepBatch bad = first_step(7);
  bad.block_tables = {BlockId{8}};
  const auto refused = executor->launch(bad);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kEngineError);
  StepBatch good = first_step(8);
  good.released = {SequenceId{7}};
  CHECK(executor->execute(good).has_value());
}

TEST_CASE("a transfer has finished once, when it has on every device") {
  const TempFolder folder;
  const auto executor = parallel(options_for(folder), 3);
  const Transfer moved = demotion(1, 5, {{BlockId{0}, BlockId{1}}, {BlockId{2}, BlockId{0}}});
  const Transfer empty = demotion(1, 6, {});
  const auto result = executor->execute(transfers(1, {moved, empty}));
  REQUIRE(result.has_value());
  CHECK(result->transfers_finished == std::vector<TransferId>{moved.id, empty.id});
  CHECK(result->num_blocks_transferred == 2);
  CHECK_FALSE(executor->oldest_transfer().has_value());
  CHECK(executor->collect_transfers().empty());
  // The same request may move again in another step.
  const Transfer again = demotion(2, 5, {{BlockId{0}, BlockId{2}}});
  const auto next = executor->execute(transfers(2, {again}));
  REQUIRE(next.has_value());
  CHECK(next->transfers_finished == std::vector<TransferId>{again.id});
}

TEST_CASE("transfers that no result has told are collected on their own") {
  const TempFolder folder;
  const auto executor = parallel(options_for(folder), 2);
  const Transfer moved = demotion(1, 5, {{BlockId{0}, BlockId{1}}});
  const auto launched = executor->launch(transfers(1, {moved}));
  REQUIRE(launched.has_value());
  const auto oldest = executor->oldest_transfer();
  REQUIRE(oldest.has_value());
  executor->wait(*oldest);
  CHECK(executor->collect_transfers() == std::vector<TransferId>{moved.id});
  CHECK_FALSE(executor->oldest_transfer().has_value());
  const auto result = executor->collect(*launched);
  REQUIRE(result.has_value());
  CHECK(result->transfers_finished.empty());
}
