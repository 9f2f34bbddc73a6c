#include "src/replay/page_plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "src/replay/report_text.hpp"

namespace octavo {
namespace {

struct Part {
  const char* name;  ///< Also the class in the style.
  double MemorySplit::*share;
};
constexpr std::array<Part, 4> kParts{{{"tokens", &MemorySplit::tokens},
                                      {"reserved", &MemorySplit::reserved},
                                      {"internal", &MemorySplit::internal},
                                      {"external", &MemorySplit::external}}};

constexpr double kPlotLeft = 44;
constexpr double kPlotTop = 10;

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + decimal(value, 1) + "\"";
}

std::string text_at(double x, double y, const char* classes, const std::string& text) {
  return "<text" + attribute("x", x) + attribute("y", y) + " class=\"" + classes + "\">" +
         escaped(text) + "</text>";
}

std::string line_at(double x1, double y1, double x2, double y2) {
  return "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + " class=\"grid\"/>";
}

std::string svg(double width, double height, const std::string& label, const std::string& body) {
  return "<svg viewBox=\"0 0 " + decimal(width, 0) + " " + decimal(height, 0) +
         "\" role=\"img\" aria-label=\"" + escaped(label) + "\">" + body + "</svg>";
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
  return decimal(seconds, step_s >= 1 ? 0 : step_s >= 0.1 ? 1 : 2) + " s";
}

std::string time_axis(double end_s, double left, double width, double y) {
  std::string body;
  // Beyond two minutes in whole minutes.
  const double step_s = end_s < 120 ? tick_step(end_s) : 60 * std::max(1.0, tick_step(end_s / 60));
  for (double at_s = 0; at_s <= end_s * 0.97; at_s += step_s)
    body += text_at(left + width * at_s / end_s, y, "tick middle", time_text(at_s, step_s));
  return body;
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

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string title_of(KvAllocator allocator) {
  constexpr std::array<const char*, 4> kTitles{"Paged", "Orca (Max)", "Orca (Pow2)",
                                               "Orca (Oracle)"};
  return kTitles.at(static_cast<std::size_t>(allocator));
}

std::string title_of(const Outcome& outcome) {
  return outcome.label.empty() ? title_of(outcome.allocator) : outcome.label;
}

std::string memory_bars(const ReplayReport& report) {
  constexpr double kWidth = 960, kLeft = 136, kBar = 40, kRow = 58;
  std::string body;
  double y = 6;
  for (const Outcome& outcome : report.outcomes) {
    body += text_at(kLeft - 14, y + kBar / 2 + 5, "name end", title_of(outcome));
    double x = kLeft;
    for (const Part& part : kParts) {
      const double share = std::max(0.0, outcome.memory.*part.share);
      const double width = share * (kWidth - kLeft - 4);
      const std::string percent = decimal(100 * share, 1) + " %";
      body += "<g><title>" + std::string(part.name) + ": " + percent + "</title><rect class=\"" +
              part.name + "\"" + attribute("x", x) + attribute("y", y) +
              attribute("width", std::max(0.0, width - 1.5)) + attribute("height", kBar) +
              " rx=\"3\"/>";
      if (width > 50)
        body += text_at(x + 10, y + kBar / 2 + 5, (std::string("share on-") + part.name).c_str(),
                        percent);
      body += "</g>";
      x += width;
    }
    y += kRow;
  }
  return svg(kWidth, y - kRow + kBar + 12, "Split of the KV memory by allocator", body);
}

std::string memory_over_time(const Outcome& outcome) {
  constexpr double kWidth = 470, kHeight = 190, kBottom = 26;
  const double width = kWidth - kPlotLeft - 6;
  const double height = kHeight - kPlotTop - kBottom;
  const double end_s = std::max(outcome.seconds, 1e-9);
  const auto& points = outcome.timeline;
  const auto x_of = [&](double at_s) { return decimal(kPlotLeft + width * at_s / end_s, 1); };
  const auto y_of = [&](double share) {
    return decimal(kPlotTop + height * (1 - std::clamp(share, 0.0, 1.0)), 1);
  };
  std::string body;
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
    body += std::string("<path class=\"") + kParts[p].name + "\" d=\"" + over + under + "Z\"/>";
  }
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = kPlotTop + height * (1 - share);
    body += line_at(kPlotLeft, y, kPlotLeft + width, y);
    body += text_at(kPlotLeft - 6, y + 4, "tick end", decimal(100 * share, 0) + " %");
  }
  body += time_axis(end_s, kPlotLeft, width, kHeight - 6);
  return svg(kWidth, kHeight, title_of(outcome) + ": memory over time", body);
}

std::string batched_over_time(const ReplayReport& report) {
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
  std::string body;
  for (double at = 0; at <= top; at += step) {
    const double y = kPlotTop + height * (1 - at / top);
    body += line_at(kPlotLeft, y, kPlotLeft + width, y);
    body += text_at(kPlotLeft - 6, y + 4, "tick end", decimal(at, 0));
  }
  body += time_axis(end_s, kPlotLeft, width, kHeight - 6);
  std::string lines;  // The first allocator's on top.
  std::string labels;
  std::vector<std::pair<double, double>> taken;
  for (const Outcome& outcome : report.outcomes) {
    std::string path;
    for (const auto& [at_s, batched] : smoothed(outcome.timeline)) {
      path += (path.empty() ? "M" : "L") + decimal(kPlotLeft + width * at_s / end_s, 1) + " " +
              decimal(kPlotTop + height * (1 - batched / top), 1);
    }
    const std::string name(name_of(outcome));
    lines = "<path class=\"line line-" + name + "\" d=\"" + path + "\"/>" + lines;
    const double x = kPlotLeft + width * outcome.seconds / end_s + 6;
    double y = kPlotTop + height * (1 - outcome.batched_mean / top) + 4;
    const auto overlaps = [&](const std::pair<double, double>& other) {
      return std::fabs(other.first - x) < kLabelWidth && std::fabs(other.second - y) < kLabelHeight;
    };
    while (std::any_of(taken.begin(), taken.end(), overlaps)) y -= kLabelHeight / 2;
    taken.emplace_back(x, y);
    const std::string mean = decimal(outcome.batched_mean, outcome.batched_mean < 100 ? 1 : 0);
    labels += text_at(x, y, ("label text-" + name).c_str(), title_of(outcome) + " " + mean);
  }
  return svg(kWidth, kHeight, "Requests batched at once over time", body + lines + labels);
}

}  // namespace octavo
