#include "protocol/engine_metrics.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace octavo {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Tier = EngineStatus::TierStatus;

using Labels = std::vector<ClientMetric::Label>;

struct Value {
  Labels labels;
  double (*read)(const EngineStatus& status);
};

struct Row {
  const char* name;
  MetricType type;
  const char* help;
  std::vector<Value> values;  ///< They differ in their labels.
};

// The numbers of a tier are read one by one while the engine goes on, so that a difference may be
// below 0 for a moment.
double difference(std::int32_t from, std::int32_t taken) { return std::max(0, from - taken); }
double hit_rate(const EngineStatus& status) {
  const auto num_queries = static_cast<double>(status.num_prefix_queries);
  return num_queries > 0 ? static_cast<double>(status.num_prefix_hits) / num_queries : 0.0;
}
double free_blocks(const Tier& tier) { return difference(tier.num_available, tier.num_cached); }
double owned_blocks(const Tier& tier) { return difference(tier.num_used(), tier.num_in_transfer); }

#define OCTAVO_VALUE(expression) \
  [](const EngineStatus& status) { return static_cast<double>(expression); }

Row gauge(const char* name, const char* help, double (*read)(const EngineStatus& status)) {
  return {name, MetricType::Gauge, help, {{{}, read}}};
}

Row counter(const char* name, const char* help, double (*read)(const EngineStatus& status)) {
  return {name, MetricType::Counter, help, {{{}, read}}};
}

Row blocks() {
  const auto in = [](const char* state, const char* tier) {
    return Labels{{"state", state}, {"tier", tier}};
  };
  return {"kv_blocks",
          MetricType::Gauge,
          "KV blocks by tier and state.",
          {{in("free", "device"), OCTAVO_VALUE(free_blocks(status.device))},
           {in("cached", "device"), OCTAVO_VALUE(status.device.num_cached)},
           {in("owned", "device"), OCTAVO_VALUE(owned_blocks(status.device))},
           {in("in_transfer", "device"), OCTAVO_VALUE(status.device.num_in_transfer)},
           {in("free", "host"), OCTAVO_VALUE(free_blocks(status.host))},
           {in("cached", "host"), OCTAVO_VALUE(status.host.num_cached)},
           {in("owned", "host"), OCTAVO_VALUE(owned_blocks(status.host))},
           {in("in_transfer", "host"), OCTAVO_VALUE(status.host.num_in_transfer)}}};
}

Row preemptions() {
  return {"num_preemptions_by_mode_total",
          MetricType::Counter,
          "Preemptions: blocks moved to the host, or to be computed again.",
          {{{{"mode", "swap"}}, OCTAVO_VALUE(status.num_preemptions_swap)},
           {{{"mode", "recompute"}}, OCTAVO_VALUE(status.num_preemptions_recompute)}}};
}

Row swapped_blocks() {
  return {"num_blocks_swapped_total",
          MetricType::Counter,
          "KV blocks moved out to the host, and back in.",
          {{{{"direction", "out"}}, OCTAVO_VALUE(status.num_blocks_demoted)},
           {{{"direction", "in"}}, OCTAVO_VALUE(status.num_blocks_promoted)}}};
}

