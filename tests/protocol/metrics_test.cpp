#include "protocol/metrics.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

namespace json = boost::json;

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
  return "\noctavo:" + name + "{engine=\"0\",model_name=\"m\"} " + value + "\n";
}

json::array vllm_metrics() {
  const char* folder = std::getenv("OCTAVO_TESTS_DIR");
  std::ifstream file(std::string(folder != nullptr ? folder : "tests") +
                     "/protocol/data/vllm_metrics.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_array();
}

/// The first line of this series; empty where there is none.
std::string series_of(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("\n" + name + "{");
  return begin == std::string::npos ? ""
                                    : text.substr(begin + 1, text.find('\n', begin + 1) - begin);
}

}  // namespace

TEST_CASE("metrics stand under the prefix with help, type, model and value") {
  Metrics metrics({"vllm", "acme/demo \"1\""});
  EngineStatus status;
  status.num_running = 3;
  const std::string text = metrics.text(status);
  CHECK_THAT(text, Contains("# HELP vllm:num_requests_running "));
  CHECK_THAT(text, Contains("# TYPE vllm:num_requests_running gauge\n"));
  CHECK_THAT(
      text,
      Contains("\nvllm:num_requests_running{engine=\"0\",model_name=\"acme/demo \\\"1\\\"\"} 3\n"));
  CHECK_THAT(
      text,
      Contains("\nvllm:prompt_tokens_total{engine=\"0\",model_name=\"acme/demo \\\"1\\\"\"} 0\n"));
}

TEST_CASE("what dashboards and routers of vLLM's read is there by name, type, labels and buckets") {
  Metrics metrics({"vllm", "m"}, 2048);
  const std::string text = metrics.text(EngineStatus{});
  for (const json::value& row : vllm_metrics()) {
    const auto name = "vllm:" + json::value_to<std::string>(row.at("name"));
    const auto type = json::value_to<std::string>(row.at("type"));
    INFO(name);
    CHECK_THAT(text, Contains("# TYPE " + name + " " + type + "\n"));
    const bool is_histogram = type == "histogram";
    const std::string series = series_of(text, name + (is_histogram ? "_bucket" : ""));
    for (const json::value& label : row.at("labels").as_array())
      CHECK_THAT(series, Contains(json::value_to<std::string>(label) + "=\""));
    if (!is_histogram) continue;
    CHECK_FALSE(series_of(text, name + "_sum").empty());
    CHECK_FALSE(series_of(text, name + "_count").empty());
    for (const json::value& bound : row.at("bounds").as_array()) {
      std::ostringstream le;
      le << "le=\"" << bound.to_number<double>() << "\"}";
      CHECK_THAT(text, Contains(name + "_bucket{engine=\"0\",model_name=\"m\"," + le.str()));
    }
  }
}

TEST_CASE("a router finds one series under each name that it reads") {
  Metrics metrics({"vllm", "m"});
  const std::string text = metrics.text(EngineStatus{});
  for (const char* name : {"num_requests_running", "num_requests_waiting", "kv_cache_usage_perc",
                           "gpu_cache_usage_perc", "cache_config_info", "num_preemptions_total"}) {
    const std::string line = "\nvllm:" + std::string(name) + "{";
    REQUIRE_THAT(text, Contains(line));
    CHECK(text.find(line) == text.rfind(line));
  }
  CHECK_THAT(text, !Contains("lora_requests_info"));  // It would say that there are adapters.
}

TEST_CASE("the size of the cache is told in labels, as vLLM does") {
  EngineStatus status;
  status.block_size = 32;
  status.device.num_blocks = 811;
  CHECK_THAT(Metrics({"vllm", "m"}).text(status),
             Contains("\nvllm:cache_config_info{engine=\"0\",model_name=\"m\",block_size=\"32\","
                      "num_gpu_blocks=\"811\",num_cpu_blocks=\"0\"} 1\n"));
}

TEST_CASE("counts of tokens have buckets to the longest that a request can be") {
  const std::string text = Metrics({"octavo", "m"}, 300).text(EngineStatus{});
  const std::string name = "octavo:request_prompt_tokens_bucket{engine=\"0\",model_name=\"m\",le=";
  CHECK_THAT(text, Contains(name + "\"200\"} 0\n" + name + "\"+Inf\"} 0\n"));
}

TEST_CASE("a counter of ends is there before the first of its kind") {
  const std::string text = Metrics({"octavo", "m"}).text(EngineStatus{});
  for (const char* reason :
       {"stop", "length", "steered", "cancelled", "deadline", "error", "abort"})
    CHECK_THAT(text, Contains("octavo:request_success_total{engine=\"0\",model_name=\"m\","
                              "finished_reason=\"" +
                              std::string(reason) + "\"} 0\n"));
}

