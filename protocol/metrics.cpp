#include "protocol/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>

#include "protocol/engine_metrics.hpp"

namespace octavo {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kSeconds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

}  // namespace

#define OCTAVO_METRIC(Build, name, help) \
  Build().Name(prefix + ":" name).Help(help).Register(registry_)
#define OCTAVO_GAUGE(name, help) OCTAVO_METRIC(BuildGauge, name, help).Add({})
#define OCTAVO_COUNTER(name, help) OCTAVO_METRIC(BuildCounter, name, help).Add({})
#define OCTAVO_HISTOGRAM(name, help) OCTAVO_METRIC(BuildHistogram, name, help).Add({}, kSeconds)

Metrics::Metrics(const std::string& prefix)
    : prefix_(prefix),
      audit_ok_(OCTAVO_GAUGE("kv_cache_audit_ok",
                             "1 when every KV block is in one state and counted once.")),
      connections_(OCTAVO_GAUGE("num_connections", "Open connections.")),
      prompt_tokens_(OCTAVO_COUNTER("prompt_tokens_total", "Prompt tokens of finished requests.")),
      generation_tokens_(
          OCTAVO_COUNTER("generation_tokens_total", "Tokens generated for finished requests.")),
      rejected_(OCTAVO_COUNTER("request_rejected_total", "Requests refused at admission.")),
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

std::string Metrics::text(const EngineStatus& status) const {
  std::vector<prometheus::MetricFamily> families = engine_metrics(prefix_, status);
  std::ranges::move(registry_.Collect(), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace octavo
