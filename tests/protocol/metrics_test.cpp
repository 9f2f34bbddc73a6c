#include "protocol/metrics.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("metrics stand under the prefix with help, type and value") {
  Metrics metrics("vllm");
  metrics.num_requests_running().Set(3);
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("# HELP vllm:num_requests_running "));
  CHECK_THAT(text, Contains("# TYPE vllm:num_requests_running gauge\n"));
  CHECK_THAT(text, Contains("\nvllm:num_requests_running 3\n"));
  CHECK_THAT(text, Contains("\nvllm:prompt_tokens_total 0\n"));
}

TEST_CASE("a finished request counts by its reason, with its tokens and times") {
  Metrics metrics("octavo");
  RequestFinished finished;
  finished.reason = FinishReason::kLength;
  finished.usage = {10, 4, 0};
  finished.timings.ttft = 30ms;
  finished.timings.queue = 2ms;
  metrics.observe(finished, 2s);
  metrics.observe(finished, 2s);
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("octavo:request_success_total{finished_reason=\"length\"} 2\n"));
  CHECK_THAT(text, Contains("octavo:prompt_tokens_total 20\n"));
  CHECK_THAT(text, Contains("octavo:generation_tokens_total 8\n"));
  CHECK_THAT(text, Contains("octavo:time_to_first_token_seconds_bucket{le=\"0.025\"} 0\n"));
  CHECK_THAT(text, Contains("octavo:time_to_first_token_seconds_bucket{le=\"0.05\"} 2\n"));
  CHECK_THAT(text, Contains("octavo:e2e_request_latency_seconds_sum 4\n"));
  CHECK_THAT(text, Contains("octavo:request_queue_time_seconds_count 2\n"));
}

TEST_CASE("a request without a token has no time to its first") {
  Metrics metrics("octavo");
  RequestFinished finished;
  finished.reason = FinishReason::kCancelled;
  finished.usage = {10, 0, 0};
  metrics.observe(finished, 1ms);
  CHECK_THAT(metrics.text(), Contains("octavo:time_to_first_token_seconds_count 0\n"));
}

TEST_CASE("the engine's totals never fall") {
  Metrics metrics("octavo");
  EngineTotals totals;
  totals.num_preemptions_recompute = 2;
  totals.num_steps = 10;
  totals.num_scheduled_tokens = 100;
  metrics.set_engine_totals(totals);
  totals.num_preemptions_recompute = 1;
  totals.num_steps = 12;
  totals.num_scheduled_tokens = 90;
  metrics.set_engine_totals(totals);
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("octavo:num_preemptions_total{mode=\"recompute\"} 2\n"));
  CHECK_THAT(text, Contains("octavo:iteration_total 12\n"));
  CHECK_THAT(text, Contains("octavo:iteration_tokens_total 100\n"));
}

TEST_CASE("the memory's numbers stand with their labels") {
  Metrics metrics("octavo");
  EngineTotals totals;
  totals.num_preemptions_swap = 3;
  totals.num_prefix_queries = 64;
  totals.num_prefix_hits = 48;
  totals.num_blocks_demoted = 5;
  totals.num_blocks_promoted = 4;
  metrics.set_engine_totals(totals);
  metrics.num_requests_swapped().Set(1);
  metrics.cpu_cache_usage().Set(0.5);
  metrics.kv_cache_audit_ok().Set(1);
  metrics.set_blocks(Tier::kDevice, BlockState::kCached, 7);
  metrics.set_blocks(Tier::kHost, BlockState::kInTransfer, 2);
  metrics.set_blocks(Tier::kHost, BlockState::kInTransfer, 3);
  const std::string text = metrics.text();
  for (const char* line :
       {"num_preemptions_total{mode=\"swap\"} 3", "num_preemptions_total{mode=\"recompute\"} 0",
        "prefix_cache_queries_total 64", "prefix_cache_hits_total 48",
        "num_blocks_swapped_total{direction=\"out\"} 5",
        "num_blocks_swapped_total{direction=\"in\"} 4", "num_requests_swapped 1",
        "cpu_cache_usage_perc 0.5", "kv_cache_audit_ok 1",
        "kv_blocks{state=\"cached\",tier=\"device\"} 7",
        "kv_blocks{state=\"in_transfer\",tier=\"host\"} 3"}) {
    CHECK_THAT(text, Contains(std::string("\noctavo:") + line + "\n"));
  }
}
