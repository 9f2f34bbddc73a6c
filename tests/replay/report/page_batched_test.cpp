// The plot of the requests that were batched at once.
#include <algorithm>

#include "src/replay/report/page_plots.hpp"
#include "tests/replay/report/plot_shapes.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::number_in;
using octavo::testing::shapes_of;
using octavo::testing::text_in;
using octavo::testing::texts_of;

namespace {

using Texts = std::vector<std::string>;

/// `count` pieces of a second, `batched` in each.
Outcome steady(KvAllocator allocator, int count, double batched) {
  Outcome outcome;
  outcome.allocator = allocator;
  outcome.seconds = count;
  outcome.batched_mean = batched;
  for (int i = 0; i < count; ++i)
    outcome.timeline.push_back({static_cast<double>(i), 1, {}, batched, 0});
  return outcome;
}

ReplayReport report_of(std::vector<Outcome> outcomes) {
  ReplayReport report;
  report.outcomes = std::move(outcomes);
  return report;
}

std::vector<boost::json::object> labels_of(const boost::json::object& plot) {
  std::vector<boost::json::object> labels;
  for (const boost::json::object& text : shapes_of(plot, "text")) {
    if (text_in(text, "class").starts_with("label ")) labels.push_back(text);
  }
  return labels;
}

}  // namespace

TEST_CASE("every allocator has a line, the first one's drawn last, and a label with its mean") {
  Outcome recorded = steady(KvAllocator::kPaged, 2, 120.4);
  recorded.label = "recorded";
  const auto plot = batched_over_time(report_of(
      {steady(KvAllocator::kPaged, 2, 99.95), steady(KvAllocator::kOrcaMax, 2, 7.25), recorded}));
  const auto lines = shapes_of(plot, "path");
  REQUIRE(lines.size() == 3);
  CHECK(text_in(lines[0], "class") == "line line-recorded");
  CHECK(text_in(lines[1], "class") == "line line-orca-max");
  CHECK(text_in(lines[2], "class") == "line line-paged");
  CHECK(texts_of(plot, "label text-paged") == Texts{"Paged 100.0"});
  CHECK(texts_of(plot, "label text-orca-max") == Texts{"Orca (Max) 7.2"});
  CHECK(texts_of(plot, "label text-recorded") == Texts{"recorded 120"});
}

TEST_CASE("lines share both axes: the longest run's time and the fullest batch") {
  const auto plot = batched_over_time(
      report_of({steady(KvAllocator::kPaged, 5, 20), steady(KvAllocator::kOrcaMax, 10, 5)}));
  // 766 wide from 44; 242 high down to 252, for 0 to 20.
  CHECK(texts_of(plot, "tick end") == Texts{"0", "5", "10", "15", "20"});
  const auto lines = shapes_of(plot, "path");
  CHECK(text_in(lines[1], "d") == "M44.0 10.0L120.6 10.0L197.2 10.0L273.8 10.0L350.4 10.0");
  CHECK(text_in(lines[0], "d").substr(0, 11) == "M44.0 191.5");
  const auto labels = labels_of(plot);
  CHECK(number_in(labels[0], "x") == 433);
  CHECK(number_in(labels[0], "y") == 14);
  CHECK(number_in(labels[1], "x") == 816);
}

TEST_CASE("the axis ends at a round number above the fullest batch") {
  const auto ticks = [](double batched) {
    return texts_of(batched_over_time(report_of({steady(KvAllocator::kPaged, 1, batched)})),
                    "tick end");
  };
  CHECK(ticks(0.5) == Texts{"0", "1"});
  CHECK(ticks(7) == Texts{"0", "1", "2", "3", "4", "5", "6", "7"});
  CHECK(ticks(7.5) == Texts{"0", "2", "4", "6", "8"});
  CHECK(ticks(101) == Texts{"0", "20", "40", "60", "80", "100", "120"});
}

TEST_CASE("a long line is drawn with at most 120 points, each the mean of its pieces by time") {
  Outcome outcome = steady(KvAllocator::kPaged, 241, 1);
  for (TimelinePoint& point : outcome.timeline) point.length_s = 1;
  outcome.timeline[0] = {0, 3, {}, 8, 0};
  outcome.timeline[1] = {3, 1, {}, 4, 0};
  outcome.timeline[2] = {4, 4, {}, 0, 0};
  const auto plot = batched_over_time(report_of({outcome}));
  const std::string path = text_in(shapes_of(plot, "path").at(0), "d");
  CHECK(std::count(path.begin(), path.end(), 'L') == 80);  // Three pieces a point.
  // (3 * 8 + 1 * 4) / 8 of the top, 4.
  CHECK(path.substr(0, 10) == "M44.0 40.2");
}

TEST_CASE("labels that would lie upon one another move apart, and none below its place") {
  const auto plot = batched_over_time(
      report_of({steady(KvAllocator::kPaged, 5, 10), steady(KvAllocator::kOrcaMax, 5, 10),
                 steady(KvAllocator::kOrcaPow2, 5, 9.9), steady(KvAllocator::kOrcaOracle, 5, 1)}));
  const auto labels = labels_of(plot);
  REQUIRE(labels.size() == 4);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      CHECK(std::abs(number_in(labels[i], "y") - number_in(labels[j], "y")) >= 15.9);
  }
  CHECK(number_in(labels[1], "y") < number_in(labels[0], "y"));
  CHECK(number_in(labels[2], "y") < number_in(labels[1], "y"));
}