TEST_CASE("tokens count as they come, and each once") {
  Metrics metrics({"octavo", "m"});
  metrics.count_received();
  Response response = running_response({});
  std::vector<ResponseEvent> events;
  response.append(said("ab"), false, events);
  metrics.count_tokens(response);
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("generation_tokens_total", "2")));
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("prompt_tokens_total", "1")));
  response.append(said("c"), false, events);
  metrics.count_tokens(response);
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("generation_tokens_total", "3")));
  RequestFinished end = finished(FinishReason::kStop);
  end.usage.num_prompt_tokens = 1;
  response.finish(end, 7);
  metrics.count_finished(response, 2s);
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("generation_tokens_total", "3")));
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("prompt_tokens_total", "1")));
}

TEST_CASE("a finished request counts by its reason, with its tokens and times") {
  Metrics metrics({"octavo", "m"});
  for (int i = 0; i < 2; ++i) {
    metrics.count_received();
    Response response = ended("abcd");
    metrics.count_finished(response, 2s);
  }
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains("octavo:request_success_total{engine=\"0\",model_name=\"m\",finished_"
                            "reason=\"length\"} 2\n"));
  CHECK_THAT(text, Contains(line("prompt_tokens_total", "20")));
  CHECK_THAT(text, Contains(line("generation_tokens_total", "8")));
  CHECK_THAT(text, Contains(line("request_generation_tokens_sum", "8")));
  CHECK_THAT(text, Contains(line("request_prompt_tokens_sum", "20")));
  CHECK_THAT(text, Contains(line("request_max_num_generation_tokens_sum", "8")));
  CHECK_THAT(text, Contains(line("request_params_max_tokens_sum", "32")));
  CHECK_THAT(text, Contains("octavo:time_to_first_token_seconds_bucket{engine=\"0\",model_name="
                            "\"m\",le=\"0.02\"} 0\n"));
  CHECK_THAT(text, Contains("octavo:time_to_first_token_seconds_bucket{engine=\"0\",model_name="
                            "\"m\",le=\"0.04\"} 2\n"));
  CHECK_THAT(text, Contains(line("e2e_request_latency_seconds_sum", "4")));
  CHECK_THAT(text, Contains(line("request_queue_time_seconds_count", "2")));
  CHECK_THAT(text, Contains(line("request_decode_time_seconds_sum", "0.12")));
  CHECK_THAT(text, Contains(line("request_time_per_output_token_seconds_sum", "0.04")));
}

TEST_CASE("a request without a token has no time to its first") {
  Metrics metrics({"octavo", "m"});
  metrics.count_received();
  Response response = ended("", FinishReason::kCancelled);
  metrics.count_finished(response, 1ms);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains(line("time_to_first_token_seconds_count", "0")));
  CHECK_THAT(text, Contains(line("request_decode_time_seconds_count", "0")));
}

TEST_CASE("a request that its client left counts as aborted with the tokens that were computed") {
  Metrics metrics({"octavo", "m"});
  Response response = running_response({});
  metrics.count_received();
  metrics.count_aborted(response);
  CHECK_THAT(metrics.text(EngineStatus{}), Contains(line("prompt_tokens_total", "0")));
  std::vector<ResponseEvent> events;
  response.append(said("abc"), false, events);
  metrics.count_received();
  metrics.count_aborted(response);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains("octavo:request_success_total{engine=\"0\",model_name=\"m\",finished_"
                            "reason=\"abort\"} 2\n"));
  CHECK_THAT(text, Contains(line("generation_tokens_total", "3")));
  CHECK_THAT(text, Contains(line("prompt_tokens_total", "1")));
  CHECK_THAT(text, Contains(line("e2e_request_latency_seconds_count", "0")));
}

TEST_CASE("a request that never began counts as refused by its code") {
  Metrics metrics({"octavo", "m"});
  metrics.count_received();
  metrics.count_received();
  metrics.count_refused(Errc::kQueueFull);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains("\noctavo:request_rejected_total{engine=\"0\",model_name=\"m\",code="
                            "\"queue_full\"} 1\n"));
  CHECK_THAT(text, Contains(line("request_received_total", "2")));
  CHECK_THAT(text, Contains(line("num_requests_in_flight", "1")));
}

TEST_CASE("an audit, the connections and the answers over HTTP stand on the page") {
  Metrics metrics({"octavo", "m"});
  metrics.kv_cache_audit_ok().Set(1);
  metrics.num_connections().Set(2);
  metrics.count_http(401);
  const std::string text = metrics.text(EngineStatus{});
  CHECK_THAT(text, Contains(line("kv_cache_audit_ok", "1")));
  CHECK_THAT(text, Contains(line("num_connections", "2")));
  CHECK_THAT(
      text,
      Contains("\noctavo:http_responses_total{engine=\"0\",model_name=\"m\",status=\"401\"} 1\n"));
}
