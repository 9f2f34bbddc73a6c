#include "protocol/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "protocol/engine_metrics.hpp"
#include "protocol/metric_buckets.hpp"

namespace octavo {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr std::array kReasons{FinishReason::kStop,     FinishReason::kLength,
                              FinishReason::kSteered,  FinishReason::kCancelled,
                              FinishReason::kDeadline, FinishReason::kError};
constexpr const char* kAborted = "abort";

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

/// The sum of a family's counters; with `reason` only of those that have this reason.
std::int64_t sum_of(const prometheus::Family<prometheus::Counter>& counters,
                    std::string_view reason = {}) {
  double sum = 0;
  for (const prometheus::MetricFamily& family : counters.Collect()) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      const auto is_wanted = [&](const auto& label) { return label.value == reason; };
      if (reason.empty() || std::ranges::any_of(metric.label, is_wanted))
        sum += metric.counter.value;
    }
  }
  return whole(sum);
}

TimeCounts counts_of(const prometheus::Histogram& histogram) {
  TimeCounts times;
  std::int64_t below = 0;
  for (const auto& bucket : histogram.Collect().histogram.bucket) {
    if (std::isfinite(bucket.upper_bound)) times.bounds.push_back(bucket.upper_bound);
    const auto until_here = static_cast<std::int64_t>(bucket.cumulative_count);
    times.counts.push_back(until_here - below);
    below = until_here;
  }
  return times;
}

prometheus::Labels labels_of(const MetricScope& scope) {
  prometheus::Labels labels;
  for (const auto& label : scope.labels()) labels.emplace(label.name, label.value);
  return labels;
}

double seconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

}  // namespace

#define OCTAVO_METRIC(Build, called, help) \
  Build().Name(scope_.name(called)).Help(help).Labels(labels_of(scope_)).Register(registry_)
#define OCTAVO_GAUGE(called, help) OCTAVO_METRIC(BuildGauge, called, help).Add({})
#define OCTAVO_COUNTER(called, help) OCTAVO_METRIC(BuildCounter, called, help).Add({})
#define OCTAVO_HISTOGRAM(called, help, buckets) \
  OCTAVO_METRIC(BuildHistogram, called, help).Add({}, buckets)
#define OCTAVO_TIME(called, help) OCTAVO_HISTOGRAM(called, help, request_buckets())
#define OCTAVO_TOKENS(called, help) \
  OCTAVO_HISTOGRAM(called, help, token_count_buckets(max_model_len))

Metrics::Metrics(MetricScope scope, std::int64_t max_model_len)
    : scope_(std::move(scope)),
      audit_ok_(OCTAVO_GAUGE("kv_cache_audit_ok",
                             "1 when every KV block is in one state and counted once.")),
      connections_(OCTAVO_GAUGE("num_connections", "Open connections.")),
      in_flight_(OCTAVO_GAUGE("num_requests_in_flight",
                              "Requests that were received and have not ended, queued ones too.")),
      log_lines_dropped_(
          OCTAVO_COUNTER("log_lines_dropped_total", "Lines of the log that nobody took in time.")),
      received_(OCTAVO_COUNTER("request_received_total", "Requests that clients made.")),
      prompt_tokens_(OCTAVO_COUNTER("prompt_tokens_total",
                                    "Prompt tokens of requests that were given a token.")),
      cached_tokens_(OCTAVO_COUNTER("prompt_tokens_cached_total",
                                    "Those of them that the prefix cache had, at the end.")),
      generation_tokens_(
          OCTAVO_COUNTER("generation_tokens_total", "Tokens that requests were given.")),
      success_(OCTAVO_METRIC(BuildCounter, "request_success_total",
                             "Requests that have ended, by reason; abort: the client has gone.")),
      rejected_(OCTAVO_METRIC(BuildCounter, "request_rejected_total",
                              "Requests that were refused, by the code of the error.")),
      http_(OCTAVO_METRIC(BuildCounter, "http_responses_total", "HTTP responses by status.")),
      request_prompt_tokens_(OCTAVO_TOKENS("request_prompt_tokens", "Prompt tokens of a request.")),
      request_computed_tokens_(
          OCTAVO_TOKENS("request_prefill_kv_computed_tokens",
                        "Prompt tokens of a request that the prefix cache did not have.")),
      request_generation_tokens_(
          OCTAVO_TOKENS("request_generation_tokens", "Tokens that a request was given.")),
      longest_choice_(OCTAVO_TOKENS("request_max_num_generation_tokens",
                                    "Tokens of the longest choice of a request.")),
      params_n_(OCTAVO_HISTOGRAM("request_params_n", "Choices asked for.", choice_buckets())),
      params_max_tokens_(OCTAVO_TOKENS("request_params_max_tokens",
                                       "Most tokens asked for, where a request says.")),
      ttft_(OCTAVO_HISTOGRAM("time_to_first_token_seconds", "Submitted until the first token.",
                             first_token_buckets())),
      inter_token_(OCTAVO_HISTOGRAM("inter_token_latency_seconds", "Between tokens of a sequence.",
                                    token_gap_buckets())),
      per_output_token_(OCTAVO_HISTOGRAM("time_per_output_token_seconds",
                                         "Between tokens of a sequence, under its older name.",
                                         token_gap_buckets())),
      mean_per_output_token_(OCTAVO_HISTOGRAM("request_time_per_output_token_seconds",
                                              "Mean between the tokens of a request.",
                                              token_gap_buckets())),
      e2e_(OCTAVO_TIME("e2e_request_latency_seconds", "Asked for until ended.")),
      queue_(OCTAVO_TIME("request_queue_time_seconds", "Submitted until first scheduled.")),
      prefill_(OCTAVO_TIME("request_prefill_time_seconds", "Scheduled until the first token.")),
      decode_(OCTAVO_TIME("request_decode_time_seconds", "First token until the last.")),
      inference_(OCTAVO_TIME("request_inference_time_seconds", "Scheduled until the last token.")) {
  // A counter that begins at 1 has risen by nothing, as far as a dashboard can tell.
  for (const FinishReason reason : kReasons)
    success_.Add({{"finished_reason", std::string(name_of(reason))}});
  success_.Add({{"finished_reason", kAborted}});
}

