#include "src/library/executor_options.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;

namespace {

using kernels::DType;

/// A folder that holds the tiny model's config, and options that name it.
struct ModelFolder : testing::TempFolder {
  ModelOptions options;
  ModelFolder() {
    write("config.json", testing::tiny_llama_config());
    options.model = path();
    options.device = "cpu";
  }
};

ModelInfo info_of(std::int64_t num_blocks) {
  ModelInfo info;
  info.num_blocks = num_blocks;
  info.block_size = 4;
  info.num_host_blocks = 3;
  info.max_position_embeddings = 100;
  info.max_num_batched_tokens = 77;
  info.defaults.eos_token_ids = {5, 6};
  return info;
}

}  // namespace

TEST_CASE("types of weights, keys and values are known by name") {
  ModelFolder folder;
  const std::vector<std::pair<const char*, std::optional<DType>>> names{{"auto", std::nullopt},
                                                                        {"float32", DType::kF32},
                                                                        {"float16", DType::kF16},
                                                                        {"bfloat16", DType::kBF16}};
  for (const auto& [name, dtype] : names) {
    CAPTURE(name);
    folder.options.dtype = folder.options.kv_cache_dtype = name;
    const auto executor = executor_options(folder.options);
    REQUIRE(executor.has_value());
    CHECK(executor->dtype == dtype);
    CHECK(executor->kv_dtype == dtype);
  }
  for (const char* name : {"fp8", "fp8_e4m3"}) {
    folder.options.kv_cache_dtype = name;
    CHECK(executor_options(folder.options)->kv_dtype == DType::kF8);
  }
}

TEST_CASE(
    "a type, format or device that there is not is refused by its flag with those there are") {
  struct Case {
    std::string ModelOptions::*option;
    std::string value;
    std::string flag;
    std::string known;
  };
  for (const Case& each :
       {Case{&ModelOptions::dtype, "fp8", "dtype", "auto, float32, float16, bfloat16"},
        Case{&ModelOptions::dtype, "", "dtype", "auto, float32, float16, bfloat16"},
        Case{&ModelOptions::kv_cache_dtype, "int8", "kv-cache-dtype",
             "auto, float32, float16, bfloat16, fp8"},
        Case{&ModelOptions::quantization, "int4", "quantization", "none, fp8"},
        Case{&ModelOptions::load_format, "pickle", "load-format", "auto, safetensors, dummy"},
        Case{&ModelOptions::device, "tpu", "device", "auto, cpu, cuda, cuda:N"},
        Case{&ModelOptions::device, "cuda:", "device", "auto, cpu, cuda, cuda:N"},
        Case{&ModelOptions::device, "cuda:x", "device", "auto, cpu, cuda, cuda:N"},
        Case{&ModelOptions::device, "cuda:-1", "device", "auto, cpu, cuda, cuda:N"},
        Case{&ModelOptions::device, "cuda:1000", "device", "auto, cpu, cuda, cuda:N"},
        Case{&ModelOptions::device, "CUDA", "device", "auto, cpu, cuda, cuda:N"}}) {
    CAPTURE(each.flag, each.value);
    ModelFolder folder;
    folder.options.*each.option = each.value;
    const auto executor = executor_options(folder.options);
    REQUIRE(executor.has_error());
    CHECK(executor.error().code == Errc::kInvalidValue);
    CHECK(executor.error().param == each.flag);
    CHECK(executor.error().detail ==
          "--" + each.flag + ": `" + each.value + "` is not one of " + each.known);
  }
}

TEST_CASE("a device is a GPU by its number, any GPU, the CPU, or whatever there is") {
  ModelFolder folder;
  const auto device = [&](const char* name) {
    folder.options.device = name;
    return executor_options(folder.options)->device;
  };
  CHECK(device("cpu").kind == Device::Kind::kCpu);
  CHECK(device("auto").kind == Device::Kind::kAuto);
  CHECK(device("cuda").kind == Device::Kind::kCuda);
  CHECK(device("cuda").ordinal == 0);
  CHECK(device("cuda:7").ordinal == 7);
  CHECK(device("cuda:999").ordinal == 999);
}

TEST_CASE("the other options reach the executor as they are, sizes as bytes") {
  ModelFolder folder;
  ModelOptions& options = folder.options;
  options.quantization = "fp8";
  options.load_format = "dummy";
  options.seed = 9;
  options.block_size = 32;
  options.num_gpu_blocks_override = 12;
  options.tensor_parallel_size = 2;
  options.gpu_memory_utilization = 0.5;
  options.kv_cache_memory = "3MiB";
  options.swap_space = 0.5;
  options.max_num_batched_tokens = 64;
  options.max_num_seqs = 5;
  options.threads = 3;
  options.instruction_set = "reference";
  const auto executor = executor_options(options);
  REQUIRE(executor.has_value());
  CHECK(executor->path == folder.path());
  CHECK(executor->quantizes_weights);
  CHECK(executor->load_format == LoadFormat::kDummy);
  CHECK(executor->dummy_seed == 9);
  CHECK(executor->block_size == 32);
  CHECK(executor->num_blocks == 12);
  CHECK(executor->tensor_parallel_size == 2);
  CHECK(executor->gpu_memory_utilization == 0.5);
  CHECK(executor->kv_cache_bytes == std::size_t{3} << 20);
  CHECK(executor->swap_bytes == std::size_t{1} << 29);
  CHECK(executor->max_num_batched_tokens == 64);
  CHECK(executor->max_num_seqs == 5);
  CHECK(executor->cpu.threads == 3);
  CHECK(executor->cpu.instruction_set == "reference");
  options.kv_cache_memory = "3 apples";
  CHECK(executor_options(options).error().param == "kv-cache-memory");
}

TEST_CASE("the context is the model's or what the cache holds, the lesser, or less if asked") {
  ModelOptions options;
  CHECK(scheduler_config(options, info_of(25))->max_model_len == 100);
  CHECK(scheduler_config(options, info_of(1000))->max_model_len == 100);
  CHECK(scheduler_config(options, info_of(24))->max_model_len == 96);
  options.max_model_len = 96;
  CHECK(scheduler_config(options, info_of(24))->max_model_len == 96);
  CHECK(scheduler_config(options, info_of(23)).error().detail ==
        "--max-model-len: the cache holds 92 tokens: raise --kv-cache-memory or lower it");
  options.max_model_len = 101;
  const auto refused = scheduler_config(options, info_of(1000));
  REQUIRE(refused.has_error());
  CHECK(refused.error().param == "max-model-len");
  CHECK(refused.error().detail == "--max-model-len: the model's positions end at 100");
}

TEST_CASE("the scheduler plans within what the model was loaded with") {
  ModelOptions options;
  options.kv_allocator = "orca-pow2";
  options.max_num_seqs = 5;
  const auto config = scheduler_config(options, info_of(25));
  REQUIRE(config.has_value());
  CHECK(config->num_blocks == 25);
  CHECK(config->num_host_blocks == 3);
  CHECK(config->block_size == 4);
  CHECK(config->max_num_batched_tokens == 77);
  CHECK(config->eos_token_ids == std::vector<TokenId>{5, 6});
  CHECK(config->kv_allocator == KvAllocator::kOrcaPow2);
  CHECK(config->max_num_seqs == 5);
  options.kv_allocator = "buddy";
  CHECK(scheduler_config(options, info_of(25)).error().code == Errc::kInvalidValue);
}
