#include "src/app/cli/flags/model_flags.hpp"

#include <CLI/CLI.hpp>

#include "src/app/cli/flags/engine_flags.hpp"
#include "src/app/cli/flags/number.hpp"
#include "src/core/bytes.hpp"

namespace octavo {
namespace {

constexpr double kMaxSwapGib = 1 << 20;

void add_weights(CLI::App& command, ModelOptions& options, const std::string& group) {
  command
      .add_option("--dtype", options.dtype,
                  "Weights in memory: auto (as stored), float32, float16, bfloat16")
      ->group(group);
  command
      .add_option("--kv-cache-dtype", options.kv_cache_dtype,
                  "Keys and values: auto (as --dtype), a dtype, or fp8: half the bytes of "
                  "bfloat16, 8-bit floats (e4m3) with a scale for each token and head")
      ->group(group);
  command
      .add_option("--quantization", options.quantization,
                  "none, or fp8 (on a GPU): the layers' weights in 8-bit floats with a scale per "
                  "row, made while loading")
      ->check(CLI::IsMember({"none", "fp8"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--load-format", options.load_format,
                  "auto, safetensors, or dummy: seeded random weights from config.json alone")
      ->group(group);
  command
      .add_option(
          "--max-model-len", options.max_model_len,
          "Tokens of prompt and completion together (default: what the model or the cache allows)")
      ->transform(integer(1))
      ->group(group);
}

void add_cache(CLI::App& command, ModelOptions& options, const std::string& group) {
  command.add_option("--block-size", options.block_size, "Tokens per KV block")
      ->transform(integer(1, 1024))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--kv-cache-memory", options.kv_cache_memory,
                  "Bytes for the KV cache, as 4GiB (default: on a CPU half of the free memory, "
                  "4GiB at most; "
                  "on a GPU what --gpu-memory-utilization leaves)")
      ->check(check_bytes)
      ->group(group);
  command
      .add_option("--num-gpu-blocks-override", options.num_gpu_blocks_override,
                  "Exactly this many KV blocks")
      ->transform(integer(1))
      ->group(group);
  command
      .add_option("--gpu-memory-utilization", options.gpu_memory_utilization,
                  "Share of a GPU's memory to use in all; the KV cache gets what weights and "
                  "activations leave of it")
      ->transform(number(0.01, 1))
      ->capture_default_str()
      ->group(group);
  command
      .add_option(
          "--swap-space", options.swap_space,
          "GiB of host memory for KV blocks that were moved out; on a CPU a second pool of the "
          "same memory; 0: none")
      ->transform(number(0, kMaxSwapGib))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--kv-allocator", options.kv_allocator,
                  "paged, or for comparison a contiguous reservation for each sequence: orca-max, "
                  "orca-pow2, orca-oracle")
      ->check(CLI::IsMember({"paged", "orca-max", "orca-pow2", "orca-oracle"}))
      ->capture_default_str()
      ->group(group);
}

}  // namespace

std::string check_bytes(const std::string& text) {
  const auto bytes = parse_bytes(text);
  return bytes ? "" : bytes.error().detail;
}

void add_model(CLI::App& command, ModelOptions& options) {
  command.add_option("MODEL,--model", options.model,
                     "Folder in the Hugging Face layout; without it the demo model");
  const std::string group = "Model and memory";
  command
      .add_option(
          "--device", options.device,
          "auto (a GPU where there is one), cpu, cuda, or cuda:N for the GPU of that number")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--tensor-parallel-size", options.tensor_parallel_size,
                  "GPUs of this host that share the model, from --device on")
      ->transform(integer(1, 64))
      ->capture_default_str()
      ->group(group);
  add_weights(command, options, group);
  add_cache(command, options, group);
  add_engine_flags(command, options, "Scheduling");
  command.add_option("--threads", options.threads, "Compute threads (default: all cores)")
      ->transform(integer(1, 1024))
      ->group(group);
  command
      .add_option("--cpu-instruction-set", options.instruction_set,
                  "Instead of the best that the machine has; `reference` is the plain path")
      ->group(group);
  command
      .add_option("--seed", options.seed,
                  "Seeds dummy weights and requests that bring no seed (default: 0; a server "
                  "draws the latter at its start)")
      ->transform(integer(0, std::numeric_limits<std::uint64_t>::max()))
      ->group(group);
}

}  // namespace octavo