#undef OCTAVO_TIME
#undef OCTAVO_TOKENS
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

void Metrics::count_finished(Response& ended, std::chrono::nanoseconds e2e) {
  const RequestFinished& finished = ended.end().finished;
  success_.Add({{"finished_reason", std::string(name_of(finished.reason))}}).Increment();
  in_flight_.Decrement();
  count_given(ended, finished.usage);
  request_computed_tokens_.Observe(
      static_cast<double>(finished.usage.num_prompt_tokens - finished.usage.num_cached_tokens));
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

void Metrics::count_aborted(Response& response) {
  success_.Add({{"finished_reason", kAborted}}).Increment();
  in_flight_.Decrement();
  count_tokens(response);
}

void Metrics::count_tokens(Response& response) {
  Usage given;
  given.num_completion_tokens = response.num_completion_tokens();
  if (given.num_completion_tokens == 0) return;  // Nobody knows how much of its prompt is computed.
  given.num_prompt_tokens = static_cast<std::int64_t>(response.prompt_tokens().size());
  count_given(response, given);
}

void Metrics::count_given(Response& response, const Usage& given) {
  const auto count_rest = [](prometheus::Counter& counter, std::int64_t& counted,
                             std::int64_t all) {
    if (all <= counted) return;
    counter.Increment(static_cast<double>(all - counted));
    counted = all;
  };
  count_rest(prompt_tokens_, response.counted.num_prompt_tokens, given.num_prompt_tokens);
  count_rest(cached_tokens_, response.counted.num_cached_tokens, given.num_cached_tokens);
  count_rest(generation_tokens_, response.counted.num_completion_tokens,
             given.num_completion_tokens);
}

void Metrics::observe_inter_token(std::chrono::nanoseconds gap) {
  inter_token_.Observe(seconds(gap));
  per_output_token_.Observe(seconds(gap));
}

void Metrics::count_http(unsigned status) {
  http_.Add({{"status", std::to_string(status)}}).Increment();
}

MetricTotals Metrics::totals(const EngineStatus& status) const {
  MetricTotals totals;
  totals.num_received = whole(received_.Value());
  totals.num_ended = sum_of(success_);
  totals.num_failed = sum_of(success_, name_of(FinishReason::kError));
  totals.num_refused = sum_of(rejected_);
  totals.num_prompt_tokens = whole(prompt_tokens_.Value());
  totals.num_generation_tokens = whole(generation_tokens_.Value());
  totals.num_prefix_queries = status.num_prefix_queries.load();
  totals.num_prefix_hits = status.num_prefix_hits.load();
  totals.num_preemptions =
      status.num_preemptions_swap.load() + status.num_preemptions_recompute.load();
  totals.num_steps = status.steps.num_steps();
  totals.first_token = counts_of(ttft_);
  totals.token_gap = counts_of(inter_token_);
  return totals;
}

std::string Metrics::text(const EngineStatus& status, const KeyAccounts& accounts) const {
  std::vector<prometheus::MetricFamily> families = engine_metrics(scope_, status);
  std::ranges::move(registry_.Collect(), std::back_inserter(families));
  std::ranges::move(key_metrics(scope_, accounts), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace octavo
