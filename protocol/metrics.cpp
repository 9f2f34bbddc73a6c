#include "protocol/metrics.hpp"

#include <prometheus/text_serializer.h>

namespace octavo {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kSeconds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

std::string_view name_of(Tier tier) { return tier == Tier::kDevice ? "device" : "host"; }

std::string_view name_of(BlockState state) {
  switch (state) {
    case BlockState::kFree:
      return "free";
    case BlockState::kCached:
      return "cached";
    case BlockState::kOwned:
      return "owned";
    case BlockState::kInTransfer:
      return "in_transfer";
  }
  return "?";
}

void raise_to(prometheus::Counter& counter, std::int64_t value) {
  const double missing = static_cast<double>(value) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace

#define OCTAVO_METRIC(Build, name, help) \
  Build().Name(prefix + ":" name).Help(help).Register(registry_)
#define OCTAVO_GAUGE(name, help) OCTAVO_METRIC(BuildGauge, name, help).Add({})
#define OCTAVO_COUNTER(name, help) OCTAVO_METRIC(BuildCounter, name, help).Add({})
#define OCTAVO_HISTOGRAM(name, help) OCTAVO_METRIC(BuildHistogram, name, help).Add({}, kSeconds)

Metrics::Metrics(const std::string& prefix)
    : running_(OCTAVO_GAUGE("num_requests_running", "Sequences in the batch.")),
      waiting_(OCTAVO_GAUGE("num_requests_waiting", "Sequences that wait for admission.")),
      swapped_(
          OCTAVO_GAUGE("num_requests_swapped", "Requests whose blocks were moved to the host.")),
      preempted_(OCTAVO_GAUGE("num_requests_preempted",
                              "Requests that were preempted, by either way, and wait to return.")),
      kv_usage_(
          OCTAVO_GAUGE("kv_cache_usage_perc", "Share of the device's KV blocks in use; 1 is all.")),
      cpu_usage_(
          OCTAVO_GAUGE("cpu_cache_usage_perc", "Share of the host's KV blocks in use; 1 is all.")),
      kv_waste_(OCTAVO_GAUGE("kv_cache_waste_perc",
                             "Share of the slots in used blocks that hold no token.")),
      audit_ok_(OCTAVO_GAUGE("kv_cache_audit_ok",
                             "1 when every KV block is in one state and counted once.")),
      connections_(OCTAVO_GAUGE("num_connections", "Open connections.")),
      prompt_tokens_(OCTAVO_COUNTER("prompt_tokens_total", "Prompt tokens of finished requests.")),
      generation_tokens_(
          OCTAVO_COUNTER("generation_tokens_total", "Tokens generated for finished requests.")),
      rejected_(OCTAVO_COUNTER("request_rejected_total", "Requests refused at admission.")),
      blocks_(OCTAVO_METRIC(BuildGauge, "kv_blocks", "KV blocks by tier and state.")),
      preemptions_(OCTAVO_METRIC(BuildCounter, "num_preemptions_total", "Preemptions by mode.")),
      swapped_blocks_(OCTAVO_METRIC(BuildCounter, "num_blocks_swapped_total",
                                    "KV blocks moved out to the host, and back in.")),
      prefix_queries_(OCTAVO_COUNTER("prefix_cache_queries_total",
                                     "Prompt tokens looked for in the prefix cache.")),
      prefix_hits_(
          OCTAVO_COUNTER("prefix_cache_hits_total", "Prompt tokens found in the prefix cache.")),
      steps_(OCTAVO_COUNTER("iteration_total", "Steps planned.")),
      scheduled_tokens_(
          OCTAVO_COUNTER("iteration_tokens_total", "Tokens scheduled over all steps.")),
      success_(
          OCTAVO_METRIC(BuildCounter, "request_success_total", "Finished requests by reason.")),
      ttft_(OCTAVO_HISTOGRAM("time_to_first_token_seconds", "Submitted until the first token.")),
      inter_token_(
          OCTAVO_HISTOGRAM("inter_token_latency_seconds", "Between tokens of a sequence.")),
      e2e_(OCTAVO_HISTOGRAM("e2e_request_latency_seconds", "Submitted until finished.")),
      queue_(OCTAVO_HISTOGRAM("request_queue_time_seconds", "Submitted until first scheduled.")) {}

#undef OCTAVO_HISTOGRAM
#undef OCTAVO_COUNTER
#undef OCTAVO_GAUGE
#undef OCTAVO_METRIC

void Metrics::observe(const RequestFinished& finished, std::chrono::nanoseconds e2e) {
  success_.Add({{"finished_reason", std::string(name_of(finished.reason))}}).Increment();
  prompt_tokens_.Increment(static_cast<double>(finished.usage.num_prompt_tokens));
  generation_tokens_.Increment(static_cast<double>(finished.usage.num_completion_tokens));
  if (finished.usage.num_completion_tokens > 0) ttft_.Observe(seconds(finished.timings.ttft));
  queue_.Observe(seconds(finished.timings.queue));
  e2e_.Observe(seconds(e2e));
}

void Metrics::set_blocks(Tier tier, BlockState state, std::int32_t num_blocks) {
  blocks_.Add({{"tier", std::string(name_of(tier))}, {"state", std::string(name_of(state))}})
      .Set(num_blocks);
}

void Metrics::set_engine_totals(const EngineTotals& totals) {
  raise_to(preemptions_.Add({{"mode", "swap"}}), totals.num_preemptions_swap);
  raise_to(preemptions_.Add({{"mode", "recompute"}}), totals.num_preemptions_recompute);
  raise_to(swapped_blocks_.Add({{"direction", "out"}}), totals.num_blocks_demoted);
  raise_to(swapped_blocks_.Add({{"direction", "in"}}), totals.num_blocks_promoted);
  raise_to(prefix_queries_, totals.num_prefix_queries);
  raise_to(prefix_hits_, totals.num_prefix_hits);
  raise_to(steps_, totals.num_steps);
  raise_to(scheduled_tokens_, totals.num_scheduled_tokens);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace octavo
