#include "src/runtime/load_executor.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

ExecutorOptions options_for(const TempFolder& folder) {
  ExecutorOptions options;
  options.path = folder.path();
  options.num_blocks = 4;
  options.max_num_batched_tokens = 32;
  options.max_num_seqs = 2;
  options.cpu.threads = 1;
  return options;
}

Error error_of(const ExecutorOptions& options) {
  const auto executor = load_device_executor(options);
  return executor ? Error{} : executor.error();
}

}  // namespace

TEST_CASE("the information tells what was loaded") {
  const TempFolder folder;
  folder.write("config.json", tiny_llama_config());
  folder.write("generation_config.json", R"({"eos_token_id": [4], "temperature": 0.5})");
  folder.write("model.safetensors", safetensors_file(tiny_llama_tensors()));
  auto options = options_for(folder);
  options.kv_dtype = kernels::DType::kBF16;
  options.swap_bytes = 1000;
  const auto executor = load_device_executor(options);
  REQUIRE(executor.has_value());
  const auto& info = (*executor)->info();
  CHECK(info.architecture == "LlamaForCausalLM");
  CHECK(info.vocab_size == 6);
  CHECK(info.max_position_embeddings == 32);
  CHECK(info.defaults.eos_token_ids == std::vector<TokenId>{2, 4});
  CHECK(info.defaults.temperature == 0.5F);
  CHECK(info.dtype == kernels::DType::kF32);
  CHECK(info.kv_dtype == kernels::DType::kBF16);
  CHECK(info.num_blocks == 4);
  CHECK(info.memory.kv_bytes_per_block == 16 * 2 * 2 * 2);
  CHECK(info.num_host_blocks == 1000 / 128);
  CHECK_FALSE(info.device.empty());
}

TEST_CASE("the pool takes the blocks that fit its bytes") {
  const TempFolder folder;
  folder.write("config.json", tiny_llama_config());
  auto options = options_for(folder);
  options.load_format = LoadFormat::kDummy;
  options.num_blocks = 0;
  options.kv_cache_bytes = 10 * 256 + 255;
  CHECK((*load_device_executor(options))->info().num_blocks == 10);
  options.kv_cache_bytes = 255;
  CHECK(error_of(options).param == "kv_cache_bytes");
}

TEST_CASE("dummy weights need a config alone, and a seed makes them again") {
  const TempFolder folder;
  folder.write("config.json", tiny_gpt2_config());
  auto options = options_for(folder);
  options.load_format = LoadFormat::kDummy;
  std::vector<std::vector<float>> logits;
  options.on_logits = [&](std::span<const float> rows) {
    logits.emplace_back(rows.begin(), rows.end());
  };
  for (const std::uint64_t seed : {1, 1, 2}) {
    options.dummy_seed = seed;
    auto executor = load_device_executor(options);
    REQUIRE(executor.has_value());
    CHECK((*executor)->info().dtype == kernels::DType::kF32);
    generate(**executor, {{1, 2, 3}}, greedy(), 1);
  }
  REQUIRE(logits.size() == 3);
  CHECK(logits[0] == logits[1]);
  CHECK(logits[0] != logits[2]);
}

TEST_CASE("a model that the machine cannot hold is refused before memory is taken") {
  const TempFolder folder;
  folder.write("config.json", R"({"architectures": ["LlamaForCausalLM"], "vocab_size": 16777216,
      "hidden_size": 1048576, "intermediate_size": 1048576, "num_hidden_layers": 1024,
      "num_attention_heads": 4096, "max_position_embeddings": 16777216, "head_dim": 1024})");
  auto options = options_for(folder);
  options.load_format = LoadFormat::kDummy;
  options.num_blocks = 1 << 30;
  options.block_size = 4096;
  const auto error = error_of(options);
  CHECK(error.code == Errc::kOutOfMemory);
  CHECK(error.detail.find("the machine has") != std::string::npos);
}

TEST_CASE("options out of range are refused by name") {
  const TempFolder folder;
  folder.write("config.json", tiny_llama_config());
  const auto param = [&](const std::function<void(ExecutorOptions&)>& change) {
    auto options = options_for(folder);
    change(options);
    return error_of(options).param;
  };
  CHECK(param([](auto& o) { o.block_size = 0; }) == "block_size");
  CHECK(param([](auto& o) { o.num_blocks = -1; }) == "num_blocks");
  CHECK(param([](auto& o) { o.max_num_batched_tokens = -1; }) == "max_num_batched_tokens");
  CHECK(param([](auto& o) { o.max_num_seqs = 0; }) == "max_num_seqs");
}

TEST_CASE("an instruction set that the machine does not have is refused with those it has") {
  const TempFolder folder;
  folder.write("config.json", tiny_llama_config());
  auto options = options_for(folder);
  options.load_format = LoadFormat::kDummy;
  options.cpu.instruction_set = "abacus";
  const auto error = error_of(options);
  CHECK(error.code == Errc::kInvalidValue);
  CHECK(error.param == "cpu_instruction_set");
  CHECK(error.detail.find("`abacus`") != std::string::npos);
  CHECK(error.detail.find("reference") != std::string::npos);
}

TEST_CASE("a folder without a model says what is missing") {
  const TempFolder folder;
  CHECK(error_of(options_for(folder)).detail.find("config.json: cannot open") != std::string::npos);
  folder.write("config.json", "[]");
  CHECK(error_of(options_for(folder)).detail == "config.json: is not a JSON object");
  folder.write("config.json", tiny_llama_config());
  CHECK(error_of(options_for(folder)).detail.find("model.safetensors: cannot open") !=
        std::string::npos);
}
