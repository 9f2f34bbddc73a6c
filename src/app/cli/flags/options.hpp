// What the command line says, as values. Names and meanings are vLLM's where it has the flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/session/session_limits.hpp"
#include "src/response/response_create.hpp"

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

struct ServeOptions {
  ModelOptions model;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::vector<std::string> served_model_name;  ///< The first is what answers say.
  std::vector<std::string> api_keys;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
  std::string chat_template;  ///< A file that replaces the model's.
  std::string tool_call_parser = "auto";
  std::string reasoning_parser = "auto";
  std::string metrics_prefix = "octavo";
  std::string log_level = "info";
  double drain_timeout_s = 30;
  std::int32_t max_queue = 8192;
  std::string trace;   ///< Where a trace is written; empty: nowhere.
  std::string record;  ///< Where the scheduler's events are written; empty: nowhere.
  SessionLimits limits;
};

struct GenerateOptions {
  ModelOptions model;
  std::optional<std::string> prompt;  ///< Exactly one of the three.
  std::optional<std::string> prompt_ids;
  std::optional<std::string> messages;  ///< A file.
  bool json = false;
  ResponseCreate create;  ///< Sampling, and which of its fields were given.
};

struct BenchOptions {
  ModelOptions model;
  bool json = false;
  std::int32_t input_len = 128;
  std::int32_t output_len = 64;
  std::int32_t num_prompts = 32;
  std::int32_t concurrency = 8;
  std::string trace;        ///< Where a trace is written; empty: nowhere.
  std::string workload;     ///< A file of lengths, instead of the three above.
  double request_rate = 0;  ///< Arrivals per second, Poisson; 0: all at once.
};

}  // namespace octavo
