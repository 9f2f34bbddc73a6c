#include "src/replay/report/report.hpp"

#include <boost/json/object.hpp>

#include "src/replay/report/report_text.hpp"
#include "src/replay/run/replayer.hpp"
#include "src/replay/trace/length_mix.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

ReplayReport small_report() {
  Trace trace = draw_mix(kShareGptMix, 60, 3);
  trace.name = "tr<a>ce & co";
  trace.num_unknown_outputs = 3;
  const CostModel cost(*model_shape_named("opt-13b"));
  ReplayConfig config;
  config.engine.num_blocks = 300;
  ReplayReport report;
  report.describe(trace, cost.shape(), config.engine, "");
  for (const KvAllocator allocator : {KvAllocator::kPaged, KvAllocator::kOrcaOracle}) {
    config.allocator = allocator;
    auto outcome = Replayer(trace, cost, config).run();
    REQUIRE(outcome.has_value());
    report.outcomes.push_back(std::move(*outcome));
  }
  return report;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("the JSON has every figure under its name") {
  const auto json = json_of(small_report());
  CHECK(json.at("trace") == "tr<a>ce & co");
  const auto& allocators = json.at("allocators").as_object();
  REQUIRE(allocators.size() == 2);
  for (const char* name : {"paged", "orca-oracle"}) {
    const auto& outcome = allocators.at(name).as_object();
    double sum = 0;
    for (const char* part : {"tokens", "reserved", "internal", "external", "idle"})
      sum += outcome.at("memory").at(part).as_double();
    CHECK(sum == Approx(1.0));
    CHECK(outcome.at("batched_mean").as_double() > 1);
    CHECK(outcome.at("batched_peak").as_int64() >= 2);
    CHECK(outcome.at("normalized_latency_s_mean").as_double() > 0);
    CHECK(outcome.at("preemptions").at("swap").as_int64() == 0);
    CHECK(outcome.at("preemptions").at("recompute").as_int64() >= 0);
    CHECK(outcome.at("prefix_hit_fraction").as_double() == 0);
    CHECK(outcome.at("requests").as_int64() == 60);
    CHECK(outcome.at("rejected").as_int64() == 0);
    CHECK(outcome.at("seconds").as_double() > 0);
  }
  CHECK(json.at("sharing").at("saved_fraction").as_double() == 0);
  CHECK(json.at("workload").at("rate").is_null());
  CHECK(json.at("engine").at("num_blocks").as_int64() == 300);
}

TEST_CASE("the table has a row for each allocator and says what was left out") {
  const std::string table = table_of(small_report());
  for (const char* part : {"\npaged ", "\norca-oracle ", "all there from the start",
                           "300 blocks of 16", "3 rows tell no output", "blocks a sequence"}) {
    INFO(part);
    CHECK(table.find(part) != std::string::npos);
  }
}

TEST_CASE(
    "the page is whole: every picture for every allocator, nothing from outside, names escaped") {
  const std::string page = page_of(small_report());
  CHECK(page.find("tr&lt;a&gt;ce &amp; co") != std::string::npos);
  CHECK(page.find("tr<a>ce") == std::string::npos);
  CHECK(count(page, "<svg ") == 1 + 1 + 2 + 2);
  CHECK(count(page, "<svg ") == count(page, "</svg>"));
  CHECK(count(page, "<g ") + count(page, "<g>") == count(page, "</g>"));
  CHECK(count(page, "Orca (Oracle)") >= 4);
  CHECK(page.find("prefers-color-scheme:dark") != std::string::npos);
  for (const char* outside : {"http:", "https:", "<script", "<link", "url("}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  for (const char* broken : {"nan", "inf\"", "width=\"-", "height=\"-"}) {
    INFO(broken);
    CHECK(page.find(broken) == std::string::npos);
  }
}

TEST_CASE("numbers are written as people read them") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(-1234567) == "-1,234,567");
  CHECK(duration_text(0.0123) == "12.3 ms");
  CHECK(duration_text(1.234) == "1.23 s");
  CHECK(duration_text(12345) == "12345 s");
}
