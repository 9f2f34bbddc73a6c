#include "src/replay/report/page_plots.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "src/replay/report/report_text.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

struct Part {
  const char* name;  ///< Also the class in the style.
  double MemorySplit::*share;
};
constexpr std::array<Part, 5> kParts{{{"tokens", &MemorySplit::tokens},
                                      {"reserved", &MemorySplit::reserved},
                                      {"internal", &MemorySplit::internal},
                                      {"external", &MemorySplit::external},
                                      {"idle", &MemorySplit::idle}}};

constexpr double kPlotLeft = 44;
constexpr double kPlotTop = 10;

json::object text_at(double x, double y, std::string_view classes, const std::string& text) {
  return {
      {"text", {{"x", decimal(x, 1)}, {"y", decimal(y, 1)}, {"class", classes}, {"text", text}}}};
}

json::object line_at(double x1, double y1, double x2, double y2) {
  return {{"line",
           {{"x1", decimal(x1, 1)},
            {"y1", decimal(y1, 1)},
            {"x2", decimal(x2, 1)},
            {"y2", decimal(y2, 1)}}}};
}

json::object path_of(std::string_view classes, const std::string& d) {
  return {{"path", {{"class", classes}, {"d", d}}}};
}

json::object plot(double width, double height, const std::string& label, json::array shapes) {
  return {{"width", decimal(width, 0)},
          {"height", decimal(height, 0)},
          {"label", label},
          {"shapes", std::move(shapes)}};
}

/// A round step that divides `range` into three to seven parts.
double tick_step(double range) {
  const double size = std::pow(10.0, std::floor(std::log10(std::max(range, 1e-9) / 3)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (size * factor) <= 7) return size * factor;
  }
  return size * 10;
}

std::string time_text(double seconds, double step_s) {
  if (step_s >= 60 && std::fmod(step_s, 60) == 0) return decimal(seconds / 60, 0) + " min";
  // As many digits as tell one tick from the next.
  const double per_second = step_s >= 0.01 ? 1 : step_s >= 1e-5 ? 1e3 : 1e6;
  const double digits = std::ceil(-std::log10(step_s * per_second) - 1e-6);
  return decimal(seconds * per_second, static_cast<int>(std::clamp(digits, 0.0, 9.0))) +
         (per_second == 1     ? " s"
          : per_second == 1e3 ? " ms"
                              : " us");
}

void add_time_axis(json::array& shapes, double end_s, double left, double width, double y) {
  // Beyond two minutes in whole minutes.
  const double step_s = end_s < 120 ? tick_step(end_s) : 60 * std::max(1.0, tick_step(end_s / 60));
  for (double at_s = 0; at_s <= end_s * 0.97; at_s += step_s)
    shapes.push_back(
        text_at(left + width * at_s / end_s, y, "tick middle", time_text(at_s, step_s)));
}

/// Requests batched, by time: means over a few pieces each, so that lines stay lines.
std::vector<std::pair<double, double>> smoothed(const std::vector<TimelinePoint>& timeline) {
  constexpr std::size_t kMaxPoints = 120;
  const std::size_t size = (timeline.size() + kMaxPoints - 1) / kMaxPoints;
  std::vector<std::pair<double, double>> points;
  for (std::size_t first = 0; first < timeline.size(); first += size) {
    double seconds = 0, sum = 0;
    for (std::size_t i = first; i < std::min(first + size, timeline.size()); ++i) {
      seconds += timeline[i].length_s;
      sum += timeline[i].batched * timeline[i].length_s;
    }
    points.emplace_back(timeline[first].start_s, sum / seconds);
  }
  return points;
}

}  // namespace

std::string title_of(KvAllocator allocator) {
  constexpr std::array<const char*, 4> kTitles{"Paged", "Orca (Max)", "Orca (Pow2)",
                                               "Orca (Oracle)"};
  return kTitles.at(static_cast<std::size_t>(allocator));
}

std::string title_of(const Outcome& outcome) {
  return outcome.label.empty() ? title_of(outcome.allocator) : outcome.label;
}

json::object memory_bars(const ReplayReport& report) {
  constexpr double kWidth = 960, kLeft = 136, kBar = 40, kRow = 58;
  json::array shapes;
  double y = 6;
  for (const Outcome& outcome : report.outcomes) {
    shapes.push_back(text_at(kLeft - 14, y + kBar / 2 + 5, "name end", title_of(outcome)));
    double x = kLeft;
    for (const Part& part : kParts) {
      const double share = std::max(0.0, outcome.memory.*part.share);
      const double width = share * (kWidth - kLeft - 4);
      const std::string percent = decimal(100 * share, 1) + " %";
      const std::string name = part.name;
      shapes.push_back(json::object{{"rect",
                                     {{"class", name},
                                      {"title", name + ": " + percent},
                                      {"x", decimal(x, 1)},
                                      {"y", decimal(y, 1)},
                                      {"width", decimal(std::max(0.0, width - 1.5), 1)},
                                      {"height", decimal(kBar, 1)}}}});
      if (width > 50)
        shapes.push_back(text_at(x + 10, y + kBar / 2 + 5, "share on-" + name, percent));
      x += width;
    }
    y += kRow;
  }
  return plot(kWidth, y - kRow + kBar + 12, "Split of the KV memory by allocator",
              std::move(shapes));
}

