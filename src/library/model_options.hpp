// How a model is to be loaded, as a person says it: on the command line, or in a program that
// embeds the engine. Names and meanings are vLLM's where it has the flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace octavo {

/// Which model, and how it is laid out in memory.
struct ModelOptions {
  std::string model;            ///< A Hugging Face directory; empty: the demo model.
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  std::int32_t tensor_parallel_size = 1;
  std::string dtype = "auto";  ///< auto, float32, float16, bfloat16
  std::string kv_cache_dtype = "auto";
  std::string quantization = "none";  ///< none, fp8
  std::string load_format = "auto";   ///< auto, safetensors, dummy
  std::int32_t block_size = 16;
  std::int32_t max_model_len = 0;  ///< 0: the model's, or what the cache holds if that is less.
  std::int32_t max_num_seqs = 256;
  std::int32_t max_num_batched_tokens = 0;  ///< 0: by the device.
  std::string kv_cache_memory;              ///< A size; empty: a share of the memory that is free.
  double gpu_memory_utilization = 0.9;
  double swap_space = 1;  ///< GiB
  std::int32_t num_gpu_blocks_override = 0;
  std::optional<std::uint64_t> seed;  ///< Nothing: a server draws one, all else takes 0.
  std::int32_t threads = 0;           ///< 0: all cores.
  std::string instruction_set;        ///< Empty: the best that the machine has.
  double step_time_ms = 250;
  bool enable_prefix_caching = true;
  std::string kv_allocator = "paged";      ///< paged, orca-max, orca-pow2, orca-oracle
  std::string scheduling_policy = "fcfs";  ///< fcfs, priority, fair
  std::string preemption_mode = "auto";    ///< swap, recompute, auto
};

}  // namespace octavo
