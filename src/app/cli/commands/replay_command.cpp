#include "src/app/cli/commands/replay_command.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>

#include "src/app/cli/commands/replay_recording.hpp"
#include "src/app/cli/commands/replay_run.hpp"
#include "src/core/bytes.hpp"
#include "src/library/engine_settings.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/json_file.hpp"
#include "src/recording/recording.hpp"
#include "src/replay/trace/arrivals.hpp"
#include "src/replay/trace/gzip_file.hpp"
#include "src/replay/trace/trace_reader.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kShortestContext = 2048;

Result<ModelShape> shape_of(const ReplayOptions& options, const Trace& trace) {
  std::string name = options.model_shape;
  if (name.empty()) name = trace.longest() <= kShortestContext ? "opt-13b" : "llama-3-8b";
  if (auto shape = model_shape_named(name)) return *shape;
  fs::path path = name;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) path /= "config.json";
  if (!fs::exists(path, ignored))
    return invalid_flag("model-shape",
                        "`" + name + "` is neither opt-13b, llama-3-8b nor a config.json");
  const auto config = read_json_file(path);
  if (!config) return config.error();
  const auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  return model_shape_of(name, {spec->vocab_size, spec->hidden_size, spec->intermediate_size,
                               spec->num_layers, spec->query_size(), spec->kv_size(), spec->gated});
}

Result<std::int32_t> num_blocks_of(const ReplayOptions& options, const ModelShape& shape,
                                   const Trace& trace) {
  if (options.num_blocks > 0) return options.num_blocks;
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
    return invalid_flag("kv-memory", format_bytes(static_cast<std::uint64_t>(bytes)) + " are " +
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
  const std::int64_t block_bytes = shape.kv_bytes_per_token * options.block_size;
  if (!options.swap_space.empty()) {
    const auto num_host_blocks = blocks_in(options.swap_space, block_bytes, "swap-space");
    if (!num_host_blocks) return num_host_blocks.error();
    config.engine.num_host_blocks = *num_host_blocks;
  }
  if (auto set = set_engine(config.engine, options); !set) return set.error();
  return config;
}

}  // namespace

Result<int> replay_trace(const ReplayOptions& options) {
  std::string bytes;
  if (!options.trace.starts_with("synthetic:")) {
    auto file = read_maybe_gzip(options.trace);
    if (!file) return file.error();
    bytes = std::move(*file);
  }
  if (is_recording(bytes)) return replay_recording(options, bytes);
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
  const auto allocators =
      allocators_of(options, {KvAllocator::kPaged, KvAllocator::kOrcaMax, KvAllocator::kOrcaPow2,
                              KvAllocator::kOrcaOracle});
  if (!allocators) return allocators.error();
  auto outcomes = replay_all(*trace, cost, *config, *allocators);
  if (!outcomes) return outcomes.error();

  report.describe(*trace, *shape, config->engine, options.sampling);
  report.outcomes = std::move(*outcomes);
  return tell(report, options);
}

}  // namespace octavo
