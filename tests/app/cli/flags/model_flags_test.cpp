#include "src/app/cli/flags/model_flags.hpp"

#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;
using octavo::testing::NumberCase;

namespace {

std::string parse(ModelOptions& options, std::vector<std::string> words) {
  CLI::App app;
  add_model(app, options);
  return fault_of(app, std::move(words));
}

std::string parse(std::vector<std::string> words) {
  ModelOptions options;
  return parse(options, std::move(words));
}

}  // namespace

TEST_CASE("the model is the word without a flag, or that of --model") {
  ModelOptions options;
  CHECK(parse(options, {}) == "");
  CHECK(options.model.empty());
  CHECK(parse(options, {"folder"}) == "");
  CHECK(options.model == "folder");
  CHECK(parse(options, {"--model", "other"}) == "");
  CHECK(options.model == "other");
  CHECK(parse({"one", "two"}) != "");
}

TEST_CASE("every flag of a model lands in its option") {
  ModelOptions options;
  CHECK(parse(options, {"--device",
                        "cuda:3",
                        "--tensor-parallel-size",
                        "2",
                        "--dtype",
                        "float16",
                        "--kv-cache-dtype",
                        "fp8",
                        "--quantization",
                        "fp8",
                        "--load-format",
                        "dummy",
                        "--max-model-len",
                        "99",
                        "--block-size",
                        "32",
                        "--kv-cache-memory",
                        "5MiB",
                        "--num-gpu-blocks-override",
                        "12",
                        "--gpu-memory-utilization",
                        "0.5",
                        "--swap-space",
                        "0",
                        "--kv-allocator",
                        "orca-max",
                        "--threads",
                        "3",
                        "--cpu-instruction-set",
                        "reference",
                        "--seed",
                        "18446744073709551615"}) == "");
  CHECK(options.device == "cuda:3");
  CHECK(options.tensor_parallel_size == 2);
  CHECK(options.dtype == "float16");
  CHECK(options.kv_cache_dtype == "fp8");
  CHECK(options.quantization == "fp8");
  CHECK(options.load_format == "dummy");
  CHECK(options.max_model_len == 99);
  CHECK(options.block_size == 32);
  CHECK(options.kv_cache_memory == "5MiB");
  CHECK(options.num_gpu_blocks_override == 12);
  CHECK(options.gpu_memory_utilization == 0.5);
  CHECK(options.swap_space == 0);
  CHECK(options.kv_allocator == "orca-max");
  CHECK(options.threads == 3);
  CHECK(options.instruction_set == "reference");
  CHECK(options.seed == 18446744073709551615ULL);
}

TEST_CASE("numbers of a model have bounds") {
  const std::vector<NumberCase> cases{
      {"--tensor-parallel-size", {"1", "64"}, {"0", "65", "-1", "x"}},
      {"--max-model-len", {"1", "2147483647"}, {"0", "-1", "2147483648", "1.5"}},
      {"--block-size", {"1", "1024"}, {"0", "1025", "-16", "16k"}},
      {"--num-gpu-blocks-override", {"1", "2147483647"}, {"0", "-1", "2147483648"}},
      {"--gpu-memory-utilization", {"0.01", "1", "0.5"}, {"0", "1.01", "-0.5", "half"}},
      {"--swap-space", {"0", "0.5", "100"}, {"-0.1", "-1", "much"}},
      {"--threads", {"1", "1024"}, {"0", "1025", "-1"}},
      {"--kv-cache-memory", {"0", "4GiB", "512MB"}, {"4 GiB", "-1", "four", ""}},
      {"--seed", {"0", "18446744073709551615"}, {"x", "0.5", ""}}};
  for (const NumberCase& each : cases) {
    for (const std::string& value : each.good) {
      CAPTURE(each.flag, value);
      CHECK(parse({each.flag, value}) == "");
    }
    for (const std::string& value : each.bad) {
      CAPTURE(each.flag, value);
      CHECK(parse({each.flag + "=" + value}).find(each.flag) != std::string::npos);
    }
  }
}

TEST_CASE("names of a model are among those that there are") {
  for (const char* name : {"none", "fp8"}) CHECK(parse({"--quantization", name}) == "");
  for (const char* name : {"paged", "orca-max", "orca-pow2", "orca-oracle"})
    CHECK(parse({"--kv-allocator", name}) == "");
  for (const char* name : {"", "int4", "FP8"}) CHECK(parse({"--quantization", name}) != "");
  for (const char* name : {"", "orca", "buddy"}) CHECK(parse({"--kv-allocator", name}) != "");
}

TEST_CASE("a flag without its value and one that there is not are named") {
  CHECK(parse({"--block-size"}).find("--block-size") != std::string::npos);
  CHECK(parse({"--blocksize", "16"}).find("--blocksize") != std::string::npos);
}

TEST_CASE("a size is checked where it is written") {
  CHECK(check_bytes("4GiB").empty());
  CHECK(check_bytes("4 apples") ==
        "`4 apples` is not a size: write for instance 4GiB, 512MB or 65536");
}
