#include "protocol/engine_metrics.hpp"

#include <prometheus/text_serializer.h>

#include <set>

#include "tests/support/catch.hpp"

using namespace octavo;
using Catch::Matchers::Contains;

namespace {

std::string page_of(const EngineStatus& status) {
  return prometheus::TextSerializer().Serialize(engine_metrics({"octavo", "m"}, status));
}

}  // namespace

TEST_CASE("every number of the engine stands on the page under its name") {
  EngineStatus status;
  status.num_running = 3;
  status.num_waiting = 4;
  status.num_swapped = 5;
  status.num_preempted = 6;
  status.num_preemptions_swap = 7;
  status.num_preemptions_recompute = 8;
  status.num_blocks_demoted = 9;
  status.num_blocks_promoted = 10;
  status.num_prefix_queries = 11;
  status.num_prefix_hits = 12;
  status.steps.add(6);
  status.steps.add(8);
  status.num_forced_tokens = 15;
  status.io_loop_lag_ns = 1500000000;
  const std::string page = page_of(status);
  for (const char* line :
       {"num_requests_running 3", "num_requests_waiting 4", "num_requests_swapped 5",
        "num_requests_preempted 6", "num_preemptions_total 15",
        "num_preemptions_by_mode_total{mode=\"swap\"} 7",
        "num_preemptions_by_mode_total{mode=\"recompute\"} 8",
        "num_blocks_swapped_total{direction=\"out\"} 9",
        "num_blocks_swapped_total{direction=\"in\"} 10", "prefix_cache_queries_total 11",
        "prefix_cache_hits_total 12", "iteration_total 2", "iteration_tokens_total_sum 14",
        "iteration_tokens_total_count 2", "iteration_tokens_total_bucket{le=\"1\"} 0",
        "iteration_tokens_total_bucket{le=\"8\"} 2", "iteration_tokens_total_bucket{le=\"+Inf\"} 2",
        "jump_forward_tokens_total 15", "io_loop_lag_seconds 1.5"}) {
    const std::string text(line);
    const std::size_t value = text.rfind(' ');
    const bool has_labels = text[value - 1] == '}';
    std::string name = text.substr(0, value);
    const std::string labels = "{engine=\"0\",model_name=\"m\"";
    if (has_labels) {
      name.replace(name.find('{'), 1, labels + ",");
    } else {
      name += labels + "}";
    }
    CHECK_THAT(page, Contains("\noctavo:" + name + text.substr(value) + "\n"));
  }
  CHECK_THAT(page, Contains("# TYPE octavo:iteration_total counter\n"));
  CHECK_THAT(page, Contains("# TYPE octavo:num_requests_waiting gauge\n"));
}

TEST_CASE("the blocks of a tier add up over their states") {
  EngineStatus status;
  const bool on_host = GENERATE(false, true);
  EngineStatus::TierStatus& tier = on_host ? status.host : status.device;
  tier.num_blocks = 20;
  tier.num_available = 12;
  tier.num_cached = 5;
  tier.num_in_transfer = 2;
  const std::string page = page_of(status);
  const std::string name = on_host ? "host" : "device";
  const auto line = [&](const std::string& state, int number) {
    return "\noctavo:kv_blocks{engine=\"0\",model_name=\"m\",state=\"" + state + "\",tier=\"" +
           name + "\"} " + std::to_string(number) + "\n";
  };
  CHECK_THAT(page, Contains(line("free", 7)));
  CHECK_THAT(page, Contains(line("cached", 5)));
  CHECK_THAT(page, Contains(line("owned", 6)));
  CHECK_THAT(page, Contains(line("in_transfer", 2)));
  CHECK_THAT(page, Contains(std::string("\noctavo:") + (on_host ? "cpu" : "kv") +
                            "_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.4\n"));
}

TEST_CASE("numbers of two steps never make a count of blocks negative") {
  EngineStatus status;
  status.device.num_blocks = 4;
  status.device.num_available = 2;
  status.device.num_cached = 3;
  status.device.num_in_transfer = 5;
  const std::string page = page_of(status);
  CHECK_THAT(page, Contains("state=\"free\",tier=\"device\"} 0\n"));
  CHECK_THAT(page, Contains("state=\"owned\",tier=\"device\"} 0\n"));
}

TEST_CASE("a name has one family, with help and type") {
  std::set<std::string> names;
  for (const auto& family : engine_metrics({"octavo", "m"}, EngineStatus{})) {
    CHECK(names.insert(family.name).second);
    CHECK_FALSE(family.help.empty());
    CHECK_FALSE(family.metric.empty());
  }
  CHECK(names.size() == 22);
}
