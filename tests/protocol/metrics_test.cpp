#include "protocol/metrics.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A response of one choice that was given `text`, a token for each byte.
Response ended(const std::string& text, FinishReason reason = FinishReason::kLength) {
  ResponseCreate create;
  create.max_tokens = 16;
  Response response = running_response(create);
  std::vector<ResponseEvent> events;
  if (!text.empty()) response.append(said(text), false, events);
  RequestFinished end = finished(reason);
  end.usage.num_prompt_tokens = 10;
  end.timings.queue = 2ms;
  end.timings.prefill = 28ms;
  end.timings.ttft = 30ms;
  end.timings.decode = 60ms;
  response.finish(end, 7);
  return response;
}

std::string line(const std::string& name, const std::string& value) {
  return "\noctavo:" + name + "{model_name=\"m\"} " + value + "\n";
}

}  // namespace

TEST_CASE("metrics stand under the prefix with help, type, model and value") {
  Metrics metrics("vllm", "acme/demo \"1\"");
  EngineStatus status;
  status.num_running = 3;
  const std::string text = metrics.text(status);
  CHECK_THAT(text, Contains("# HELP vllm:num_requests_running "));
  CHECK_THAT(text, Contains("# TYPE vllm:num_requests_running gauge\n"));
  CHECK_THAT(text, Contains("\nvllm:num_requests_running{model_name=\"acme/demo \\\"1\\\"\"} 3\n"));
  CHECK_THAT(text, Contains("\nvllm:prompt_tokens_total{model_name=\"acme/demo \\\"1\\\"\"} 0\n"));
}

TEST_CASE("every number that a dashboard of vLLM's reads is there under its name and its model") {
  Metrics metrics("vllm", "m");
  metrics.count_received();
  metrics.count_finished(ended("abcd"), 2s);
  const std::string text = metrics.text(EngineStatus{});
  for (const char* name :
       {"num_requests_running", "num_requests_waiting", "num_requests_swapped",
        "kv_cache_usage_perc", "gpu_cache_usage_perc", "cpu_cache_usage_perc",
        "prompt_tokens_total", "generation_tokens_total", "prefix_cache_queries_total",
        "prefix_cache_hits_total", "gpu_prefix_cache_queries_total", "gpu_prefix_cache_hits_total"})
    CHECK_THAT(text, Contains(std::string("\nvllm:") + name + "{model_name=\"m\"} "));
  for (const char* name :
       {"e2e_request_latency_seconds", "time_to_first_token_seconds", "inter_token_latency_seconds",
        "time_per_output_token_seconds", "request_time_per_output_token_seconds",
        "request_queue_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds",
        "request_inference_time_seconds", "request_prompt_tokens", "request_generation_tokens",
        "request_max_num_generation_tokens", "request_params_n", "request_params_max_tokens"}) {
    CHECK_THAT(text, Contains(std::string("\nvllm:") + name + "_bucket{model_name=\"m\",le=\""));
    CHECK_THAT(text, Contains(std::string("\nvllm:") + name + "_sum{model_name=\"m\"} "));
    CHECK_THAT(text, Contains(std::string("\nvllm:") + name + "_count{model_name=\"m\"} "));
  }
  CHECK_THAT(text, Contains("\nvllm:request_success_total{model_name=\"m\",finished_reason="));
  CHECK_THAT(text, Contains("\nvllm:num_preemptions_total{mode=\"swap\",model_name=\"m\"} "));
  CHECK_THAT(text, Contains("\nvllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"0\","));
}

TEST_CASE("a finished request counts by its reason, with its tokens and times") {
  Metrics metrics("octavo", "m");
  for (int i = 0; i < 2; ++i) {
    metrics.count_received();
    metrics.count_finished(ended("abcd"), 2s);
  }
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(
      text,
      Contains("octavo:request_success_total{model_name=\"m\",finished_reason=\"length\"} 2\n"));
  CHECK_THAT(text, Contains(line("prompt_tokens_total", "20")));
  CHECK_THAT(text, Contains(line("generation_tokens_total", "8")));
  CHECK_THAT(text, Contains(line("request_generation_tokens_sum", "8")));
  CHECK_THAT(text, Contains(line("request_prompt_tokens_sum", "20")));
  CHECK_THAT(text, Contains(line("request_max_num_generation_tokens_sum", "8")));
  CHECK_THAT(text, Contains(line("request_params_max_tokens_sum", "32")));
  CHECK_THAT(
      text,
      Contains("octavo:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.025\"} 0\n"));
  CHECK_THAT(
      text,
      Contains("octavo:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.05\"} 2\n"));
  CHECK_THAT(text, Contains(line("e2e_request_latency_seconds_sum", "4")));
  CHECK_THAT(text, Contains(line("request_queue_time_seconds_count", "2")));
  CHECK_THAT(text, Contains(line("request_decode_time_seconds_sum", "0.12")));
  CHECK_THAT(text, Contains(line("request_time_per_output_token_seconds_sum", "0.04")));
}

TEST_CASE("a request without a token has no time to its first") {
  Metrics metrics("octavo", "m");
  metrics.count_received();
  metrics.count_finished(ended("", FinishReason::kCancelled), 1ms);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains(line("time_to_first_token_seconds_count", "0")));
  CHECK_THAT(text, Contains(line("request_decode_time_seconds_count", "0")));
}

TEST_CASE("a request that its client left counts as aborted with the tokens that were computed") {
  Metrics metrics("octavo", "m");
  Response response = running_response({});
  metrics.count_received();
  metrics.count_aborted(response);
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("prompt_tokens_total", "0")));
  std::vector<ResponseEvent> events;
  response.append(said("abc"), false, events);
  metrics.count_received();
  metrics.count_aborted(response);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(
      text,
      Contains("octavo:request_success_total{model_name=\"m\",finished_reason=\"abort\"} 2\n"));
  CHECK_THAT(text, Contains(line("generation_tokens_total", "3")));
  CHECK_THAT(text, Contains(line("prompt_tokens_total", "1")));
  CHECK_THAT(text, Contains(line("e2e_request_latency_seconds_count", "0")));
}

TEST_CASE("a request that never began counts as refused by its code") {
  Metrics metrics("octavo", "m");
  metrics.count_received();
  metrics.count_received();
  metrics.count_refused(Errc::kQueueFull);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text,
             Contains("\noctavo:request_rejected_total{model_name=\"m\",code=\"queue_full\"} 1\n"));
  CHECK_THAT(text, Contains(line("request_received_total", "2")));
  CHECK_THAT(text, Contains(line("num_requests_in_flight", "1")));
}

TEST_CASE("an audit, the connections and the answers over HTTP stand on the page") {
  Metrics metrics("octavo", "m");
  metrics.kv_cache_audit_ok().Set(1);
  metrics.num_connections().Set(2);
  metrics.count_http(401);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains(line("kv_cache_audit_ok", "1")));
  CHECK_THAT(text, Contains(line("num_connections", "2")));
  CHECK_THAT(text, Contains("\noctavo:http_responses_total{model_name=\"m\",status=\"401\"} 1\n"));
}
