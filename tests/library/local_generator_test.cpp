#include "src/library/local_generator.hpp"

#include <stdexcept>

#include "tests/library/tiny_options.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

LocalModel tiny_model(const TempFolder& folder) {
  const ModelOptions options = tiny_options(folder);
  auto executor = load_warm_executor(executor_options(options).value());
  return complete_model(std::move(executor).value(), options, {}).value();
}

LocalModel demo() {
  const ModelOptions options = demo_options();
  auto executor = load_warm_executor(executor_options(options).value());
  return complete_model(std::move(executor).value(), options, {}).value();
}

SamplingParams greedy(std::int32_t max_tokens) {
  SamplingParams sampling;
  sampling.temperature = 0;
  sampling.max_tokens = max_tokens;
  sampling.ignore_eos = true;
  return sampling;
}

std::vector<std::pair<RequestId, Generation>> run(LocalGenerator& generator) {
  while (generator.step()) {
  }
  return generator.take_ended();
}

/// A device that is gone when the first step comes. What computes nothing still succeeds.
class LostDevice final : public ModelExecutor {
 public:
  const ModelInfo& info() const override { return info_; }
  bool is_asynchronous() const override { return false; }
  Result<LaunchedStep> launch(const StepBatch& batch) override {
    if (!batch.scheduled.empty()) return Error{Errc::kEngineError, "the device is gone", ""};
    id_ = batch.id;
    return LaunchedStep{};
  }
  bool has_ended(const LaunchedStep&) override { return true; }
  using ModelExecutor::wait;
  void wait(const LaunchedStep&) override {}
  Result<StepResult> collect(const LaunchedStep&) override {
    StepResult result;
    result.id = id_;
    return result;
  }

 private:
  ModelInfo info_;
  StepId id_;
};

}  // namespace

TEST_CASE("requests side by side end each with its own tokens, the same as alone") {
  const TempFolder folder;
  const LocalModel model = tiny_model(folder);
  LocalGenerator generator(model);
  const std::vector<std::vector<TokenId>> prompts{{1, 2, 3}, {4, 5}, {3, 3, 3, 1}};
  std::vector<std::vector<TokenId>> alone;
  for (const auto& prompt : prompts) {
    REQUIRE(generator.submit(prompt, greedy(6)).has_value());
    alone.push_back(run(generator)[0].second.choices[0].completion.tokens());
  }
  CHECK(generator.is_idle());
  for (const auto& prompt : prompts) REQUIRE(generator.submit(prompt, greedy(6)).has_value());
  CHECK(generator.status().num_waiting == 3);
  CHECK(generator.step());
  CHECK(generator.status().num_running == 3);
  auto ended = run(generator);
  REQUIRE(ended.size() == 3);
  for (auto& [request, generation] : ended) {
    const auto index = static_cast<std::size_t>(request.value - ended.size() - 1);
    CHECK(generation.choices[0].completion.tokens() == alone[index]);
    CHECK(generation.reason == FinishReason::kLength);
    CHECK(generation.usage.num_prompt_tokens == std::int64_t(prompts[index].size()));
    CHECK(generation.usage.num_completion_tokens == 6);
  }
}

TEST_CASE("a request that can never fit is refused before it is queued") {
  const TempFolder folder;
  const LocalModel model = tiny_model(folder);
  LocalGenerator generator(model);
  const auto refused = generator.submit(std::vector<TokenId>(1000, 1), greedy(1));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kContextLengthExceeded);
  CHECK(generator.is_idle());
  CHECK_FALSE(generator.step());
  CHECK(generator.submit({1}, greedy(1)).value() == RequestId{1});
}

TEST_CASE("a listener hears the whole text in pieces, and may end it") {
  const LocalModel model = demo();
  LocalGenerator generator(model);
  const auto prompt = model.served.tokenizer->encode("Once upon a time", true).value();
  std::string heard;
  int num_pieces = 0;
  const auto hear = [&](std::int32_t choice, std::string_view text) {
    CHECK(choice == 0);
    heard += text;
    return ++num_pieces < 3;
  };
  REQUIRE(generator.submit(prompt, greedy(20), hear).has_value());
  const auto ended = run(generator);
  REQUIRE(ended.size() == 1);
  CHECK(num_pieces == 3);
  CHECK(ended[0].second.reason == FinishReason::kCancelled);
  CHECK(ended[0].second.choices[0].completion.text().starts_with(heard));
  CHECK(ended[0].second.usage.num_completion_tokens < 20);
}

TEST_CASE("a listener's exception leaves by the step, ends its request and no other") {
  const LocalModel model = demo();
  LocalGenerator generator(model);
  const auto prompt = model.served.tokenizer->encode("Once upon a time", true).value();
  const auto fall = [](std::int32_t, std::string_view) -> bool {
    throw std::runtime_error("the disk is full");
  };
  const auto thrower = generator.submit(prompt, greedy(20), fall);
  const auto other = generator.submit(prompt, greedy(20));
  REQUIRE(other.has_value());
  CHECK_THROWS_WITH(run(generator), "the disk is full");
  const auto ended = run(generator);
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].first == *thrower);
  CHECK(ended[0].second.reason == FinishReason::kCancelled);
  CHECK(ended[1].second.reason == FinishReason::kLength);
  CHECK(ended[1].second.usage.num_completion_tokens == 20);
}

TEST_CASE("a stop string ends its choice where the text says so") {
  const LocalModel model = demo();
  LocalGenerator generator(model);
  SamplingParams sampling = greedy(60);
  sampling.stop = {"."};
  const auto prompt = model.served.tokenizer->encode("Once upon a time", true).value();
  REQUIRE(generator.submit(prompt, sampling).has_value());
  const auto ended = run(generator);
  const CompletionChoice& choice = ended[0].second.choices[0].completion;
  CHECK(choice.finished() == FinishReason::kStop);
  CHECK(choice.text().find('.') == std::string::npos);
  CHECK(ended[0].second.usage.num_completion_tokens == choice.num_tokens());
}

TEST_CASE("a device that fails ends what ran on it with its error, and the rest of time is quiet") {
  LocalModel model;
  model.executor = std::make_unique<LostDevice>();
  model.config.num_blocks = 8;
  model.config.block_size = 4;
  model.config.max_model_len = 32;
  LocalGenerator generator(model);
  REQUIRE(generator.submit({1, 2}, greedy(4)).has_value());
  const auto ended = run(generator);
  REQUIRE(ended.size() == 1);
  REQUIRE(ended[0].second.error.has_value());
  CHECK(ended[0].second.error->code == Errc::kEngineError);
  CHECK(ended[0].second.reason == FinishReason::kError);
}

TEST_CASE("whoever leaves with requests under way leaves nothing behind") {
  const TempFolder folder;
  const LocalModel model = tiny_model(folder);
  bool was_told = false;
  {
    LocalGenerator generator(model);
    const auto tell = [&](std::int32_t, std::string_view) { return was_told = true; };
    REQUIRE(generator.submit({1, 2}, greedy(8), tell).has_value());
    REQUIRE(generator.step());
  }
  CHECK_FALSE(was_told);
  LocalGenerator next(model);
  REQUIRE(next.submit({1, 2}, greedy(8)).has_value());
  CHECK(run(next)[0].second.usage.num_completion_tokens == 8);
}
