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
using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                       0.5,   1,      2.5,   5,    10,    30,   60};
const Buckets kTokens{1,    2,    5,    10,    20,    50,    100,    200,    500,
                      1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000};
const Buckets kChoices{1, 2, 5, 10, 20};

double seconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

}  // namespace

#define OCTAVO_METRIC(Build, name, help)    \
  Build()                                   \
      .Name(prefix + ":" name)              \
      .Help(help)                           \
      .Labels({{"model_name", model_name}}) \
      .Register(registry_)
#define OCTAVO_GAUGE(name, help) OCTAVO_METRIC(BuildGauge, name, help).Add({})
#define OCTAVO_COUNTER(name, help) OCTAVO_METRIC(BuildCounter, name, help).Add({})
#define OCTAVO_HISTOGRAM(name, help, buckets) \
  OCTAVO_METRIC(BuildHistogram, name, help).Add({}, buckets)
#define OCTAVO_TIME(name, help) OCTAVO_HISTOGRAM(name, help, kSeconds)

Metrics::Metrics(const std::string& prefix, const std::string& model_name)
    : prefix_(prefix),
      model_name_(model_name),
      audit_ok_(OCTAVO_GAUGE("kv_cache_audit_ok",
                             "1 when every KV block is in one state and counted once.")),
      connections_(OCTAVO_GAUGE("num_connections", "Open connections.")),
      in_flight_(OCTAVO_GAUGE("num_requests_in_flight",
                              "Requests that were received and have not ended, queued ones too.")),
      log_lines_dropped_(
          OCTAVO_COUNTER("log_lines_dropped_total", "Lines of the log that nobody took in time.")),
      received_(OCTAVO_COUNTER("request_received_total", "Requests that clients made.")),
      prompt_tokens_(OCTAVO_COUNTER("prompt_tokens_total", "Prompt tokens of ended requests.")),
      generation_tokens_(
          OCTAVO_COUNTER("generation_tokens_total", "Tokens that ended requests were given.")),
      success_(OCTAVO_METRIC(BuildCounter, "request_success_total",
                             "Requests that have ended, by reason; abort: the client has gone.")),
      rejected_(OCTAVO_METRIC(BuildCounter, "request_rejected_total",
                              "Requests that were refused, by the code of the error.")),
      http_(OCTAVO_METRIC(BuildCounter, "http_responses_total", "HTTP responses by status.")),
      request_prompt_tokens_(
          OCTAVO_HISTOGRAM("request_prompt_tokens", "Prompt tokens of a request.", kTokens)),
      request_generation_tokens_(OCTAVO_HISTOGRAM("request_generation_tokens",
                                                  "Tokens that a request was given.", kTokens)),
      longest_choice_(OCTAVO_HISTOGRAM("request_max_num_generation_tokens",
                                       "Tokens of the longest choice of a request.", kTokens)),
      params_n_(OCTAVO_HISTOGRAM("request_params_n", "Choices asked for.", kChoices)),
      params_max_tokens_(OCTAVO_HISTOGRAM("request_params_max_tokens",
                                          "Most tokens asked for, where a request says.", kTokens)),
      ttft_(OCTAVO_TIME("time_to_first_token_seconds", "Submitted until the first token.")),
      inter_token_(OCTAVO_TIME("inter_token_latency_seconds", "Between tokens of a sequence.")),
      per_output_token_(OCTAVO_TIME("time_per_output_token_seconds",
                                    "Between tokens of a sequence, under its older name.")),
      mean_per_output_token_(OCTAVO_TIME("request_time_per_output_token_seconds",
                                         "Mean between the tokens of a request.")),
      e2e_(OCTAVO_TIME("e2e_request_latency_seconds", "Asked for until ended.")),
      queue_(OCTAVO_TIME("request_queue_time_seconds", "Submitted until first scheduled.")),
      prefill_(OCTAVO_TIME("request_prefill_time_seconds", "Scheduled until the first token.")),
      decode_(OCTAVO_TIME("request_decode_time_seconds", "First token until the last.")),
      inference_(OCTAVO_TIME("request_inference_time_seconds", "Scheduled until the last token.")) {
}

#undef OCTAVO_TIME
#undef OCTAVO_HISTOGRAM
#undef OCTAVO_COUNTER
#undef OCTAVO_GAUGE
#undef OCTAVO_METRIC

void Metrics::count_received() {
  received_.Increment();
  in_flight_.Increment();
}

void Metrics::count_refused(Errc code) {
  rejected_.Add({{"code", std::string(wire_code(code))}}).Increment();
  in_flight_.Decrement();
}

void Metrics::count_finished(const Response& ended, std::chrono::nanoseconds e2e) {
  const RequestFinished& finished = ended.end().finished;
  success_.Add({{"finished_reason", std::string(name_of(finished.reason))}}).Increment();
  in_flight_.Decrement();
  prompt_tokens_.Increment(static_cast<double>(finished.usage.num_prompt_tokens));
  generation_tokens_.Increment(static_cast<double>(finished.usage.num_completion_tokens));
  request_prompt_tokens_.Observe(static_cast<double>(finished.usage.num_prompt_tokens));
  request_generation_tokens_.Observe(static_cast<double>(finished.usage.num_completion_tokens));
  std::int64_t longest = 0;
  for (const CompletionChoice& choice : ended.choices())
    longest = std::max(longest, choice.num_tokens());
  longest_choice_.Observe(static_cast<double>(longest));
  params_n_.Observe(ended.create().sampling.n);
  if (ended.create().max_tokens) params_max_tokens_.Observe(*ended.create().max_tokens);
  observe_times(ended, e2e);
}

void Metrics::observe_times(const Response& ended, std::chrono::nanoseconds e2e) {
  const RequestFinished& finished = ended.end().finished;
  e2e_.Observe(seconds(e2e));
  queue_.Observe(seconds(finished.timings.queue));
  const std::int64_t num_tokens = finished.usage.num_completion_tokens;
  if (num_tokens == 0) return;
  ttft_.Observe(seconds(finished.timings.ttft));
  prefill_.Observe(seconds(finished.timings.prefill));
  decode_.Observe(seconds(finished.timings.decode));
  inference_.Observe(seconds(finished.timings.prefill + finished.timings.decode));
  if (num_tokens > 1)
    mean_per_output_token_.Observe(seconds(finished.timings.decode) /
                                   static_cast<double>(num_tokens - 1));
}

void Metrics::count_aborted(const Response& response) {
  success_.Add({{"finished_reason", "abort"}}).Increment();
  in_flight_.Decrement();
  const std::int64_t num_tokens = response.num_completion_tokens();
  if (num_tokens == 0) return;  // Nobody knows how much of its prompt was computed.
  prompt_tokens_.Increment(static_cast<double>(response.prompt_tokens().size()));
  generation_tokens_.Increment(static_cast<double>(num_tokens));
}

void Metrics::observe_inter_token(std::chrono::nanoseconds gap) {
  inter_token_.Observe(seconds(gap));
  per_output_token_.Observe(seconds(gap));
}

void Metrics::count_http(unsigned status) {
  http_.Add({{"status", std::to_string(status)}}).Increment();
}

std::string Metrics::text(const EngineStatus& status, const KeyAccounts& accounts) const {
  std::vector<prometheus::MetricFamily> families = engine_metrics(prefix_, model_name_, status);
  std::ranges::move(registry_.Collect(), std::back_inserter(families));
  std::ranges::move(key_metrics(prefix_, model_name_, accounts), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace octavo
