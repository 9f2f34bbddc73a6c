#include "protocol/metrics.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("metrics stand under the prefix with help, type and value") {
  Metrics metrics("vllm");
  EngineStatus status;
  status.num_running = 3;
  const std::string text = metrics.text(status);
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
  const std::string text = metrics.text(EngineStatus{});
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
  CHECK_THAT(metrics.text(EngineStatus{}),
             Contains("octavo:time_to_first_token_seconds_count 0\n"));
}

TEST_CASE("an audit and the connections stand on the page") {
  Metrics metrics("octavo");
  metrics.kv_cache_audit_ok().Set(1);
  metrics.num_connections().Set(2);
  metrics.count_rejected();
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains("\noctavo:kv_cache_audit_ok 1\n"));
  CHECK_THAT(text, Contains("\noctavo:num_connections 2\n"));
  CHECK_THAT(text, Contains("\noctavo:request_rejected_total 1\n"));
}
