#include "src/runtime/run_plan.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "src/model/weights.hpp"
#include "src/runtime/host_memory.hpp"

namespace octavo {
namespace {

constexpr std::int64_t kMaxBlocks = 1 << 30;
/// Token budgets of a step that keep it short beside running streams.
constexpr std::int64_t kCpuStepTokens = 512;
constexpr std::int64_t kGpuStepTokens = 8192;
/// What a GPU's runtime takes while it works: code, recorded steps, the libraries' own buffers.
constexpr std::size_t kGpuReserve = std::size_t{1} << 29;

/// What NCCL takes on each of several GPUs, and the logits that they exchange.
constexpr std::size_t kGroupReserve = std::size_t{3} << 29;

HostMemory host_memory() { return within(read_machine_memory(), kernels::read_container_limits()); }

/// Bytes of `memory` that remain for the cache when `used_bytes` are taken.
std::size_t left_for_cache(const ExecutorOptions& options, std::size_t total_bytes,
                           std::size_t used_bytes) {
  const double left = static_cast<double>(total_bytes) * options.gpu_memory_utilization -
                      static_cast<double>(used_bytes + kGpuReserve);
  return left > 0 ? static_cast<std::size_t>(left) : 0;
}

/// The GPU to use, none for a CPU.
Result<std::optional<kernels::CudaDevice>> choose_gpu(const Device& device) {
  if (device.kind == Device::Kind::kCpu) return std::optional<kernels::CudaDevice>{};
  std::string why;
  for (const kernels::CudaDevice& each : kernels::cuda_devices(&why)) {
    if (device.kind == Device::Kind::kAuto || each.ordinal == device.ordinal)
      return std::optional(each);
  }
  if (device.kind == Device::Kind::kAuto) return std::optional<kernels::CudaDevice>{};
  if (why.empty()) why = "the machine has no GPU of this number";
  return Error{Errc::kInvalidValue, "cuda:" + std::to_string(device.ordinal) + ": " + why,
               "device"};
}

std::int64_t blocks_within(std::size_t bytes, std::size_t block_bytes) {
  return static_cast<std::int64_t>(std::min<std::size_t>(bytes / block_bytes, kMaxBlocks));
}

std::string gib(double bytes) { return std::to_string(std::llround(bytes / 0x1p30)) + " GiB"; }

Result<void> check_memory(double wanted, std::size_t present, const std::string& place) {
  if (present == 0 || wanted <= static_cast<double>(present)) return {};
  return Error{Errc::kOutOfMemory,
               "weights, cache and activations need " + gib(wanted) + ", " + place + " has " +
                   gib(static_cast<double>(present)),
               ""};
}

}  // namespace

Result<RunPlan> plan_run(const ExecutorOptions& options, const DecoderSpec& spec,
                         kernels::DType stored) {
  auto gpu = choose_gpu(options.device);
  if (!gpu) return gpu.error();
  return plan_run_on(std::move(*gpu), options, spec, stored);
}

RunPlan plan_run_on(std::optional<kernels::CudaDevice> gpu, const ExecutorOptions& options,
                    const DecoderSpec& spec, kernels::DType stored) {
  RunPlan plan;
  plan.gpu = std::move(gpu);
  plan.dtype = options.dtype.value_or(stored);
  plan.kv_dtype = options.kv_dtype.value_or(plan.dtype);
  const std::int64_t max_tokens = options.max_num_batched_tokens > 0
                                      ? options.max_num_batched_tokens
                                      : (plan.gpu ? kGpuStepTokens : kCpuStepTokens);
  const auto size = [&](std::int64_t max_positions) {
    const std::int64_t max_logits =
        options.max_num_seqs + std::min<std::int64_t>(max_tokens, kMaxPromptLogprobs);
    plan.limits = {max_tokens, max_logits, max_positions};
    plan.memory = plan_memory(spec, plan.dtype, plan.kv_dtype, options.block_size, plan.limits,
                              plan.gpu ? plan.dtype : kernels::DType::kF32);
    if (options.quantizes_weights) {
      plan.memory.weights_bytes -= static_cast<std::size_t>(count_parameters(spec).products) *
                                   (kernels::size_of(plan.dtype) - 1);
    }
  };
  size(spec.max_position_embeddings);
  std::size_t kv_bytes = 0;
  const std::size_t group_bytes = options.tensor_parallel_size > 1 ? kGroupReserve : 0;
  if (options.kv_cache_bytes)
    kv_bytes = *options.kv_cache_bytes;
  else if (plan.gpu)
    kv_bytes =
        left_for_cache(options, plan.gpu->memory.total_bytes,
                       plan.memory.weights_bytes + plan.memory.activation_bytes + group_bytes);
  else
    kv_bytes = host_memory().default_cache_bytes();
  const std::size_t block_bytes = plan.memory.kv_bytes_per_block;
  plan.num_blocks =
      options.num_blocks > 0 ? options.num_blocks : blocks_within(kv_bytes, block_bytes);
  plan.num_host_blocks = blocks_within(options.swap_bytes, block_bytes);
  // No position beyond what the pool can hold is ever computed; a GPU's pool may yet grow.
  if (!plan.gpu || options.num_blocks > 0 || options.kv_cache_bytes)
    size(std::min(spec.max_position_embeddings, plan.num_blocks * options.block_size));
  return plan;
}

Result<void> check_fits(const RunPlan& plan) {
  const auto block_bytes = static_cast<double>(plan.memory.kv_bytes_per_block);
  const double model = static_cast<double>(plan.memory.weights_bytes) +
                       static_cast<double>(plan.memory.activation_bytes);
  const double device = model + static_cast<double>(plan.num_blocks) * block_bytes;
  double host = static_cast<double>(plan.num_host_blocks) * block_bytes;
  if (plan.gpu) {
    const auto fits = check_memory(device + (plan.num_blocks == 0 ? block_bytes : 0.0),
                                   plan.gpu->memory.total_bytes, "the GPU");
    if (!fits) return fits;
  } else {
    host += device;
  }
  if (plan.num_blocks == 0) {
    return Error{Errc::kInvalidValue,
                 "what is left for the key-value cache is smaller than one block of " +
                     std::to_string(plan.memory.kv_bytes_per_block) + " bytes",
                 "kv_cache_bytes"};
  }
  const HostMemory present = host_memory();
  return check_memory(host, present.total_bytes,
                      present.is_container ? "the container" : "the machine");
}

Result<void> check_types(const RunPlan& plan) {
  const bool is_wide = plan.dtype == kernels::DType::kF32;
  if (!plan.gpu || is_wide || plan.kv_dtype == plan.dtype || plan.kv_dtype == kernels::DType::kF8)
    return {};
  return Error{Errc::kInvalidValue,
               "on a GPU, keys and values beside a --dtype of " +
                   std::string(kernels::name_of(plan.dtype)) + " are auto or fp8, not " +
                   std::string(kernels::name_of(plan.kv_dtype)),
               "kv_cache_dtype"};
}

Result<void> fit_blocks(const ExecutorOptions& options, const kernels::DeviceMemory& memory,
                        RunPlan& plan) {
  if (!plan.gpu || options.num_blocks > 0 || options.kv_cache_bytes) return {};
  const std::size_t used = memory.total_bytes - memory.free_bytes;
  plan.num_blocks = blocks_within(left_for_cache(options, memory.total_bytes, used),
                                  plan.memory.kv_bytes_per_block);
  if (plan.num_blocks > 0) return {};
  const auto own = static_cast<double>(plan.memory.weights_bytes + plan.memory.activation_bytes);
  return Error{Errc::kOutOfMemory,
               gib(static_cast<double>(used)) + " of the GPU's " +
                   gib(static_cast<double>(memory.total_bytes)) + " are taken, about " + gib(own) +
                   " of it by this model: nothing is left for its key-value cache; end the other "
                   "programs on the GPU or raise --gpu-memory-utilization",
               "gpu_memory_utilization"};
}

}  // namespace octavo
