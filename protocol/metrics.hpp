// The server's numbers in Prometheus' text form, under the names that the field's dashboards know.
// Thread: any (the library's metrics are thread-safe).
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "src/core/block_map.hpp"
#include "src/core/request.hpp"

namespace octavo {

/// Counters that the engine keeps itself, since the start.
struct EngineTotals {
  std::int64_t num_preemptions_swap = 0;
  std::int64_t num_preemptions_recompute = 0;
  std::int64_t num_steps = 0;
  std::int64_t num_scheduled_tokens = 0;
  std::int64_t num_prefix_queries = 0;  ///< Tokens.
  std::int64_t num_prefix_hits = 0;     ///< Tokens.
  std::int64_t num_blocks_demoted = 0;
  std::int64_t num_blocks_promoted = 0;
};

class Metrics {
 public:
  /// prefix: without colon, for instance "octavo"; names become "octavo:num_requests_running" as
  /// vLLM forms its own.
  explicit Metrics(const std::string& prefix);

  /// A request ended: counts it and its tokens, observes its times. e2e: submitted until finished.
  void observe(const RequestFinished& finished, std::chrono::nanoseconds e2e);
  void observe_inter_token(std::chrono::nanoseconds gap) { inter_token_.Observe(seconds(gap)); }
  void count_rejected() { rejected_.Increment(); }

  prometheus::Gauge& num_requests_running() { return running_; }
  prometheus::Gauge& num_requests_waiting() { return waiting_; }
  prometheus::Gauge& num_requests_swapped() { return swapped_; }
  prometheus::Gauge& num_requests_preempted() { return preempted_; }
  prometheus::Gauge& kv_cache_usage() { return kv_usage_; }
  prometheus::Gauge& cpu_cache_usage() { return cpu_usage_; }
  prometheus::Gauge& kv_cache_waste() { return kv_waste_; }
  prometheus::Gauge& num_connections() { return connections_; }
  prometheus::Gauge& kv_cache_audit_ok() { return audit_ok_; }
  void set_blocks(Tier tier, BlockState state, std::int32_t num_blocks);
  /// Raises the counters to their present value.
  void set_engine_totals(const EngineTotals& totals);

  /// The page, content type `text/plain; version=0.0.4`.
  std::string text() const;

 private:
  static double seconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / 1e9;
  }

  prometheus::Registry registry_;
  prometheus::Gauge& running_;
  prometheus::Gauge& waiting_;
  prometheus::Gauge& swapped_;
  prometheus::Gauge& preempted_;
  prometheus::Gauge& kv_usage_;
  prometheus::Gauge& cpu_usage_;
  prometheus::Gauge& kv_waste_;
  prometheus::Gauge& audit_ok_;
  prometheus::Gauge& connections_;
  prometheus::Counter& prompt_tokens_;
  prometheus::Counter& generation_tokens_;
  prometheus::Counter& rejected_;
  prometheus::Family<prometheus::Gauge>& blocks_;
  prometheus::Family<prometheus::Counter>& preemptions_;
  prometheus::Family<prometheus::Counter>& swapped_blocks_;
  prometheus::Counter& prefix_queries_;
  prometheus::Counter& prefix_hits_;
  prometheus::Counter& steps_;
  prometheus::Counter& scheduled_tokens_;
  prometheus::Family<prometheus::Counter>& success_;
  prometheus::Histogram& ttft_;
  prometheus::Histogram& inter_token_;
  prometheus::Histogram& e2e_;
  prometheus::Histogram& queue_;
};

}  // namespace octavo
