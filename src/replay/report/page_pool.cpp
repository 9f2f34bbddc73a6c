// The picture of the block pool: what fragmentation looks like.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <map>

#include "src/replay/report/page_plots.hpp"
#include "src/replay/report/report_text.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr double kCell = 10;
constexpr double kGap = 2;

/// The rectangles of one request, by what they are good for.
struct Colour {
  std::string tokens;
  std::string later;
  std::string never;
  std::int64_t num_tokens = 0;
  std::int64_t num_blocks = 0;
};

std::string rectangle(double x, double y, double width) {
  return "M" + decimal(x, 1) + " " + decimal(y, 1) + "h" + decimal(width, 1) + "v" +
         decimal(kCell, 0) + "h-" + decimal(width, 1) + "z";
}

void add_path(json::array& paths, const char* kind, const std::string& rectangles) {
  if (!rectangles.empty()) paths.push_back(json::object{{"class", kind}, {"d", rectangles}});
}

// Neighbours in time get hues far apart (the golden angle).
std::string hue_of(std::int32_t request) { return decimal(std::fmod(request * 137.508, 360.0), 0); }

}  // namespace

json::object pool_picture(const Outcome& outcome, const ReplayReport& report) {
  const auto& blocks = outcome.pool.blocks;
  const std::size_t shown = std::min(blocks.size(), kMaxShownBlocks);
  const auto columns = static_cast<std::size_t>(
      std::clamp(std::ceil(std::sqrt(static_cast<double>(shown) * 1.15)), 8.0, 64.0));
  std::map<std::int32_t, Colour> colours;
  std::string nobody;
  for (std::size_t i = 0; i < shown; ++i) {
    const double x = static_cast<double>(i % columns) * (kCell + kGap);
    const double y = static_cast<double>(i / columns) * (kCell + kGap);
    const auto& block = blocks[i];
    if (block.request < 0) {
      nobody += rectangle(x, y, kCell);
      continue;
    }
    Colour& colour = colours[block.request];
    colour.num_tokens += block.num_tokens;
    ++colour.num_blocks;
    const double slot = kCell / report.block_size;
    const double tokens = block.num_tokens * slot;
    const double later = block.num_later * slot;
    if (tokens > 0) colour.tokens += rectangle(x, y, tokens);
    if (later > 0) colour.later += rectangle(x + tokens, y, later);
    if (kCell - tokens - later > 0.01)
      colour.never += rectangle(x + tokens + later, y, kCell - tokens - later);
  }
  json::array shapes;
  if (!nobody.empty())
    shapes.push_back(json::object{{"path", {{"class", "nobody"}, {"d", nobody}}}});
  for (const auto& [request, colour] : colours) {
    json::array paths;
    add_path(paths, "p-tokens", colour.tokens);
    add_path(paths, "p-later", colour.later);
    add_path(paths, "p-never", colour.never);
    shapes.push_back(json::object{{"request",
                                   {{"hue", hue_of(request)},
                                    {"number", grouped(request + 1)},
                                    {"tokens", grouped(colour.num_tokens)},
                                    {"blocks", grouped(colour.num_blocks)},
                                    {"paths", std::move(paths)}}}});
  }
  const std::size_t rows = (shown + columns - 1) / std::max<std::size_t>(1, columns);
  return {
      {"width", decimal(static_cast<double>(columns) * (kCell + kGap), 0)},
      {"height", decimal(static_cast<double>(std::max<std::size_t>(1, rows)) * (kCell + kGap), 0)},
      {"label", title_of(outcome) + ": block pool"},
      {"shapes", std::move(shapes)}};
}

}  // namespace octavo
