#include "src/app/serve/engine_metrics.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using Catch::Matchers::Contains;

namespace {

std::string page_of(const EngineStatus& status, std::int32_t block_size = 4) {
  Metrics metrics("octavo");
  show(status, block_size, metrics);
  return metrics.text();
}

}  // namespace

TEST_CASE("requests stand by what they are doing") {
  EngineStatus status;
  status.num_running = 3;
  status.num_waiting = 5;
  status.num_preempted = 7;
  status.num_swapped = 2;
  const std::string page = page_of(status);
  CHECK_THAT(page, Contains("\noctavo:num_requests_running 3\n"));
  CHECK_THAT(page, Contains("\noctavo:num_requests_waiting 5\n"));
  CHECK_THAT(page, Contains("\noctavo:num_requests_preempted 7\n"));
  CHECK_THAT(page, Contains("\noctavo:num_requests_swapped 2\n"));
}

TEST_CASE("blocks of both tiers stand by their state, and the share that is in use") {
  EngineStatus status;
  status.num_blocks = 100;
  status.num_free_blocks = 60;
  status.num_cached_blocks = 20;
  status.num_blocks_in_transfer = 4;
  status.num_host_blocks = 50;
  status.num_free_host_blocks = 25;
  status.num_cached_host_blocks = 10;
  status.num_host_blocks_in_transfer = 1;
  Metrics metrics("octavo");
  show(status, 4, metrics);
  CHECK(metrics.kv_cache_usage().Value() == Approx(0.4));
  CHECK(metrics.cpu_cache_usage().Value() == Approx(0.5));
  Metrics expected("octavo");
  expected.set_blocks(Tier::kDevice, BlockState::kFree, 40);
  expected.set_blocks(Tier::kDevice, BlockState::kCached, 20);
  expected.set_blocks(Tier::kDevice, BlockState::kOwned, 36);
  expected.set_blocks(Tier::kDevice, BlockState::kInTransfer, 4);
  expected.set_blocks(Tier::kHost, BlockState::kFree, 15);
  expected.set_blocks(Tier::kHost, BlockState::kCached, 10);
  expected.set_blocks(Tier::kHost, BlockState::kOwned, 24);
  expected.set_blocks(Tier::kHost, BlockState::kInTransfer, 1);
  const auto blocks_in = [](const std::string& page) {
    std::string lines;
    for (std::size_t at = 0; at < page.size();) {
      const std::size_t end = page.find('\n', at);
      const std::string line = page.substr(at, end - at);
      if (line.find("state=") != std::string::npos) lines += line + "\n";
      at = end + 1;
    }
    return lines;
  };
  CHECK(blocks_in(metrics.text()) == blocks_in(expected.text()));
  CHECK_FALSE(blocks_in(metrics.text()).empty());
}

TEST_CASE("numbers that were read while the engine went on are never shown below 0") {
  EngineStatus status;
  status.num_blocks = 10;
  status.num_free_blocks = 2;
  status.num_cached_blocks = 5;
  status.num_blocks_in_transfer = 9;
  CHECK(page_of(status).find(" -") == std::string::npos);
}

TEST_CASE("an engine without blocks, or without a host pool, uses nothing of it") {
  Metrics metrics("octavo");
  show(EngineStatus{}, 4, metrics);
  CHECK(metrics.kv_cache_usage().Value() == 0);
  CHECK(metrics.cpu_cache_usage().Value() == 0);
  CHECK(metrics.kv_cache_waste().Value() == 0);
}

TEST_CASE("waste is the share of the slots in use that holds no token") {
  struct Case {
    std::int64_t num_tokens;
    double waste;
  };
  for (const Case& each : {Case{0, 1.0}, Case{30, 0.25}, Case{40, 0.0}, Case{60, 0.0}}) {
    CAPTURE(each.num_tokens);
    EngineStatus status;
    status.num_blocks = 16;
    status.num_free_blocks = 6;
    status.num_tokens_held = each.num_tokens;
    Metrics metrics("octavo");
    show(status, 4, metrics);
    CHECK(metrics.kv_cache_waste().Value() == Approx(each.waste));
  }
}

TEST_CASE("the engine's totals stand as counters") {
  EngineStatus status;
  status.num_preemptions_swap = 2;
  status.num_preemptions_recompute = 3;
  status.num_steps = 11;
  status.num_scheduled_tokens = 13;
  status.num_prefix_queries = 17;
  status.num_prefix_hits = 5;
  status.num_blocks_demoted = 19;
  status.num_blocks_promoted = 23;
  EngineTotals totals;
  totals.num_preemptions_swap = 2;
  totals.num_preemptions_recompute = 3;
  totals.num_steps = 11;
  totals.num_scheduled_tokens = 13;
  totals.num_prefix_queries = 17;
  totals.num_prefix_hits = 5;
  totals.num_blocks_demoted = 19;
  totals.num_blocks_promoted = 23;
  Metrics expected("octavo");
  show(EngineStatus{}, 4, expected);
  expected.set_engine_totals(totals);
  CHECK(page_of(status) == expected.text());
  CHECK_THAT(page_of(status), Contains("octavo:num_preemptions_total{mode=\"swap\"} 2\n"));
}
