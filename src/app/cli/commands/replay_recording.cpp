#include "src/app/cli/commands/replay_recording.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>

#include "src/app/cli/commands/replay_run.hpp"
#include "src/core/bytes.hpp"
#include "src/library/engine_settings.hpp"
#include "src/replay/report/recording_report.hpp"
#include "src/replay/report/report_text.hpp"
#include "src/replay/run/recording_outcome.hpp"
#include "src/replay/trace/arrivals.hpp"
#include "src/replay/trace/recording_trace.hpp"

namespace octavo {
namespace {

Result<int> repeat(const ReplayOptions& options, const std::string& bytes) {
  const auto began = std::chrono::steady_clock::now();
  auto reader = RecordingReader::open(bytes, options.trace);
  if (!reader) return reader.error();
  RecordingReport report;
  report.name = options.trace;
  report.version = reader->version();
  report.header = reader->header();
  RecordingReplay replay(*reader, report.header.engine, &report.counts);
  const auto repeated = replay.run();
  if (!repeated) return repeated.error();
  report.repeat = *repeated;
  report.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (options.json)
    std::printf("%s\n", boost::json::serialize(json_of(report)).c_str());
  else
    std::fputs(text_of(report).c_str(), stdout);
  return report.repeat.is_equal() ? 0 : 1;
}

/// Repeats the whole for the listener, or says why what-if has nothing to stand on.
Result<void> listen(const ReplayOptions& options, const std::string& bytes,
                    RecordingListener& listener) {
  auto reader = RecordingReader::open(bytes, options.trace);
  if (!reader) return reader.error();
  RecordingReplay replay(*reader, reader->header().engine, &listener);
  const auto repeated = replay.run();
  if (!repeated) return repeated.error();
  if (!repeated->difference) return {};
  return Error{Errc::kInvalidFile,
               options.trace + ": this octavo decides otherwise than the one that recorded, from " +
                   "step " + std::to_string(repeated->difference->step.value) +
                   " on: ask the version that recorded it",
               ""};
}

/// The pools of the recorded configuration, in blocks of the size that was given.
Result<void> set_pools(SchedulerConfig& engine, const ReplayOptions& options,
                       const RecordingHeader& header) {
  if (options.has("block-size")) {  // The memory stays the same.
    const auto same = [&](std::int32_t num_blocks) {
      return static_cast<std::int32_t>(std::min<std::int64_t>(
          std::int64_t{num_blocks} * engine.block_size / options.block_size, 1 << 26));
    };
    engine.num_blocks = same(engine.num_blocks);
    engine.num_host_blocks = same(engine.num_host_blocks);
    engine.block_size = options.block_size;
  }
  if (header.kv_bytes_per_token == 0 && (options.has("kv-memory") || options.has("swap-space")))
    return invalid_flag("kv-memory", "the recording does not say what a token takes: --num-blocks");
  const std::int64_t block_bytes = header.kv_bytes_per_token * engine.block_size;
  const auto set = [&](std::int32_t& num_blocks, const char* flag, const std::string& size) {
    if (!options.has(flag)) return Result<void>{};
    const auto blocks = blocks_in(size, block_bytes, flag);
    if (!blocks) return Result<void>(blocks.error());
    num_blocks = *blocks;
    return Result<void>{};
  };
  if (auto done = set(engine.num_blocks, "kv-memory", options.kv_memory); !done) return done;
  if (auto done = set(engine.num_host_blocks, "swap-space", options.swap_space); !done) return done;
  if (options.has("num-blocks")) engine.num_blocks = options.num_blocks;
  if (engine.num_blocks < 1) return invalid_flag("kv-memory", "holds not one block");
  return {};
}

/// The recorded configuration, but for the flags that were given.
Result<SchedulerConfig> engine_of(const ReplayOptions& options, const RecordingHeader& header) {
  SchedulerConfig engine = header.engine;
  if (auto set = set_pools(engine, options, header); !set) return set.error();
  if (options.has("max-model-len")) engine.max_model_len = options.max_model_len;
  engine.max_model_len = static_cast<std::int32_t>(std::min<std::int64_t>(
      engine.max_model_len, std::int64_t{engine.num_blocks} * engine.block_size));
  const auto is_given = [&](const char* flag) { return options.has(flag); };
  if (auto set = set_engine(engine, options, is_given); !set) return set.error();
  return engine;
}

CostModel cost_of(const RecordingHeader& header, StepFit fit) {
  constexpr double kHostBytesPerSecond = 10e9;  // Until something has been moved.
  if (fit.moved_token_s == 0)
    fit.moved_token_s = static_cast<double>(header.kv_bytes_per_token) / kHostBytesPerSecond;
  ModelShape shape;
  shape.name = header.model;
  shape.kv_bytes_per_token = header.kv_bytes_per_token;
  shape.device.name = "server as recorded";
  return {std::move(shape), fit};
}

std::string sentence_of(const StepFit& fit) {
  return "step times are fitted to the " + grouped(fit.num_steps) +
         " recorded ones: " + duration_text(fit.base_s) + ", and " + decimal(fit.token_s * 1e6, 2) +
         " us for a token and " + decimal(fit.kv_token_s * 1e6, 3) +
         " us for one of the context; off by " + decimal(100 * fit.error, 0) +
         " % on average; `modelled` is the recorded configuration by these times";
}

Result<int> ask_what_if(const ReplayOptions& options, const std::string& bytes) {
  auto reader = RecordingReader::open(bytes, options.trace);
  if (!reader) return reader.error();
  const RecordingHeader header = reader->header();
  const auto engine = engine_of(options, header);
  if (!engine) return engine.error();
  const auto sampling = sampling_of(options.sampling);
  if (!sampling) return sampling.error();
  const auto allocators = allocators_of(options, {header.engine.kv_allocator});
  if (!allocators) return allocators.error();
  const auto arrivals = parse_arrivals(options.has("rate") ? options.rate : "trace");
  if (!arrivals) return arrivals.error();

  RecordingTrace heard(header.engine.block_size);
  if (auto done = listen(options, bytes, heard); !done) return done.error();
  Trace trace = heard.trace(options.trace);
  if (trace.requests.empty())
    return Error{Errc::kInvalidFile, options.trace + ": has no requests", ""};
  RecordingOutcome recorded(trace, header.engine);
  if (auto done = listen(options, bytes, recorded); !done) return done.error();
  const CostModel cost = cost_of(header, heard.fit());
  auto modelled = replay_all(trace, cost, {header.engine, header.engine.kv_allocator, {}},
                             {header.engine.kv_allocator});
  if (!modelled) return modelled.error();
  modelled->front().label = "modelled";
  modelled->front().pool = {};

  if (options.num_requests > 0 &&
      options.num_requests < static_cast<std::int64_t>(trace.requests.size()))
    trace.requests.resize(static_cast<std::size_t>(options.num_requests));
  const std::int64_t num_slots = std::int64_t{engine->num_blocks} * engine->block_size;
  ReplayReport report;
  report.speedup = set_arrivals(
      trace, *arrivals, cost.saturating_rate(trace, num_slots, engine->max_num_seqs), options.seed);
  auto outcomes = replay_all(trace, cost, {*engine, KvAllocator::kPaged, *sampling}, *allocators);
  if (!outcomes) return outcomes.error();
  report.describe(trace, cost.shape(), *engine, options.sampling);
  report.step_times = sentence_of(heard.fit());
  report.outcomes = {recorded.report(), std::move(modelled->front())};
  std::move(outcomes->begin(), outcomes->end(), std::back_inserter(report.outcomes));
  return tell(report, options);
}

}  // namespace

Result<int> replay_recording(const ReplayOptions& options, const std::string& bytes) {
  const bool asks = std::any_of(options.given.begin(), options.given.end(), [](const auto& flag) {
    return flag != "json" && flag != "no-html";
  });
  return asks ? ask_what_if(options, bytes) : repeat(options, bytes);
}

}  // namespace octavo
