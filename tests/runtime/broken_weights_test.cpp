// Weights that overflow or are damaged: who meets them is told so, and nobody else.
#include <cmath>
#include <cstring>
#include <limits>

#include "src/runtime/load_executor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/test_device.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The tiny llama with `value` in `count` floats of a tensor, from `first` on.
std::unique_ptr<DeviceExecutor> model_with(const std::string& name, std::size_t first,
                                           std::size_t count, float value) {
  std::vector<TestTensor> tensors = tiny_llama_tensors();
  for (TestTensor& tensor : tensors) {
    for (std::size_t i = first; tensor.name == name && i < first + count; ++i)
      std::memcpy(tensor.data.data() + i * sizeof(float), &value, sizeof(float));
  }
  const TempFolder folder;
  folder.write("config.json", tiny_llama_config());
  folder.write("model.safetensors", safetensors_file(tensors));
  ExecutorOptions options;
  options.path = folder.path();
  options.num_blocks = 8;
  options.max_num_batched_tokens = 32;
  options.max_num_seqs = 4;
  options.cpu.threads = 1;
  use_test_device(options);
  auto executor = load_device_executor(options);
  REQUIRE(executor.has_value());
  return std::move(*executor);
}

std::vector<SamplingParams> ways_to_sample() {
  SamplingParams with_logprobs = greedy();
  with_logprobs.num_logprobs = 2;
  SamplingParams filtered;
  filtered.top_k = 3;
  filtered.top_p = 0.9;
  SamplingParams beam;
  beam.beam_width = 2;
  return {greedy(), SamplingParams{}, filtered, with_logprobs, beam};
}

}  // namespace

TEST_CASE("a sequence whose logits are no numbers fails with words, however it is sampled") {
  const auto [name, count, value] =
      GENERATE(table<std::string, std::size_t, float>({{"lm_head.weight", 24, 3e38F},
                                                       {"lm_head.weight", 24, kNan},
                                                       {"lm_head.weight", 24, kInfinity},
                                                       {"model.norm.weight", 1, kNan}}));
  for (const SamplingParams& sampling : ways_to_sample()) {
    auto executor = model_with(name, 0, count, value);
    StepDriver driver(*executor);
    const SequenceId sequence = driver.add({3, 4}, sampling);
    const auto result = driver.step();
    REQUIRE(result.has_value());
    REQUIRE(result->failed.size() == 1);
    CHECK(result->failed[0].id == sequence);
    CHECK(result->failed[0].error.code == Errc::kEngineError);
    CHECK(result->failed[0].error.detail.find("finite") != std::string::npos);
  }
}

TEST_CASE("a damaged row of the embedding fails who has its token, and no other of the batch") {
  auto executor = model_with("model.embed_tokens.weight", 3 * 4, 4, kNan);
  StepDriver driver(*executor);
  driver.add({4, 5}, greedy());
  const SequenceId broken = driver.add({4, 3}, greedy());
  driver.add({1}, greedy());
  const auto result = driver.step();
  REQUIRE(result.has_value());
  REQUIRE(result->failed.size() == 1);
  CHECK(result->failed[0].id == broken);
}

TEST_CASE("a damaged row of the head is a token that is never chosen") {
  auto executor = model_with("lm_head.weight", 3 * 4, 4, kNan);
  for (const SamplingParams& sampling : ways_to_sample()) {
    StepDriver driver(*executor);
    driver.add({1, 4}, sampling);
    const auto result = driver.step();
    REQUIRE(result.has_value());
    CHECK(result->failed.empty());
    CHECK(result->sampled[0].token != 3);
    if (result->sampled[0].logprob) CHECK(std::isfinite(*result->sampled[0].logprob));
  }
}
