// octavo bench: the engine under load without a network. Prompts are token ids drawn at random,
// completions have a fixed length, so that two runs do the same work.
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <unordered_map>

#include "src/app/commands.hpp"
#include "src/app/load.hpp"
#include "src/app/local_engine.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using Seconds = std::chrono::duration<double>;

double now_s() { return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                   values.end());
  return values[rank];
}

std::int64_t peak_rss_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

/// Runs requests through an engine and keeps the times.
class Load {
 public:
  Load(const BenchOptions& options, const SchedulerConfig& config, StepExecutor& executor,
       std::int64_t vocab_size)
      : options_(options),
        block_size_(config.block_size),
        engine_(config, executor),
        vocab_size_(vocab_size),
        random_(options.model.seed) {}

  Result<void> run(std::int32_t num_requests, std::int32_t concurrency) {
    std::int32_t num_submitted = 0;
    std::int32_t num_running = 0;
    const double start = now_s();
    while (num_submitted < num_requests || num_running > 0) {
      for (; num_submitted < num_requests && num_running < concurrency;
           ++num_submitted, ++num_running)
        submit();
      for (const RequestEvent& event : engine_.step()) {
        if (const auto* rejected = std::get_if<RequestRejected>(&event)) return rejected->error;
        if (const auto* tokens = std::get_if<TokensGenerated>(&event)) observe(*tokens);
        if (const auto* finished = std::get_if<RequestFinished>(&event)) {
          if (finished->error) return *finished->error;
          --num_running;
        }
      }
      sample_cache();
    }
    elapsed_s += now_s() - start;
    return {};
  }

  double elapsed_s = 0;
  std::int64_t num_output_tokens = 0;
  std::vector<double> ttft_s;
  std::vector<double> itl_s;
  std::vector<double> used_fractions;
  std::vector<double> waste_fractions;

 private:
  struct Times {
    double submitted = 0;
    double last = 0;
  };

  void submit() {
    Request request;
    request.id = RequestId{next_++};
    std::uniform_int_distribution<TokenId> token(0, static_cast<TokenId>(vocab_size_ - 1));
    for (std::int32_t i = 0; i < options_.input_len; ++i) request.prompt.push_back(token(random_));
    request.sampling.temperature = 0;
    request.sampling.max_tokens = options_.output_len;
    request.sampling.ignore_eos = true;
    times_[request.id].submitted = now_s();
    engine_.submit(std::move(request));
  }

  void observe(const TokensGenerated& event) {
    const double now = now_s();
    Times& times = times_.at(event.request);
    num_output_tokens += static_cast<std::int64_t>(event.tokens.size());
    if (times.last == 0)
      ttft_s.push_back(now - times.submitted);
    else
      itl_s.push_back(now - times.last);
    times.last = now;
  }

  void sample_cache() {
    const BlockManager& blocks = engine_.blocks();
    const double used = blocks.num_blocks() - blocks.num_free();
    used_fractions.push_back(used / blocks.num_blocks());
    if (used > 0)
      waste_fractions.push_back(1.0 - static_cast<double>(blocks.num_tokens_held()) /
                                          (used * block_size_));
  }

  const BenchOptions& options_;
  std::int32_t block_size_;
  LocalEngine engine_;
  std::int64_t vocab_size_;
  std::mt19937_64 random_;
  std::uint64_t next_ = 1;
  std::unordered_map<RequestId, Times> times_;
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

struct Engine {
  std::unique_ptr<ModelRunner> runner;
  SchedulerConfig config;
};

Result<Engine> make_engine(const BenchOptions& options) {
  auto runner = load_runner(options.model);
  if (!runner) return runner.error();
  auto config = scheduler_config(options.model, (*runner)->info());
  if (!config) return config.error();
  config->max_num_seqs = std::max(config->max_num_seqs, options.concurrency);
  config->max_num_waiting = options.num_prompts + options.concurrency;
  config->max_steps_in_flight = 1;
  return Engine{std::move(*runner), std::move(*config)};
}

json::object milliseconds(const std::vector<double>& seconds,
                          std::initializer_list<int> percentiles) {
  json::object out;
  for (int p : percentiles) out["p" + std::to_string(p)] = percentile(seconds, p / 100.0) * 1e3;
  return out;
}

void print_rows(const json::object& object, const std::string& prefix) {
  for (const auto& [key, value] : object) {
    const std::string name = prefix + std::string(key);
    if (value.is_object())
      print_rows(value.get_object(), name + ".");
    else
      std::printf("%-28s %s\n", name.c_str(), json::serialize(value).c_str());
  }
}

void print(const json::object& object, bool as_json) {
  if (as_json)
    std::printf("%s\n", json::serialize(object).c_str());
  else
    print_rows(object, "");
}

}  // namespace

Result<int> bench_throughput(const BenchOptions& options) {
  auto engine = make_engine(options);
  if (!engine) return engine.error();
  const std::int64_t vocab_size = engine->runner->info().vocab_size;
  Load load(options, engine->config, *engine->runner, vocab_size);
  if (auto run = load.run(options.num_prompts, options.concurrency); !run) return run.error();
  const double seconds = load.elapsed_s;
  const auto num_prompt_tokens = static_cast<double>(options.num_prompts) * options.input_len;
  const json::object out{
      {"output_tokens_per_s", static_cast<double>(load.num_output_tokens) / seconds},
      {"total_tokens_per_s",
       (static_cast<double>(load.num_output_tokens) + num_prompt_tokens) / seconds},
      {"requests_per_s", options.num_prompts / seconds},
      {"seconds", seconds},
      {"ttft_ms", milliseconds(load.ttft_s, {50, 95})},
      {"itl_ms", milliseconds(load.itl_s, {50, 95, 99})},
      {"peak_rss_bytes", peak_rss_bytes()},
      {"kv",
       {{"used_fraction_mean", mean(load.used_fractions)},
        {"waste_fraction_mean", mean(load.waste_fractions)}}},
      {"device", engine->runner->info().device}};
  print(out, options.json);
  return 0;
}

Result<int> bench_latency(const BenchOptions& options) {
  auto engine = make_engine(options);
  if (!engine) return engine.error();
  const std::int64_t vocab_size = engine->runner->info().vocab_size;
  const std::int32_t num_batches = std::max(1, options.num_prompts / options.concurrency);
  std::vector<double> batch_s;
  Load load(options, engine->config, *engine->runner, vocab_size);
  for (std::int32_t i = 0; i < num_batches; ++i) {
    const double before = load.elapsed_s;
    if (auto run = load.run(options.concurrency, options.concurrency); !run) return run.error();
    batch_s.push_back(load.elapsed_s - before);
  }
  const json::object out{{"batches", num_batches},
                         {"latency_ms", milliseconds(batch_s, {10, 50, 90, 99})},
                         {"latency_ms_mean", mean(batch_s) * 1e3},
                         {"ttft_ms", milliseconds(load.ttft_s, {50, 95})},
                         {"itl_ms", milliseconds(load.itl_s, {50, 95, 99})},
                         {"peak_rss_bytes", peak_rss_bytes()},
                         {"device", engine->runner->info().device}};
  print(out, options.json);
  return 0;
}

}  // namespace octavo
