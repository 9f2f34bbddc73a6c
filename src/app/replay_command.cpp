#include "src/app/replay_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "src/app/bytes.hpp"
#include "src/app/replay_recording.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/json_file.hpp"
#include "src/replay/arrivals.hpp"
#include "src/replay/gzip_file.hpp"
#include "src/replay/recording.hpp"
#include "src/replay/replayer.hpp"
#include "src/replay/report.hpp"
#include "src/replay/trace_reader.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kShortestContext = 2048;

Error invalid(const std::string& flag, const std::string& why) {
  return Error{Errc::kInvalidValue, "--" + flag + ": " + why, flag};
}

Result<ModelShape> shape_of(const ReplayOptions& options, const Trace& trace) {
  std::string name = options.model_shape;
  if (name.empty()) name = trace.longest() <= kShortestContext ? "opt-13b" : "llama-3-8b";
  if (auto shape = model_shape_named(name)) return *shape;
  fs::path path = name;
  if (fs::is_directory(path)) path /= "config.json";
  if (!fs::exists(path))
    return invalid("model-shape",
                   "`" + name + "` is neither opt-13b, llama-3-8b nor a config.json");
  const auto config = read_json_file(path);
  if (!config) return config.error();
  const auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  return model_shape_of(name, {spec->vocab_size, spec->hidden_size, spec->intermediate_size,
                               spec->num_layers, spec->query_size(), spec->kv_size(), spec->gated});
}

Result<SamplingParams> sampling_of(const std::string& text) {
  SamplingParams sampling;
  if (text.empty()) return sampling;
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string number = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::int32_t count = 0;
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  const bool is_number = error == std::errc() && rest == number.data() + number.size();
  if (kind == "parallel" && is_number && count >= 1 && count <= 8) {
    sampling.n = count;
    return sampling;
  }
  if (kind == "beam" && is_number && count >= 1 && count <= 16) {
    sampling.beam_width = count;
    return sampling;
  }
  return invalid("sampling", "`" + text + "` is neither parallel:1..8 nor beam:1..16");
}

Result<std::int32_t> num_blocks_of(const ReplayOptions& options, const ModelShape& shape,
                                   const Trace& trace) {
  const std::int64_t block_bytes = shape.kv_bytes_per_token * options.block_size;
  std::int64_t bytes = shape.default_kv_bytes;
  if (!options.kv_memory.empty()) {
    bytes = static_cast<std::int64_t>(*parse_bytes(options.kv_memory));
  } else if (shape.name != "opt-13b") {
    const std::int64_t longest = blocks_for(trace.longest(), options.block_size);
    bytes = std::max(bytes, longest * block_bytes);
  }
  const std::int64_t num_blocks = bytes / block_bytes;
  if (num_blocks < 1 || num_blocks > (1 << 26)) {
    return invalid("kv-memory", format_bytes(static_cast<std::uint64_t>(bytes)) + " are " +
                                    std::to_string(num_blocks) + " blocks of " +
                                    format_bytes(static_cast<std::uint64_t>(block_bytes)) +
                                    ": between 1 and 67108864 are possible");
  }
  return static_cast<std::int32_t>(num_blocks);
}

std::int32_t max_model_len_of(const ReplayOptions& options, std::int64_t longest,
                              std::int64_t num_slots) {
  std::int64_t length = options.max_model_len;
  if (length == 0) {
    length = std::max<std::int64_t>(kShortestContext,
                                    std::bit_ceil(static_cast<std::uint64_t>(longest)));
  }
  return static_cast<std::int32_t>(std::min(length, num_slots));
}

Result<ReplayConfig> engine_of(const ReplayOptions& options, const ModelShape& shape,
                               const Trace& trace) {
  ReplayConfig config;
  const auto sampling = sampling_of(options.sampling);
  if (!sampling) return sampling.error();
  config.sampling = *sampling;
  const auto num_blocks = num_blocks_of(options, shape, trace);
  if (!num_blocks) return num_blocks.error();
  config.engine.num_blocks = *num_blocks;
  config.engine.block_size = options.block_size;
  config.engine.max_model_len =
      max_model_len_of(options, trace.longest(), std::int64_t{*num_blocks} * options.block_size);
  config.engine.max_num_seqs = options.max_num_seqs;
  config.engine.max_num_batched_tokens = options.max_num_batched_tokens;
  config.engine.seed = options.seed;
  const std::int64_t block_bytes = shape.kv_bytes_per_token * options.block_size;
  const std::int64_t swap_bytes =
      options.swap_space.empty() ? 0 : static_cast<std::int64_t>(*parse_bytes(options.swap_space));
  config.engine.num_host_blocks =
      static_cast<std::int32_t>(std::min<std::int64_t>(swap_bytes / block_bytes, 1 << 26));
  const auto policy = queue_policy_named(options.scheduling_policy);
  if (!policy) return policy.error();
  config.engine.queue_policy = *policy;
  if (options.preemption_mode == "swap") config.engine.preemption_mode = PreemptionMode::kSwap;
  if (options.preemption_mode == "recompute")
    config.engine.preemption_mode = PreemptionMode::kRecompute;
  return config;
}

