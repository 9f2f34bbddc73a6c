#include "src/replay/report/page_plots.hpp"

#include <set>

#include "tests/replay/report/plot_shapes.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::number_in;
using octavo::testing::shapes_of;
using octavo::testing::text_in;
using octavo::testing::texts_of;

namespace {

using Texts = std::vector<std::string>;

Outcome outcome_of(KvAllocator allocator, const MemorySplit& memory) {
  Outcome outcome;
  outcome.allocator = allocator;
  outcome.memory = memory;
  return outcome;
}

Outcome timeline_of(double seconds, std::vector<TimelinePoint> points) {
  Outcome outcome;
  outcome.seconds = seconds;
  outcome.timeline = std::move(points);
  return outcome;
}

}  // namespace

TEST_CASE("an allocator has the title that a person reads, or its label") {
  CHECK(title_of(KvAllocator::kPaged) == "Paged");
  CHECK(title_of(KvAllocator::kOrcaMax) == "Orca (Max)");
  CHECK(title_of(KvAllocator::kOrcaPow2) == "Orca (Pow2)");
  CHECK(title_of(KvAllocator::kOrcaOracle) == "Orca (Oracle)");
  Outcome outcome;
  outcome.allocator = KvAllocator::kOrcaMax;
  CHECK(title_of(outcome) == "Orca (Max)");
  outcome.label = "recorded";
  CHECK(title_of(outcome) == "recorded");
}

TEST_CASE("a bar is as long as the memory, and its parts are as long as their shares") {
  ReplayReport report;
  report.outcomes = {outcome_of(KvAllocator::kPaged, {0.5, 0.25, 0.125, 0, 0.125}),
                     outcome_of(KvAllocator::kOrcaMax, {0, 0, 0, 1})};
  const auto bars = memory_bars(report);
  const auto rects = shapes_of(bars, "rect");
  REQUIRE(rects.size() == 10);
  const Texts titles{"tokens: 50.0 %",    "reserved: 25.0 %", "internal: 12.5 %", "external: 0.0 %",
                     "idle: 12.5 %",      "tokens: 0.0 %",    "reserved: 0.0 %",  "internal: 0.0 %",
                     "external: 100.0 %", "idle: 0.0 %"};
  for (std::size_t i = 0; i < rects.size(); ++i) CHECK(text_in(rects[i], "title") == titles[i]);
  // 820 wide from 136, with a gap of 1.5 behind each part.
  CHECK(number_in(rects[0], "x") == 136);
  CHECK(number_in(rects[0], "width") == 408.5);
  CHECK(number_in(rects[1], "x") == 546);
  CHECK(number_in(rects[1], "width") == 203.5);
  CHECK(number_in(rects[4], "x") + number_in(rects[4], "width") == 956 - 1.5);
  CHECK(number_in(rects[5], "width") == 0);  // Not less for its gap.
  CHECK(number_in(rects[8], "width") == 818.5);
  CHECK(number_in(rects[9], "y") - number_in(rects[4], "y") == 58);
  CHECK(texts_of(bars, "name end") == Texts{"Paged", "Orca (Max)"});
  CHECK(number_in(bars, "height") == 116);
}

TEST_CASE("a share is written into its bar where there is room for it") {
  ReplayReport report;
  report.outcomes = {outcome_of(KvAllocator::kPaged, {0.9, 0.062, 0.038, 0, -1e-12})};
  const auto bars = memory_bars(report);
  CHECK(texts_of(bars, "share on-tokens") == Texts{"90.0 %"});
  CHECK(texts_of(bars, "share on-reserved") == Texts{"6.2 %"});
  CHECK(texts_of(bars, "share on-internal").empty());
  CHECK(text_in(shapes_of(bars, "rect").at(4), "title") == "idle: 0.0 %");
}

TEST_CASE("memory over time is stacked, what is free left white") {
  const auto plot = memory_over_time(
      timeline_of(10, {{0, 5, {0.5, 0.25, 0.25, 0, 0}, 1, 0}, {5, 5, {0.5, 0, 0, 0, 0.5}, 1, 0}}));
  CHECK(text_in(plot, "label") == "Paged: memory over time");
  const auto paths = shapes_of(plot, "path");
  REQUIRE(paths.size() == 4);  // External, in a pool that has none, is an area without height.
  // 420 wide from 44, and 154 high down to 164.
  CHECK(text_in(paths[0], "class") == "tokens");
  CHECK(text_in(paths[0], "d") ==
        "M44.0 87.0H254.0L254.0 87.0H464.0L464.0 164.0H254.0L254.0 164.0H44.0Z");
  CHECK(text_in(paths[1], "class") == "reserved");
  CHECK(text_in(paths[1], "d") ==
        "M44.0 48.5H254.0L254.0 87.0H464.0L464.0 87.0H254.0L254.0 87.0H44.0Z");
  CHECK(text_in(paths[2], "class") == "internal");
  CHECK(text_in(paths[2], "d").substr(0, 10) == "M44.0 10.0");
  CHECK(texts_of(plot, "tick end") == Texts{"0 %", "50 %", "100 %"});
  CHECK(shapes_of(plot, "line").size() == 3);
}

TEST_CASE("a run without a moment has axes and no areas") {
  const auto plot = memory_over_time(timeline_of(0, {}));
  CHECK(shapes_of(plot, "path").empty());
  CHECK(shapes_of(plot, "line").size() == 3);
  ReplayReport report;
  report.outcomes = {timeline_of(0, {})};
  CHECK(texts_of(batched_over_time(report), "tick end") == Texts{"0", "1"});
  CHECK(text_in(shapes_of(batched_over_time(report), "path").at(0), "d").empty());
}

TEST_CASE("a time axis has round steps, in whole minutes from two minutes on") {
  const auto ticks = [](double seconds) {
    return texts_of(memory_over_time(timeline_of(seconds, {})), "tick middle");
  };
  CHECK(ticks(0.05) == Texts{"0.00 s", "0.01 s", "0.02 s", "0.03 s", "0.04 s"});
  CHECK(ticks(0.02) == Texts{"0 ms", "5 ms", "10 ms", "15 ms"});
  CHECK(ticks(0.001) == Texts{"0.0 ms", "0.2 ms", "0.4 ms", "0.6 ms", "0.8 ms"});
  CHECK(ticks(0.00002) == Texts{"0 us", "5 us", "10 us", "15 us"});
  CHECK(ticks(0.06) == Texts{"0.00 s", "0.01 s", "0.02 s", "0.03 s", "0.04 s", "0.05 s"});
  CHECK(ticks(0.5) == Texts{"0.0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s"});
  CHECK(ticks(10) == Texts{"0 s", "2 s", "4 s", "6 s", "8 s"});
  CHECK(ticks(119) == Texts{"0 s", "20 s", "40 s", "60 s", "80 s", "100 s"});
  CHECK(ticks(120) == Texts{"0 min", "1 min"});
  CHECK(ticks(3600) == Texts{"0 min", "10 min", "20 min", "30 min", "40 min", "50 min"});
}

TEST_CASE("no time axis says the same twice, however short or long the run") {
  for (double seconds = 1e-9; seconds < 1e9; seconds *= 1.7) {
    CAPTURE(seconds);
    const Texts ticks = texts_of(memory_over_time(timeline_of(seconds, {})), "tick middle");
    CHECK(ticks.size() >= 2);
    CHECK(std::set<std::string>(ticks.begin(), ticks.end()).size() == ticks.size());
  }
}
