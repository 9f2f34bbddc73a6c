// The server's numbers in Prometheus' text form, under the names that the field's dashboards know.
// Every request is counted once at its beginning and once at its end:
//
//   received = finished and aborted (request_success_total, by reason) + refused
//              (request_rejected_total, by code) + in flight
//
// Thread: any, since the library's metrics are thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "protocol/key_metrics.hpp"
#include "protocol/metric_scope.hpp"
#include "protocol/metric_totals.hpp"
#include "src/core/engine_status.hpp"
#include "src/response/response.hpp"

namespace octavo {

class Metrics {
 public:
  /// max_model_len: tokens; a request has no more, so the buckets of its counts end there.
  explicit Metrics(MetricScope scope, std::int64_t max_model_len = 131'072);

  /// A client asked for a response, or steering made one. Each is given to one of the next three.
  void count_received();
  /// It never began.
  void count_refused(Errc code);
  /// It has ended: counts it and the rest of its tokens, observes its times. e2e: asked for until
  /// ended.
  void count_finished(Response& ended, std::chrono::nanoseconds e2e);
  /// The client has gone before its end. Counts the tokens that were computed; its times say
  /// nothing of the server.
  void count_aborted(Response& response);

  /// Its client was given tokens: counts those since the last call, and its prompt with the first.
  /// So rates follow a long answer while it comes, not at its end.
  void count_tokens(Response& response);
  void observe_inter_token(std::chrono::nanoseconds gap);
  /// A plain HTTP request was answered; status: the three digits.
  void count_http(unsigned status);

  prometheus::Gauge& num_connections() { return connections_; }
  prometheus::Gauge& kv_cache_audit_ok() { return audit_ok_; }
  /// So many since the start.
  void set_log_lines_dropped(double count) {
    log_lines_dropped_.Increment(count - log_lines_dropped_.Value());
  }

  MetricTotals totals(const EngineStatus& status) const;

  /// The page, content type `text/plain; version=0.0.4`: the engine's numbers as they are now, the
  /// server's own, and those of API keys.
  std::string text(const EngineStatus& status, const KeyAccounts& accounts = {}) const;

 private:
  void count_given(Response& response, const Usage& given);
  void observe_times(const Response& ended, std::chrono::nanoseconds e2e);

  const MetricScope scope_;
  prometheus::Registry registry_;
  prometheus::Gauge& audit_ok_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& in_flight_;
  prometheus::Counter& log_lines_dropped_;
  prometheus::Counter& received_;
  prometheus::Counter& prompt_tokens_;
  prometheus::Counter& cached_tokens_;
  prometheus::Counter& generation_tokens_;
  prometheus::Family<prometheus::Counter>& success_;
  prometheus::Family<prometheus::Counter>& rejected_;
  prometheus::Family<prometheus::Counter>& http_;
  prometheus::Histogram& request_prompt_tokens_;
  prometheus::Histogram& request_computed_tokens_;
  prometheus::Histogram& request_generation_tokens_;
  prometheus::Histogram& longest_choice_;
  prometheus::Histogram& params_n_;
  prometheus::Histogram& params_max_tokens_;
  prometheus::Histogram& ttft_;
  prometheus::Histogram& inter_token_;
  prometheus::Histogram& per_output_token_;
  prometheus::Histogram& mean_per_output_token_;
  prometheus::Histogram& e2e_;
  prometheus::Histogram& queue_;
  prometheus::Histogram& prefill_;
  prometheus::Histogram& decode_;
  prometheus::Histogram& inference_;
};

}  // namespace octavo
