// octavo bench throughput and latency: the engine under load without a network.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "src/app/bench/bench_load.hpp"
#include "src/app/cli/commands/commands.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using namespace bench;

constexpr double kLeastRate = 1e-6;  // Between requests pass eleven days.

std::int64_t peak_rss_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

Result<int> bench_throughput(const BenchOptions& options) {
  if (options.request_rate > 0 && options.request_rate < kLeastRate) {
    return Error{Errc::kInvalidValue,
                 "--request-rate must be 0.000001 or more, or 0 for all at once", "request-rate"};
  }
  auto shapes = request_shapes(options);
  if (!shapes) return shapes.error();
  const auto num_requests = static_cast<std::int32_t>(shapes->size());
  // Open arrivals and files of lengths have no limit of their own.
  const bool is_open = options.request_rate > 0 || !options.workload.empty();
  const std::int32_t concurrency = is_open ? num_requests : options.concurrency;
  auto engine = make_engine(options, concurrency);
  if (!engine) return engine.error();
  Load load(options, *engine);
  const auto arrivals =
      arrival_times(shapes->size(), options.request_rate, options.model.seed.value_or(0));
  if (auto run = load.run(*shapes, arrivals, concurrency); !run) return run.error();
  const double seconds = load.elapsed_s;
  std::int64_t num_prompt_tokens = 0;
  for (const RequestShape& each : *shapes) num_prompt_tokens += each.num_prompt_tokens;
  const json::object out{
      {"output_tokens_per_s", static_cast<double>(load.num_output_tokens) / seconds},
      {"total_tokens_per_s",
       static_cast<double>(load.num_output_tokens + num_prompt_tokens) / seconds},
      {"requests_per_s", num_requests / seconds},
      {"seconds", seconds},
      {"ttft_ms", milliseconds(load.ttft_s, {50, 95, 99})},
      {"itl_ms", milliseconds(load.itl_s, {50, 95, 99})},
      {"normalized_ms_per_token_mean", mean(load.normalized_s) * 1e3},
      {"peak_rss_bytes", peak_rss_bytes()},
      {"kv",
       {{"used_fraction_mean", mean(load.used_fractions)},
        {"waste_fraction_mean", mean(load.waste_fractions)}}},
      {"device", engine->executor->info().device}};
  print(out, options.json);
  return 0;
}

Result<int> bench_latency(const BenchOptions& options) {
  auto engine = make_engine(options, options.concurrency);
  if (!engine) return engine.error();
  const std::int32_t num_batches = std::max(1, options.num_prompts / options.concurrency);
  const std::vector<RequestShape> batch(static_cast<std::size_t>(options.concurrency),
                                        {options.input_len, options.output_len});
  const std::vector<double> at_once(batch.size(), 0.0);
  std::vector<double> batch_s;
  Load load(options, *engine);
  for (std::int32_t i = 0; i < num_batches; ++i) {
    const double before = load.elapsed_s;
    if (auto run = load.run(batch, at_once, options.concurrency); !run) return run.error();
    batch_s.push_back(load.elapsed_s - before);
  }
  const json::object out{
      {"batches", num_batches},
      {"latency_ms", milliseconds(batch_s, {10, 50, 90, 99})},
      {"latency_ms_mean", mean(batch_s) * 1e3},
      {"ttft_ms", milliseconds(load.ttft_s, {50, 95})},
      {"itl_ms", milliseconds(load.itl_s, {50, 95, 99})},
      {"peak_rss_bytes", peak_rss_bytes()},
      {"load_s", std::chrono::duration<double>(engine->executor->info().load_time).count()},
      {"weights_bytes", engine->executor->info().memory.weights_bytes},
      {"device", engine->executor->info().device}};
  print(out, options.json);
  return 0;
}

}  // namespace octavo