/// Says on a terminal how far the replays are, on one line that goes away.
class Progress {
 public:
  explicit Progress(std::int64_t num_requests)
      : num_requests_(num_requests), is_shown_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (is_shown_) std::fprintf(stderr, "\r\033[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::int64_t num_done) {
    const std::int64_t done = num_done_ += num_done;
    if (!is_shown_ || num_done == 0) return;
    const auto percent = static_cast<int>(100 * done / std::max<std::int64_t>(1, num_requests_));
    if (percent_.exchange(percent) != percent) std::fprintf(stderr, "\rreplaying: %d %%", percent);
  }

 private:
  std::int64_t num_requests_;
  bool is_shown_;
  std::atomic<std::int64_t> num_done_ = 0;
  std::atomic<int> percent_ = -1;
};

/// One replay for each allocator, on two threads: they share nothing but the trace.
Result<std::vector<Outcome>> replay_all(const Trace& trace, const CostModel& cost,
                                        const ReplayConfig& config,
                                        const std::vector<KvAllocator>& allocators) {
  std::vector<Result<Outcome>> results(allocators.size(), Outcome{});
  std::atomic<std::size_t> next = 0;
  Progress progress(static_cast<std::int64_t>(trace.requests.size() * allocators.size()));
  const auto work = [&] {
    for (std::size_t i = next++; i < allocators.size(); i = next++) {
      ReplayConfig mine = config;
      mine.allocator = allocators[i];
      std::int64_t last = 0;
      results[i] = Replayer(trace, cost, mine).run([&](std::int64_t num_done) {
        progress.add(num_done - std::exchange(last, num_done));
      });
    }
  };
  std::thread helper(work);
  work();
  helper.join();
  std::vector<Outcome> outcomes;
  for (auto& result : results) {
    if (!result) return result.error();
    outcomes.push_back(std::move(*result));
  }
  return outcomes;
}

std::string page_path(const ReplayOptions& options) {
  if (!options.html.empty()) return options.html;
  std::string stem = fs::path(options.trace).filename().string();
  for (const char* ending : {".gz", ".csv", ".tsv", ".jsonl", ".json"}) {
    if (stem.ends_with(ending) && stem.size() > std::string(ending).size())
      stem.resize(stem.size() - std::string(ending).size());
  }
  std::replace(stem.begin(), stem.end(), ':', '-');
  return stem + ".replay.html";
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return Error{Errc::kIo, path + ": cannot be written", "html"};
  return {};
}

}  // namespace

Result<int> replay_trace(const ReplayOptions& options) {
  std::string bytes;
  if (!options.trace.starts_with("synthetic:")) {
    auto file = read_maybe_gzip(options.trace);
    if (!file) return file.error();
    bytes = std::move(*file);
  }
  if (is_recording(bytes)) return repeat_recording(options.trace, bytes, options.json);
  auto trace =
      bytes.empty() ? read_trace(options.trace, options.seed) : parse_trace(bytes, options.trace);
  if (!trace) return trace.error();
  if (options.num_requests > 0 &&
      options.num_requests < static_cast<std::int64_t>(trace->requests.size()))
    trace->requests.resize(static_cast<std::size_t>(options.num_requests));
  const auto arrivals = parse_arrivals(options.rate);
  if (!arrivals) return arrivals.error();
  const auto shape = shape_of(options, *trace);
  if (!shape) return shape.error();
  const CostModel cost(*shape);
  const auto config = engine_of(options, *shape, *trace);
  if (!config) return config.error();

  ReplayReport report;
  const std::int64_t num_slots =
      std::int64_t{config->engine.num_blocks} * config->engine.block_size;
  const double full_rate = cost.saturating_rate(*trace, num_slots, config->engine.max_num_seqs);
  ArrivalOptions when = *arrivals;
  if (!options.sampling.empty() && when.kind == ArrivalKind::kSaturating &&
      mean_rate(*trace) == 0) {
    // A rush at the start would show many young sequences, which share more than they do later.
    const double width = std::max(config->sampling.n, config->sampling.beam_width);
    when = {ArrivalKind::kRate, full_rate / (3 * width)};
  }
  report.speedup = set_arrivals(*trace, when, full_rate, options.seed);
  std::vector<KvAllocator> allocators;
  for (const std::string& name : options.allocators) {
    const auto allocator = kv_allocator_named(name);
    if (!allocator) return allocator.error();
    if (std::find(allocators.begin(), allocators.end(), *allocator) == allocators.end())
      allocators.push_back(*allocator);
  }
  if (allocators.empty()) {
    allocators = {KvAllocator::kPaged, KvAllocator::kOrcaMax, KvAllocator::kOrcaPow2,
                  KvAllocator::kOrcaOracle};
  }
  auto outcomes = replay_all(*trace, cost, *config, allocators);
  if (!outcomes) return outcomes.error();

  report.describe(*trace, *shape, config->engine, options.sampling);
  report.outcomes = std::move(*outcomes);
  if (options.json)
    std::printf("%s\n", boost::json::serialize(json_of(report)).c_str());
  else
    std::fputs(table_of(report).c_str(), stdout);
  if (options.no_html) return 0;
  const std::string path = page_path(options);
  if (auto written = write_file(path, page_of(report)); !written) return written.error();
  std::fprintf(options.json ? stderr : stdout, "page: %s\n", path.c_str());
  return 0;
}

}  // namespace octavo
