#include "src/library/executor_options.hpp"

#include <algorithm>

#include "src/core/bytes.hpp"
#include "src/library/engine_settings.hpp"

namespace octavo {
namespace {

Error invalid(const std::string& flag, const std::string& why) {
  return Error{Errc::kInvalidValue, "--" + flag + ": " + why, flag};
}

Result<std::optional<kernels::DType>> dtype_of(const std::string& flag, const std::string& name) {
  if (name == "auto") return std::optional<kernels::DType>{};
  for (auto dtype : {kernels::DType::kF32, kernels::DType::kF16, kernels::DType::kBF16}) {
    if (name == kernels::name_of(dtype)) return std::optional(dtype);
  }
  return invalid(flag, "`" + name + "` is not one of auto, float32, float16, bfloat16");
}

Result<std::optional<kernels::DType>> kv_dtype_of(const std::string& name) {
  if (name == "fp8" || name == "fp8_e4m3") return std::optional(kernels::DType::kF8);
  auto dtype = dtype_of("kv-cache-dtype", name);
  if (!dtype) return Error{dtype.error().code, dtype.error().detail + ", fp8", dtype.error().param};
  return dtype;
}

Result<Device> device_of(const std::string& name) {
  Device device;
  if (name == "cpu") return device;
  device.kind = Device::Kind::kAuto;
  if (name == "auto") return device;
  device.kind = Device::Kind::kCuda;
  if (name == "cuda") return device;
  const std::string prefix = "cuda:";
  const std::string digits = name.substr(std::min(name.size(), prefix.size()));
  if (name.rfind(prefix, 0) != 0 || digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    return invalid("device", "`" + name + "` is not one of auto, cpu, cuda, cuda:N");
  }
  device.ordinal = std::stoi(digits);
  return device;
}

}  // namespace

Result<ExecutorOptions> executor_options(const ModelOptions& options) {
  ExecutorOptions executor;
  executor.path = options.model;
  auto dtype = dtype_of("dtype", options.dtype);
  if (!dtype) return dtype.error();
  executor.dtype = *dtype;
  auto kv_dtype = kv_dtype_of(options.kv_cache_dtype);
  if (!kv_dtype) return kv_dtype.error();
  executor.kv_dtype = *kv_dtype;
  executor.quantizes_weights = options.quantization == "fp8";
  if (!executor.quantizes_weights && options.quantization != "none")
    return invalid("quantization", "`" + options.quantization + "` is not one of none, fp8");
  if (options.load_format == "dummy")
    executor.load_format = LoadFormat::kDummy;
  else if (options.load_format != "auto" && options.load_format != "safetensors") {
    return invalid("load-format",
                   "`" + options.load_format + "` is not one of auto, safetensors, dummy");
  }
  executor.dummy_seed = options.seed.value_or(0);
  executor.block_size = options.block_size;
  executor.num_blocks = options.num_gpu_blocks_override;
  const auto device = device_of(options.device);
  if (!device) return device.error();
  executor.device = *device;
  executor.tensor_parallel_size = options.tensor_parallel_size;
  executor.gpu_memory_utilization = options.gpu_memory_utilization;
  if (!options.kv_cache_memory.empty()) {
    auto bytes = parse_bytes(options.kv_cache_memory);
    if (!bytes) return invalid("kv-cache-memory", bytes.error().detail);
    executor.kv_cache_bytes = *bytes;
  }
  executor.swap_bytes =
      static_cast<std::size_t>(options.swap_space * static_cast<double>(std::size_t{1} << 30));
  executor.max_num_batched_tokens = options.max_num_batched_tokens;
  executor.max_num_seqs = options.max_num_seqs;
  executor.cpu.threads = options.threads;
  executor.cpu.instruction_set = options.instruction_set;
  return executor;
}

Result<SchedulerConfig> scheduler_config(const ModelOptions& options, const ModelInfo& info) {
  SchedulerConfig config;
  config.num_blocks = static_cast<std::int32_t>(info.num_blocks);
  config.block_size = static_cast<std::int32_t>(info.block_size);
  config.max_num_batched_tokens = static_cast<std::int32_t>(info.max_num_batched_tokens);
  const std::int64_t slots = info.num_blocks * info.block_size;
  const std::int64_t longest = std::min(info.max_position_embeddings, slots);
  if (options.max_model_len > info.max_position_embeddings) {
    return invalid("max-model-len",
                   "the model's positions end at " + std::to_string(info.max_position_embeddings));
  }
  if (options.max_model_len > slots) {
    return invalid("max-model-len", "the cache holds " + std::to_string(slots) +
                                        " tokens: raise --kv-cache-memory or lower it");
  }
  config.max_model_len =
      options.max_model_len > 0 ? options.max_model_len : static_cast<std::int32_t>(longest);
  config.eos_token_ids = info.defaults.eos_token_ids;
  config.num_host_blocks = static_cast<std::int32_t>(info.num_host_blocks);
  auto allocator = kv_allocator_named(options.kv_allocator);
  if (!allocator) return allocator.error();
  config.kv_allocator = *allocator;
  if (auto set = set_engine(config, options); !set) return set.error();
  return config;
}

}  // namespace octavo
