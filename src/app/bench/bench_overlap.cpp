// octavo bench overlap: half of the sequences must leave the device and come back. Are the copies
// hidden under the compute, and do the tokens stay what they are?
#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "src/app/bench/bench_load.hpp"
#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/load.hpp"
#include "src/core/block_count.hpp"
#include "src/core/json_number.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/json_file.hpp"
#include "src/runtime/run_plan.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using namespace bench;

constexpr std::int64_t kMaxBlocks = 1 << 26;

class SpanLog final : public SpanSink {
 public:
  /// Passes on what it receives, if another sink is given.
  void set_next(SpanSink* next) { next_ = next; }
  void add(const Span& span) override {
    if (next_ != nullptr) next_->add(span);
    const std::lock_guard lock(mutex_);
    spans_.push_back(span);
  }
  void clear() { spans_.clear(); }
  std::vector<Span> of(Track track) const {
    std::vector<Span> found;
    std::copy_if(spans_.begin(), spans_.end(), std::back_inserter(found),
                 [track](const Span& span) { return span.track == track; });
    std::sort(found.begin(), found.end(),
              [](const Span& a, const Span& b) { return a.begin < b.begin; });
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<Span> spans_;
  SpanSink* next_ = nullptr;
};

double seconds(std::chrono::steady_clock::duration length) {
  return std::chrono::duration<double>(length).count();
}

/// Seconds of `copies` during which some step ran. Steps do not overlap one another.
double hidden_seconds(const std::vector<Span>& copies, const std::vector<Span>& steps) {
  double hidden = 0;
  for (const Span& copy : copies) {
    for (const Span& step : steps) {
      const auto begin = std::max(copy.begin, step.begin);
      const auto end = std::min(copy.end, step.end);
      if (begin < end) hidden += seconds(end - begin);
    }
  }
  return hidden;
}

double overlap_of(const Span& step, const std::vector<Span>& copies) {
  double shared = 0;
  for (const Span& copy : copies)
    shared +=
        std::max(0.0, seconds(std::min(copy.end, step.end) - std::max(copy.begin, step.begin)));
  return shared;
}

/// How much longer a step takes while copies run, than one of as many tokens without: the mean over
/// the numbers of tokens that were seen both ways; null: none was.
json::value slowdown_under_copies(const std::vector<Span>& steps, const std::vector<Span>& copies) {
  std::map<std::int64_t, std::array<std::vector<double>, 2>> by_tokens;
  for (const Span& step : steps) {
    const double length = seconds(step.end - step.begin);
    if (length <= 0) continue;
    const double share = overlap_of(step, copies) / length;
    if (share == 0 || share > 0.9) by_tokens[step.count][share > 0 ? 1 : 0].push_back(length);
  }
  std::vector<double> slowdowns;
  for (const auto& [count, lengths] : by_tokens) {
    if (lengths[0].empty() || lengths[1].empty()) continue;
    slowdowns.push_back(percentile(lengths[1], 0.5) / percentile(lengths[0], 0.5) - 1.0);
  }
  return slowdowns.empty() ? json::value(nullptr) : json_number(mean(slowdowns));
}

/// null where there was nothing to measure.
json::value ratio(double part, double whole) {
  return whole > 0 ? json_number(part / whole) : json::value(nullptr);
}

json::object describe_copies(const std::vector<Span>& copies, const std::vector<Span>& steps,
                             std::size_t block_bytes) {
  double busy = 0;
  double bytes = 0;
  for (const Span& copy : copies) {
    busy += seconds(copy.end - copy.begin);
    bytes += static_cast<double>(copy.count) * static_cast<double>(block_bytes);
  }
  return {{"gigabytes", bytes / 1e9},
          {"gb_per_s", ratio(bytes / 1e9, busy)},
          {"seconds", busy},
          {"hidden_share", ratio(hidden_seconds(copies, steps), busy)}};
}

/// Median time from the end of a step to the begin of the next that followed within 5 ms.
json::value median_gap_us(const std::vector<Span>& steps) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const double gap = seconds(steps[i].begin - steps[i - 1].end) * 1e6;
    if (gap < 5000) gaps.push_back(gap);
  }
  return gaps.empty() ? json::value(nullptr) : json_number(percentile(gaps, 0.5));
}

/// Outputs of half to one and a half times the length asked for, evenly spread in no order, so that
/// some sequences end while others run.
std::vector<RequestShape> spread_lengths(const BenchOptions& options) {
  std::vector<RequestShape> shapes;
  for (std::int64_t i = 0; i < options.concurrency; ++i) {
    const std::int64_t rank = i * 37 % options.concurrency;
    const std::int64_t extra = rank * options.output_len / options.concurrency;
    shapes.push_back({options.input_len, static_cast<std::int32_t>(std::max<std::int64_t>(
                                             1, options.output_len / 2 + extra))});
  }
  return shapes;
}

