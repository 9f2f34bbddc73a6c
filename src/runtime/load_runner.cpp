#include "src/runtime/load_runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "src/model/architectures.hpp"
#include "src/model/json_file.hpp"

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
  if (options.max_num_batched_tokens < 1 || options.max_num_batched_tokens > kMaxStepTokens) {
    return bad("max_num_batched_tokens", "between 1 and 2^20");
  }
  if (options.max_num_seqs < 1 || options.max_num_seqs > kMaxStepTokens) {
    return bad("max_num_seqs", "between 1 and 2^20");
  }
  return {};
}

/// Of a machine without an accelerator. A hostile or oversized model is refused before it starts
/// to fill memory that the system only promised.
Result<void> check_fits(std::size_t wanted_bytes) {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page_bytes = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page_bytes <= 0) return {};
  const auto present = static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes);
  if (wanted_bytes <= present) return {};
  const auto mib = [](std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  return Error{Errc::kOutOfMemory,
               "weights, cache and activations need " + mib(wanted_bytes) + ", the machine has " +
                   mib(present),
               ""};
}

/// Sizes of all that will be taken, decided before anything is.
struct Plan {
  kernels::DType dtype = kernels::DType::kF32;
  kernels::DType kv_dtype = kernels::DType::kF32;
  StepLimits limits;
  MemoryPlan memory;
  std::int64_t num_blocks = 0;
  std::int64_t num_host_blocks = 0;
};

Result<Plan> make_plan(const RunnerOptions& options, const DecoderSpec& spec,
                       kernels::DType stored) {
  Plan plan;
  plan.dtype = options.dtype.value_or(stored);
  plan.kv_dtype = options.kv_dtype.value_or(plan.dtype);
  const auto max_logits = std::min(options.max_num_seqs, options.max_num_batched_tokens);
  const auto sized = [&](std::int64_t max_positions) {
    plan.limits = {options.max_num_batched_tokens, max_logits, max_positions};
    return plan_memory(spec, plan.dtype, plan.kv_dtype, options.block_size, plan.limits);
  };
  const auto kv_bytes_per_block = sized(0).kv_bytes_per_block;
  plan.num_blocks = options.num_blocks;
  if (plan.num_blocks == 0) {
    plan.num_blocks = static_cast<std::int64_t>(
        std::min<std::size_t>(options.kv_cache_bytes / kv_bytes_per_block, kMaxBlocks));
  }
  if (plan.num_blocks == 0) {
    return Error{Errc::kInvalidValue,
                 "the key-value cache is smaller than one block of " +
                     std::to_string(kv_bytes_per_block) + " bytes",
                 "kv_cache_bytes"};
  }
  plan.num_host_blocks = static_cast<std::int64_t>(
      std::min<std::size_t>(options.swap_bytes / kv_bytes_per_block, kMaxBlocks));
  // No position beyond what the pool can hold is ever computed.
  plan.memory = sized(std::min(spec.max_position_embeddings, plan.num_blocks * options.block_size));
  const auto pools = static_cast<std::size_t>(plan.num_blocks + plan.num_host_blocks);
  if (auto fits = check_fits(plan.memory.weights_bytes + plan.memory.activation_bytes +
                             pools * kv_bytes_per_block);
      !fits) {
    return fits.error();
  }
  return plan;
}

Result<Weights> read_weights(kernels::Backend& backend, const RunnerOptions& options,
                             const DecoderSpec& spec, const std::optional<Checkpoint>& checkpoint,
                             kernels::DType dtype) {
  if (checkpoint) return load_weights(backend, spec, *checkpoint, dtype, options.progress);
  return random_weights(backend, spec, dtype, options.dummy_seed, options.progress);
}

ModelInfo describe_model(const RunnerOptions& options, const DecoderSpec& spec, const Plan& plan,
                         GenerationConfig defaults, std::string device) {
  return {.architecture = std::string(spec.architecture->classes[0]),
          .vocab_size = spec.vocab_size,
          .max_position_embeddings = spec.max_position_embeddings,
          .defaults = std::move(defaults),
          .dtype = plan.dtype,
          .kv_dtype = plan.kv_dtype,
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
  const auto plan = make_plan(options, *spec, stored);
  if (!plan) return plan.error();

  auto backend = kernels::make_cpu_backend(options.cpu);
  auto weights = read_weights(*backend, options, *spec, checkpoint, plan->dtype);
  if (!weights) return weights.error();
  auto decoder = Decoder::make(*backend, *spec, std::move(*weights), plan->limits);
  if (!decoder) return decoder.error();
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
  return std::make_unique<ModelRunner>(std::move(backend), std::move(*decoder), std::move(*cache),
                                       std::move(info), options);
}

}  // namespace octavo
