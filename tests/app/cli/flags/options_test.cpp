#include "src/app/cli/flags/options.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a model is the demo on whatever device there is, paged and cached, unless said") {
  const ModelOptions options;
  CHECK(options.model.empty());
  CHECK(options.device == "auto");
  CHECK(options.dtype == "auto");
  CHECK(options.kv_cache_dtype == "auto");
  CHECK(options.quantization == "none");
  CHECK(options.tensor_parallel_size == 1);
  CHECK(options.block_size == 16);
  CHECK(options.max_model_len == 0);
  CHECK(options.kv_cache_memory.empty());
  CHECK(options.gpu_memory_utilization == 0.9);
  CHECK(options.swap_space == 1);
  CHECK(options.step_time_ms == 250);
  CHECK(options.enable_prefix_caching);
  CHECK(options.kv_allocator == "paged");
  CHECK(options.scheduling_policy == "fcfs");
  CHECK(options.preemption_mode == "auto");
}

TEST_CASE("a server listens to its own machine alone, asks for no key and writes nothing down") {
  const ServeOptions options;
  CHECK(options.host == "127.0.0.1");
  CHECK(options.port == 8000);
  CHECK(options.api_keys.empty());
  CHECK(options.allowed_origins.empty());
  CHECK(options.allowed_hosts.empty());
  CHECK(options.trace.empty());
  CHECK(options.record.empty());
  CHECK(options.max_queue == 8192);
  CHECK(options.drain_timeout_s == 30);
  CHECK(options.metrics_prefix == "octavo");
}

TEST_CASE("generation has no prompt of its own, and a benchmark sends all at once") {
  const GenerateOptions generate;
  CHECK_FALSE(generate.prompt.has_value());
  CHECK_FALSE(generate.prompt_ids.has_value());
  CHECK_FALSE(generate.messages.has_value());
  const BenchOptions bench;
  CHECK(bench.request_rate == 0);
  CHECK(bench.workload.empty());
  CHECK(bench.input_len > 0);
  CHECK(bench.output_len > 0);
  CHECK(bench.num_prompts >= bench.concurrency);
}
