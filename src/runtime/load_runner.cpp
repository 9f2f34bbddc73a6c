#include "src/runtime/load_runner.hpp"

#include <string>

#include "src/model/architectures.hpp"
#include "src/model/coverage.hpp"
#include "src/model/json_file.hpp"
#include "src/runtime/run_plan.hpp"

namespace octavo {
namespace {

constexpr std::int64_t kMaxBlockSize = 4096;
constexpr std::int64_t kMaxBlocks = 1 << 30;
constexpr std::int64_t kMaxStepTokens = 1 << 20;

Result<void> check_options(const RunnerOptions& options) {
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
  return {};
}

Result<std::unique_ptr<kernels::Backend>> make_backend(const RunnerOptions& options,
                                                       const RunPlan& plan,
                                                       const DecoderSpec& spec) {
  if (!plan.gpu) return kernels::make_cpu_backend(options.cpu);
  std::string why;
  auto backend =
      kernels::make_cuda_backend({.device = plan.gpu->ordinal,
                                  .dtype = plan.dtype,
                                  .max_tokens = plan.limits.max_tokens,
                                  .max_seqs = options.max_num_seqs,
                                  .max_context_tokens = plan.num_blocks * options.block_size,
                                  .vocab_size = spec.vocab_size},
                                 &why);
  if (backend == nullptr) return Error{Errc::kOutOfMemory, why, "device"};
  return backend;
}

Result<Weights> read_weights(kernels::Backend& backend, const RunnerOptions& options,
                             const DecoderSpec& spec, const std::optional<Checkpoint>& checkpoint,
                             kernels::DType dtype) {
  if (checkpoint) return load_weights(backend, spec, *checkpoint, dtype, options.progress);
  return random_weights(backend, spec, dtype, options.dummy_seed, options.progress);
}

ModelInfo describe_model(const RunnerOptions& options, const DecoderSpec& spec, const RunPlan& plan,
                         GenerationConfig defaults, std::string device) {
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

}  // namespace

Result<std::unique_ptr<ModelRunner>> load_model_runner(const RunnerOptions& options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  const auto config = read_json_file(options.path / "config.json");
  if (!config) return config.error();
  auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  auto defaults = read_generation_config(options.path, *spec);
  if (!defaults) return defaults.error();

  std::optional<Checkpoint> checkpoint;
  auto stored = spec->dtype.value_or(kernels::DType::kF32);
  if (options.load_format == LoadFormat::kSafetensors) {
    auto opened = Checkpoint::open(options.path);
    if (!opened) return opened.error();
    checkpoint = std::move(*opened);
    const auto dtype = stored_dtype(*checkpoint, *spec);
    if (!dtype) return dtype.error();
    stored = *dtype;
  }
  auto plan = plan_run(options, *spec, stored);
  if (!plan) return plan.error();
  if (auto fits = check_fits(*plan); !fits) return fits.error();

  auto made = make_backend(options, *plan, *spec);
  if (!made) return made.error();
  std::unique_ptr<kernels::Backend> backend = std::move(*made);
  auto weights = read_weights(*backend, options, *spec, checkpoint, plan->dtype);
  if (!weights) return weights.error();
  auto decoder = Decoder::make(*backend, *spec, std::move(*weights), plan->limits);
  if (!decoder) return decoder.error();
  fit_blocks(options, backend->memory(), *plan);
  const kernels::KvCacheView shape{.data = nullptr,
                                   .dtype = plan->kv_dtype,
                                   .num_blocks = plan->num_blocks,
                                   .num_layers = spec->num_layers,
                                   .num_kv_heads = spec->num_kv_heads,
                                   .block_size = options.block_size,
                                   .head_dim = spec->head_dim};
  auto cache = KvCache::make(*backend, shape, plan->num_host_blocks);
  if (!cache) return cache.error();
  auto info = describe_model(options, *spec, *plan, std::move(*defaults), backend->description());
  if (const std::string fault = backend->fault(); !fault.empty())
    return Error{Errc::kEngineError, fault, "device"};
  return std::make_unique<ModelRunner>(std::move(backend), std::move(*decoder), std::move(*cache),
                                       std::move(info), options);
}

}  // namespace octavo
