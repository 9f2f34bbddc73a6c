#include "src/runtime/load_executor.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <string>

#include "src/model/architectures.hpp"
#include "src/model/coverage.hpp"
#include "src/model/json_file.hpp"
#include "src/runtime/parallel_executor.hpp"
#include "src/runtime/run_plan.hpp"

namespace octavo {
namespace {

constexpr std::int64_t kMaxBlockSize = 4096;
constexpr std::int64_t kMaxBlocks = 1 << 30;
constexpr std::int64_t kMaxStepTokens = 1 << 20;
constexpr int kMaxDevices = 64;

Result<void> check_options(const ExecutorOptions& options) {
  const auto bad = [](const char* param, const std::string& range) {
    return Error{Errc::kInvalidValue, std::string(param) + " must be " + range, param};
  };
  if (options.block_size < 1 || options.block_size > kMaxBlockSize) {
    return bad("block_size", "between 1 and 4096");
  }
  if (options.num_blocks < 0 || options.num_blocks > kMaxBlocks) {
    return bad("num_blocks", "between 0 (sized by memory) and 2^30");
  }
  if (options.max_num_batched_tokens < 0 || options.max_num_batched_tokens > kMaxStepTokens) {
    return bad("max_num_batched_tokens", "between 0 (by the device) and 2^20");
  }
  if (options.max_num_seqs < 1 || options.max_num_seqs > kMaxStepTokens) {
    return bad("max_num_seqs", "between 1 and 2^20");
  }
  if (options.tensor_parallel_size < 1 || options.tensor_parallel_size > kMaxDevices) {
    return bad("tensor_parallel_size", "between 1 and 64");
  }
  return {};
}

/// What a folder says, before any memory is taken.
struct Model {
  DecoderSpec spec;
  GenerationConfig defaults;
  std::optional<Checkpoint> checkpoint;
  kernels::DType stored = kernels::DType::kF32;
};

Result<Model> read_model(const ExecutorOptions& options) {
  const auto config = read_json_file(options.path / "config.json");
  if (!config) return config.error();
  auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  auto defaults = read_generation_config(options.path, *spec);
  if (!defaults) return defaults.error();
  Model model{std::move(*spec), std::move(*defaults), std::nullopt};
  model.stored = model.spec.dtype.value_or(kernels::DType::kF32);
  if (options.load_format == LoadFormat::kSafetensors) {
    auto opened = Checkpoint::open(options.path);
    if (!opened) return opened.error();
    model.checkpoint = std::move(*opened);
    const auto dtype = stored_dtype(*model.checkpoint, model.spec);
    if (!dtype) return dtype.error();
    model.stored = *dtype;
  }
  return model;
}

/// One of the devices that a model runs on.
struct Place {
  Shard shard;
  std::shared_ptr<kernels::CudaGroup> group;
};

Result<std::unique_ptr<kernels::Backend>> make_cpu(const kernels::CpuOptions& options) {
  if (auto backend = kernels::make_cpu_backend(options)) return backend;
  std::string names;
  for (const std::string& name : kernels::cpu_instruction_sets())
    names += (names.empty() ? "" : ", ") + name;
  return Error{Errc::kInvalidValue,
               "--cpu-instruction-set: `" + options.instruction_set +
                   "` is not one of this machine's: " + names,
               "cpu_instruction_set"};
}

Result<std::unique_ptr<kernels::Backend>> make_backend(const ExecutorOptions& options,
                                                       const RunPlan& plan, const Model& model,
                                                       const Place& place) {
  if (!plan.gpu) return make_cpu(options.cpu);
  std::string why;
  const int rank = static_cast<int>(place.shard.rank);
  auto backend =
      kernels::make_cuda_backend({.device = plan.gpu->ordinal + rank,
                                  .group = place.group,
                                  .rank = rank,
                                  .dtype = plan.dtype,
                                  .max_tokens = plan.limits.max_tokens,
                                  .max_seqs = options.max_num_seqs,
                                  .max_logits = plan.limits.max_logits,
                                  .max_context_tokens = plan.num_blocks * options.block_size,
                                  .vocab_size = model.spec.vocab_size},
                                 &why);
  if (backend == nullptr) return Error{Errc::kOutOfMemory, why, "device"};
  return backend;
}

Result<Weights> read_weights(kernels::Backend& backend, const ExecutorOptions& options,
                             const Model& model, kernels::DType dtype, const Shard& shard) {
  if (model.checkpoint)
    return load_weights(backend, model.spec, *model.checkpoint, dtype, options.progress, shard,
                        options.quantizes_weights);
  return random_weights(backend, model.spec, dtype, options.dummy_seed, options.progress, shard,
                        options.quantizes_weights);
}

ModelInfo describe_model(const ExecutorOptions& options, const DecoderSpec& spec,
                         const RunPlan& plan, GenerationConfig defaults, std::string device) {
  return {.architecture = std::string(spec.architecture->classes[0]),
          .vocab_size = spec.vocab_size,
          .max_position_embeddings = spec.max_position_embeddings,
          .defaults = std::move(defaults),
          .dtype = plan.dtype,
          .kv_dtype = plan.kv_dtype,
          .max_num_batched_tokens = plan.limits.max_tokens,
          .block_size = options.block_size,
          .num_blocks = plan.num_blocks,
          .num_host_blocks = plan.num_host_blocks,
          .memory = plan.memory,
          .device = std::move(device)};
}

Result<std::unique_ptr<DeviceExecutor>> make_executor(const ExecutorOptions& options,
                                                      const Model& model, RunPlan plan,
                                                      const Place& place) {
  auto made = make_backend(options, plan, model, place);
  if (!made) return made.error();
  std::unique_ptr<kernels::Backend> backend = std::move(*made);
  if (options.quantizes_weights && !backend->can_quantize()) {
    return Error{Errc::kInvalidValue,
                 "fp8 weights need a GPU of compute capability 8.9 or later and a 16-bit --dtype",
                 "quantization"};
  }
  const auto began = std::chrono::steady_clock::now();
  auto weights = read_weights(*backend, options, model, plan.dtype, place.shard);
  if (!weights) return weights.error();
  const auto load_time = std::chrono::steady_clock::now() - began;
  auto decoder = Decoder::make(*backend, model.spec, std::move(*weights), plan.limits, place.shard);
  if (!decoder) return decoder.error();
  // Shards must agree on the number of blocks: they keep to the plan.
  if (place.shard.is_whole()) {
    if (auto fitted = fit_blocks(options, backend->memory(), plan); !fitted) return fitted.error();
  }
  const kernels::KvCacheView shape{.data = nullptr,
                                   .dtype = plan.kv_dtype,
                                   .num_blocks = plan.num_blocks,
                                   .num_layers = decoder->spec().num_layers,
                                   .num_kv_heads = decoder->spec().num_kv_heads,
                                   .block_size = options.block_size,
                                   .head_dim = decoder->spec().head_dim};
  auto cache = KvCache::make(*backend, shape, plan.num_host_blocks);
  if (!cache) return cache.error();
  auto info = describe_model(options, model.spec, plan, model.defaults, backend->description());
  info.load_time = load_time;
  if (const std::string fault = backend->fault(); !fault.empty())
    return Error{Errc::kEngineError, fault, "device"};
  return std::make_unique<DeviceExecutor>(std::move(backend), std::move(*decoder),
                                          std::move(*cache), std::move(info), options);
}

/// The plan of every shard of `num_shards`.
Result<RunPlan> plan_model(const ExecutorOptions& options, const Model& model,
                           std::int64_t num_shards) {
  if (auto divides = check_shards(model.spec, num_shards); !divides) return divides.error();
  auto plan = plan_run(options, shard_of(model.spec, {0, num_shards}), model.stored);
  if (!plan) return plan.error();
  if (auto types = check_types(*plan); !types) return types.error();
  if (auto fits = check_fits(*plan); !fits) return fits.error();
  return plan;
}

Result<std::shared_ptr<kernels::CudaGroup>> make_group(int first_device, int size) {
  std::vector<int> devices;
  for (int i = 0; i < size; ++i) devices.push_back(first_device + i);
  const auto present = kernels::cuda_devices(nullptr);
  for (const int device : devices) {
    if (std::none_of(present.begin(), present.end(),
                     [device](const auto& each) { return each.ordinal == device; })) {
      return Error{Errc::kInvalidValue,
                   "the machine has " + std::to_string(present.size()) + " GPUs, " +
                       std::to_string(size) + " from cuda:" + std::to_string(first_device) +
                       " on are asked for",
                   "tensor_parallel_size"};
    }
  }
  std::string why;
  auto group = kernels::make_cuda_group(devices, &why);
  if (group == nullptr) return Error{Errc::kEngineError, why, "tensor_parallel_size"};
  return group;
}

Result<std::unique_ptr<ModelExecutor>> load_shards(const ExecutorOptions& options,
                                                   const Model& model, const RunPlan& plan) {
  const int size = options.tensor_parallel_size;
  const auto group = make_group(plan.gpu->ordinal, size);
  if (!group) return group.error();
  std::vector<std::unique_ptr<TaskThread>> threads;
  std::vector<Result<std::unique_ptr<DeviceExecutor>>> made;
  for (int rank = 0; rank < size; ++rank) made.emplace_back(Error{});
  std::vector<std::future<void>> done;
  for (int rank = 0; rank < size; ++rank) {
    threads.push_back(std::make_unique<TaskThread>());
    done.push_back(threads.back()->run([&, rank] {
      ExecutorOptions own = options;
      if (rank > 0) {  // One of them speaks for all.
        own.progress = nullptr;
        own.spans = nullptr;
        own.on_logits = nullptr;
      }
      made[static_cast<std::size_t>(rank)] =
          make_executor(own, model, plan, {{rank, size}, *group});
    }));
  }
  for (auto& each : done) each.get();
  return ParallelExecutor::join(std::move(threads), std::move(made));
}

}  // namespace

Result<std::unique_ptr<DeviceExecutor>> load_device_executor(const ExecutorOptions& options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  auto model = read_model(options);
  if (!model) return model.error();
  const auto plan = plan_model(options, *model, 1);
  if (!plan) return plan.error();
  return make_executor(options, *model, *plan, {});
}

Result<std::unique_ptr<ModelExecutor>> load_executor(const ExecutorOptions& options) {
  if (options.tensor_parallel_size == 1) {
    auto executor = load_device_executor(options);
    if (!executor) return executor.error();
    return std::unique_ptr<ModelExecutor>(std::move(*executor));
  }
  if (auto checked = check_options(options); !checked) return checked.error();
  auto model = read_model(options);
  if (!model) return model.error();
  const auto plan = plan_model(options, *model, options.tensor_parallel_size);
  if (!plan) return plan.error();
  if (!plan->gpu) {
    return Error{Errc::kInvalidValue,
                 "only GPUs can share a model, and --device names none or none was found",
                 "tensor_parallel_size"};
  }
  return load_shards(options, *model, *plan);
}

}  // namespace octavo