json::object memory_over_time(const Outcome& outcome) {
  constexpr double kWidth = 470, kHeight = 190, kBottom = 26;
  const double width = kWidth - kPlotLeft - 6;
  const double height = kHeight - kPlotTop - kBottom;
  const double end_s = std::max(outcome.seconds, 1e-9);
  const auto& points = outcome.timeline;
  const auto x_of = [&](double at_s) { return decimal(kPlotLeft + width * at_s / end_s, 1); };
  const auto y_of = [&](double share) {
    return decimal(kPlotTop + height * (1 - std::clamp(share, 0.0, 1.0)), 1);
  };
  json::array shapes;
  std::vector<double> base(points.size(), 0.0);
  for (std::size_t p = 0; p + 1 < kParts.size() && !points.empty(); ++p) {
    std::string over, under;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double low = base[i];
      base[i] += std::max(0.0, points[i].memory.*kParts[p].share);
      const std::string from = x_of(points[i].start_s);
      const std::string to = x_of(points[i].start_s + points[i].length_s);
      over += (over.empty() ? "M" : "L") + from + " " + y_of(base[i]) + "H" + to;
      under = "L" + to + " " + y_of(low) + "H" + from + under;
    }
    shapes.push_back(path_of(kParts[p].name, over + under + "Z"));
  }
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = kPlotTop + height * (1 - share);
    shapes.push_back(line_at(kPlotLeft, y, kPlotLeft + width, y));
    shapes.push_back(text_at(kPlotLeft - 6, y + 4, "tick end", decimal(100 * share, 0) + " %"));
  }
  add_time_axis(shapes, end_s, kPlotLeft, width, kHeight - 6);
  return plot(kWidth, kHeight, title_of(outcome) + ": memory over time", std::move(shapes));
}

json::object batched_over_time(const ReplayReport& report) {
  constexpr double kWidth = 960, kHeight = 280, kBottom = 28;
  constexpr double kLabelWidth = 150, kLabelHeight = 16;
  const double width = kWidth - kPlotLeft - 150;
  const double height = kHeight - kPlotTop - kBottom;
  double end_s = 1e-9, most = 1;
  for (const Outcome& outcome : report.outcomes) {
    end_s = std::max(end_s, outcome.seconds);
    for (const auto& [at_s, batched] : smoothed(outcome.timeline)) most = std::max(most, batched);
  }
  const double step = std::max(1.0, tick_step(most));
  const double top = std::ceil(most / step) * step;
  json::array shapes;
  for (double at = 0; at <= top; at += step) {
    const double y = kPlotTop + height * (1 - at / top);
    shapes.push_back(line_at(kPlotLeft, y, kPlotLeft + width, y));
    shapes.push_back(text_at(kPlotLeft - 6, y + 4, "tick end", decimal(at, 0)));
  }
  add_time_axis(shapes, end_s, kPlotLeft, width, kHeight - 6);
  json::array lines;
  json::array labels;
  std::vector<std::pair<double, double>> taken;
  for (const Outcome& outcome : report.outcomes) {
    std::string path;
    for (const auto& [at_s, batched] : smoothed(outcome.timeline)) {
      path += (path.empty() ? "M" : "L") + decimal(kPlotLeft + width * at_s / end_s, 1) + " " +
              decimal(kPlotTop + height * (1 - batched / top), 1);
    }
    const std::string name(name_of(outcome));
    lines.push_back(path_of("line line-" + name, path));
    const double x = kPlotLeft + width * outcome.seconds / end_s + 6;
    double y = kPlotTop + height * (1 - outcome.batched_mean / top) + 4;
    const auto overlaps = [&](const std::pair<double, double>& other) {
      return std::fabs(other.first - x) < kLabelWidth && std::fabs(other.second - y) < kLabelHeight;
    };
    while (std::any_of(taken.begin(), taken.end(), overlaps)) y -= kLabelHeight / 2;
    taken.emplace_back(x, y);
    const std::string mean = decimal(outcome.batched_mean, outcome.batched_mean < 100 ? 1 : 0);
    labels.push_back(text_at(x, y, "label text-" + name, title_of(outcome) + " " + mean));
  }
  // The first allocator's line is drawn last, over the others.
  shapes.insert(shapes.end(), lines.rbegin(), lines.rend());
  shapes.insert(shapes.end(), labels.begin(), labels.end());
  return plot(kWidth, kHeight, "Requests batched at once over time", std::move(shapes));
}

}  // namespace octavo