/// Blocks that hold all of them at their longest. Errors: kInvalidValue for more than there can be.
Result<std::int64_t> blocks_needed(const std::vector<RequestShape>& shapes,
                                   std::int32_t block_size) {
  std::int64_t needed = 0;
  for (const RequestShape& each : shapes) {
    const std::int32_t length = each.num_prompt_tokens + each.num_output_tokens;
    needed += blocks_for(length, block_size) + 1;
  }
  if (needed <= kMaxBlocks) return needed;
  return Error{Errc::kInvalidValue,
               "--concurrency: so many sequences of that length need " + std::to_string(needed) +
                   " blocks, and there are at most " + std::to_string(kMaxBlocks),
               "concurrency"};
}

/// Host memory for the blocks that do not fit the device. Errors: kInvalidValue without a GPU.
Result<double> swap_gib(const BenchOptions& options, std::int64_t num_blocks) {
  auto model = resolved(options.model);
  if (!model) return model.error();
  auto executor = executor_options(*model);
  if (!executor) return executor.error();
  const auto config = read_json_file(executor->path / "config.json");
  if (!config) return config.error();
  const auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  const auto plan = plan_run(*executor, *spec, spec->dtype.value_or(kernels::DType::kF32));
  if (!plan) return plan.error();
  if (!plan->gpu) {
    return Error{Errc::kInvalidValue,
                 "bench overlap needs a GPU: a CPU swaps within its own memory, so there are "
                 "no copies to hide",
                 "device"};
  }
  return static_cast<double>(num_blocks) * static_cast<double>(plan->memory.kv_bytes_per_block) /
         0x1p30;
}

}  // namespace

Result<int> bench_overlap(const BenchOptions& options) {
  const std::vector<RequestShape> shapes = spread_lengths(options);
  const auto blocks = blocks_needed(shapes, options.model.block_size);
  if (!blocks) return blocks.error();
  const std::int64_t needed = *blocks;
  BenchOptions sized = options;
  sized.model.preemption_mode = "swap";
  sized.model.num_gpu_blocks_override = static_cast<std::int32_t>(needed);
  const auto gib = swap_gib(sized, needed);
  if (!gib) return gib.error();
  sized.model.swap_space = std::max(options.model.swap_space, *gib + 0.01);
  SpanLog spans;
  auto engine = make_engine(sized, options.concurrency, &spans);
  if (!engine) return engine.error();
  spans.set_next(engine->trace.get());
  const std::size_t block_bytes = engine->executor->info().memory.kv_bytes_per_block;
  engine->config.enable_prefix_caching = false;
  const std::vector<double> at_once(shapes.size(), 0.0);

  Load whole(options, *engine);
  for (int i = 0; i < 2; ++i) {  // The first run warms up.
    spans.clear();
    whole.elapsed_s = 0;
    if (auto run = whole.run(shapes, at_once, options.concurrency); !run) return run.error();
  }
  const json::value gap_us = median_gap_us(spans.of(Track::kCompute));

  spans.clear();
  engine->config.num_blocks = static_cast<std::int32_t>(needed / 2);
  Load half(options, *engine);
  if (auto run = half.run(shapes, at_once, options.concurrency); !run) return run.error();
  std::int64_t num_equal = 0;
  for (const auto& [id, tokens] : half.outputs) num_equal += whole.outputs[id] == tokens ? 1 : 0;

  const auto steps = spans.of(Track::kCompute);
  std::vector<Span> copies = spans.of(Track::kCopyOut);
  for (const Span& each : spans.of(Track::kCopyIn)) copies.push_back(each);
  const json::object out{{"sequences", options.concurrency},
                         {"blocks_needed", needed},
                         {"blocks_given", needed / 2},
                         {"preemptions_by_swap", half.engine().status().num_preemptions_swap},
                         {"sequences_with_equal_tokens", num_equal},
                         {"whole_s", whole.elapsed_s},
                         {"half_s", half.elapsed_s},
                         {"gap_between_steps_us_p50", gap_us},
                         {"step_slowdown_under_copies", slowdown_under_copies(steps, copies)},
                         {"out", describe_copies(spans.of(Track::kCopyOut), steps, block_bytes)},
                         {"in", describe_copies(spans.of(Track::kCopyIn), steps, block_bytes)},
                         {"device", engine->executor->info().device}};
  print(out, options.json);
  return 0;
}

}  // namespace octavo