const std::vector<Row> kRows{
    gauge("num_requests_running", "Sequences in the batch.", OCTAVO_VALUE(status.num_running)),
    gauge("num_requests_waiting", "Sequences that wait for admission.",
          OCTAVO_VALUE(status.num_waiting)),
    gauge("num_requests_swapped", "Requests whose blocks were moved to the host.",
          OCTAVO_VALUE(status.num_swapped)),
    gauge("num_requests_preempted",
          "Requests that were preempted, by either mode, and wait to return.",
          OCTAVO_VALUE(status.num_preempted)),
    gauge("kv_cache_usage_perc", "Share of the device's KV blocks in use; 1 is all.",
          OCTAVO_VALUE(status.device.usage())),
    gauge("gpu_cache_usage_perc", "The same as kv_cache_usage_perc, under its older name.",
          OCTAVO_VALUE(status.device.usage())),
    gauge("cpu_cache_usage_perc", "Share of the host's KV blocks in use; 1 is all.",
          OCTAVO_VALUE(status.host.usage())),
    gauge("kv_cache_waste_perc", "Share of the slots in used blocks that hold no token.",
          OCTAVO_VALUE(status.waste())),
    blocks(),
    counter("num_preemptions_total", "Preemptions by either mode.",
            OCTAVO_VALUE(status.num_preemptions_swap + status.num_preemptions_recompute)),
    preemptions(),
    swapped_blocks(),
    counter("prefix_cache_queries_total", "Prompt tokens looked for in the prefix cache.",
            OCTAVO_VALUE(status.num_prefix_queries)),
    counter("prefix_cache_hits_total", "Prompt tokens found in the prefix cache.",
            OCTAVO_VALUE(status.num_prefix_hits)),
    counter("gpu_prefix_cache_queries_total",
            "The same as prefix_cache_queries_total, under its older name.",
            OCTAVO_VALUE(status.num_prefix_queries)),
    counter("gpu_prefix_cache_hits_total",
            "The same as prefix_cache_hits_total, under its older name.",
            OCTAVO_VALUE(status.num_prefix_hits)),
    gauge("gpu_prefix_cache_hit_rate",
          "Share of the prompt tokens since the start that the prefix cache had.",
          [](const EngineStatus& status) { return hit_rate(status); }),
    counter("iteration_total", "Steps planned.", OCTAVO_VALUE(status.steps.num_steps())),
    counter("jump_forward_tokens_total",
            "Tokens that followed from a request's output format and were not sampled.",
            OCTAVO_VALUE(status.num_forced_tokens)),
    gauge("io_loop_lag_seconds",
          "How late the thread that all clients share was at worst in the last 10 to 20 seconds.",
          OCTAVO_VALUE(static_cast<double>(status.io_loop_lag_ns) / 1e9)),
};

#undef OCTAVO_VALUE

// Settings never change while the server runs, so they are labels of a metric that is always 1.
MetricFamily cache_config(const MetricScope& scope, const EngineStatus& status) {
  MetricFamily family{scope.name("cache_config_info"),
                      "The size of a KV block in tokens, and the blocks of either tier.",
                      MetricType::Gauge,
                      {}};
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = scope.labels();
  metric.label.push_back({"block_size", std::to_string(status.block_size)});
  metric.label.push_back({"num_gpu_blocks", std::to_string(status.device.num_blocks.load())});
  metric.label.push_back({"num_cpu_blocks", std::to_string(status.host.num_blocks.load())});
  metric.gauge.value = 1;
  return family;
}

// A histogram, though its name ends like a counter's: so vLLM has it.
MetricFamily step_sizes(const MetricScope& scope, const StepSizes& steps) {
  MetricFamily family{
      scope.name("iteration_tokens_total"), "Tokens of a step.", MetricType::Histogram, {}};
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = scope.labels();
  std::uint64_t num_steps = 0;
  for (std::size_t i = 0; i < StepSizes::kBounds.size(); ++i) {
    num_steps += static_cast<std::uint64_t>(steps.num_of_size(i));
    metric.histogram.bucket.push_back({num_steps, static_cast<double>(StepSizes::kBounds.at(i))});
  }
  num_steps += static_cast<std::uint64_t>(steps.num_of_size(StepSizes::kBounds.size()));
  metric.histogram.bucket.push_back({num_steps, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = num_steps;
  metric.histogram.sample_sum = static_cast<double>(steps.num_tokens());
  return family;
}

}  // namespace

std::vector<MetricFamily> engine_metrics(const MetricScope& scope, const EngineStatus& status) {
  std::vector<MetricFamily> families;
  for (const Row& row : kRows) {
    MetricFamily& family = families.emplace_back();
    family = {scope.name(row.name), row.help, row.type, {}};
    for (const Value& value : row.values) {
      ClientMetric& metric = family.metric.emplace_back();
      metric.label = scope.labels();
      metric.label.insert(metric.label.end(), value.labels.begin(), value.labels.end());
      (row.type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) =
          value.read(status);
    }
  }
  families.push_back(step_sizes(scope, status.steps));
  families.push_back(cache_config(scope, status));
  return families;
}

}  // namespace octavo
