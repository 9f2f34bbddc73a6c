// The server's numbers in Prometheus' text form, under the names that the field's dashboards know.
// Thread: any, since the library's metrics are thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "src/core/engine_status.hpp"
#include "src/core/request.hpp"

namespace octavo {

class Metrics {
 public:
  /// prefix: without colon, for instance "octavo"; names become "octavo:num_requests_running" as
  /// vLLM forms its own.
  explicit Metrics(const std::string& prefix);

  /// A request ended: counts it and its tokens, observes its times. e2e: submitted until finished.
  void observe(const RequestFinished& finished, std::chrono::nanoseconds e2e);
  void observe_inter_token(std::chrono::nanoseconds gap) { inter_token_.Observe(seconds(gap)); }
  void count_rejected() { rejected_.Increment(); }

  prometheus::Gauge& num_connections() { return connections_; }
  prometheus::Gauge& kv_cache_audit_ok() { return audit_ok_; }

  /// The page, content type `text/plain; version=0.0.4`: the engine's numbers as they are now, and
  /// the server's own.
  std::string text(const EngineStatus& status) const;

 private:
  static double seconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / 1e9;
  }

  const std::string prefix_;
  prometheus::Registry registry_;
  prometheus::Gauge& audit_ok_;
  prometheus::Gauge& connections_;
  prometheus::Counter& prompt_tokens_;
  prometheus::Counter& generation_tokens_;
  prometheus::Counter& rejected_;
  prometheus::Family<prometheus::Counter>& success_;
  prometheus::Histogram& ttft_;
  prometheus::Histogram& inter_token_;
  prometheus::Histogram& e2e_;
  prometheus::Histogram& queue_;
};

}  // namespace octavo
