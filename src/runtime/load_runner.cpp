#include "src/runtime/load_runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "src/model/architectures.hpp"
#include "src/model/coverage.hpp"
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

/// A hostile or oversized model is refused before it starts to fill memory that the system only
/// promised.
Result<void> check_fits(const MemoryPlan& memory, std::int64_t num_blocks) {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page_bytes = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page_bytes <= 0) return {};
  const double present = static_cast<double>(pages) * static_cast<double>(page_bytes);
  const double wanted =
      static_cast<double>(memory.weights_bytes) + static_cast<double>(memory.activation_bytes) +
      static_cast<double>(num_blocks) * static_cast<double>(memory.kv_bytes_per_block);
  if (wanted <= present) return {};
  const auto gib = [](double bytes) { return std::to_string(std::llround(bytes / 0x1p30)); };
  return Error{Errc::kOutOfMemory,
               "weights, cache and activations need " + gib(wanted) + " GiB, the machine has " +
                   gib(present),
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
  const auto sized = [&](std::int64_t max_positions) {
    plan.limits = {options.max_num_batched_tokens, options.max_num_seqs, max_positions};
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
  const auto fits = check_fits(plan.memory, plan.num_blocks + plan.num_host_blocks);
  if (!fits) return fits.error();
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
