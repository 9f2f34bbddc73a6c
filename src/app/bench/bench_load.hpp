// Requests by the thousand, without a network: what the benchmarks send through an engine, when,
// and the times that they keep. Prompts are token ids drawn at random, completions have a fixed
// length, so that two runs do the same work.
#pragma once

#include <boost/json/object.hpp>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "src/app/cli/flags/options.hpp"
#include "src/app/serve/trace_file.hpp"
#include "src/engine/local_engine.hpp"
#include "src/runtime/model_executor.hpp"

namespace octavo::bench {

struct RequestShape {
  std::int32_t num_prompt_tokens = 0;
  std::int32_t num_output_tokens = 0;
};

/// The lengths that the options name: a file's, or all alike. Errors: kIo, kInvalidFile.
[[nodiscard]] Result<std::vector<RequestShape>> request_shapes(const BenchOptions& options);

/// When each of `count` requests comes, in seconds: a Poisson process, or all at once.
std::vector<double> arrival_times(std::size_t count, double rate, std::uint64_t seed);

double now_s();
double percentile(std::vector<double> values, double share);
double mean(const std::vector<double>& values);
/// What each request was answered.
using Outputs = std::unordered_map<RequestId, std::vector<TokenId>>;
/// Where answers first differ from those of the same request in `others`, which has all of them:
/// one position for each answer that differs.
std::vector<double> first_differences(const Outputs& answers, const Outputs& others);
/// {"p50": ..., ...}
boost::json::object milliseconds(const std::vector<double>& seconds,
                                 std::initializer_list<int> percentiles);
/// A figure of a table: four significant digits, whole numbers in groups, never in powers of ten;
/// words without quotes.
std::string figure_text(const boost::json::value& value);
/// One JSON object, or a line for each of its members.
void print(const boost::json::object& object, bool as_json);

struct Engine {
  std::unique_ptr<TraceFile> trace;  ///< Null unless asked for.
  std::unique_ptr<ModelExecutor> executor;
  SchedulerConfig config;
};
/// With room for `concurrency` sequences at once. spans: is given what a trace would hold; may be
/// null.
[[nodiscard]] Result<Engine> make_engine(const BenchOptions& options, std::int32_t concurrency,
                                         SpanSink* spans = nullptr);

/// Runs requests through an engine and keeps the times.
class Load {
 public:
  Load(const BenchOptions& options, const Engine& engine)
      : options_(options),
        block_size_(engine.config.block_size),
        engine_(engine.config, *engine.executor, engine.trace.get()),
        vocab_size_(engine.executor->info().vocab_size),
        random_(options.model.seed.value_or(0)) {}

  /// `arrivals` says when each comes, in seconds from now; at most `concurrency` run at once.
  [[nodiscard]] Result<void> run(const std::vector<RequestShape>& shapes,
                                 const std::vector<double>& arrivals, std::int32_t concurrency) {
    std::size_t next = 0;
    std::int32_t num_running = 0;
    const double start = now_s();
    while (next < shapes.size() || num_running > 0) {
      for (; next < shapes.size() && num_running < concurrency && start + arrivals[next] <= now_s();
           ++next, ++num_running)
        submit(shapes[next], start + arrivals[next]);
      if (num_running == 0) {  // The next request has not come yet.
        const double wait_s = std::min(1.0, start + arrivals[next] - now_s());
        std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
      }
      for (const RequestEvent& event : engine_.step()) {
        if (const auto* rejected = std::get_if<RequestRejected>(&event)) return rejected->error;
        if (const auto* tokens = std::get_if<TokensGenerated>(&event)) observe(*tokens);
        if (const auto* finished = std::get_if<RequestFinished>(&event)) {
          if (finished->error) return *finished->error;
          finish(finished->request);
          --num_running;
        }
      }
      sample_cache();
    }
    while (!engine_.is_idle()) engine_.step();  // Steps that were planned before the last end.
    elapsed_s += now_s() - start;
    return {};
  }

  const LocalEngine& engine() const { return engine_; }

  double elapsed_s = 0;
  std::int64_t num_output_tokens = 0;
  Outputs outputs;
  std::vector<double> ttft_s;
  std::vector<double> itl_s;
  std::vector<double> normalized_s;  ///< From arrival to end, per output token.
  std::vector<double> used_fractions;
  std::vector<double> waste_fractions;

 private:
  struct Times {
    double submitted = 0;
    double last = 0;
    std::int64_t num_tokens = 0;
  };

  // Token ids that never meet one another in the prefix cache.
  void submit(const RequestShape& shape, double arrived_s) {
    Request request;
    request.id = RequestId{next_++};
    std::uniform_int_distribution<TokenId> token(0, static_cast<TokenId>(vocab_size_ - 1));
    for (std::int32_t i = 0; i < shape.num_prompt_tokens; ++i)
      request.prompt.push_back(token(random_));
    request.sampling.temperature = 0;
    request.sampling.max_tokens = shape.num_output_tokens;
    request.sampling.ignore_eos = true;
    times_[request.id].submitted = arrived_s;
    engine_.submit(std::move(request));
  }

  void finish(RequestId id) {
    const Times& times = times_.at(id);
    normalized_s.push_back((times.last - times.submitted) /
                           static_cast<double>(std::max<std::int64_t>(1, times.num_tokens)));
  }

  void observe(const TokensGenerated& event) {
    const double now = now_s();
    Times& times = times_.at(event.request);
    times.num_tokens += static_cast<std::int64_t>(event.tokens.size());
    num_output_tokens += static_cast<std::int64_t>(event.tokens.size());
    if (times.last == 0)
      ttft_s.push_back(now - times.submitted);
    else
      itl_s.push_back(now - times.last);
    times.last = now;
    for (const SampledToken& each : event.tokens) outputs[event.request].push_back(each.token);
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

}  // namespace octavo::bench
