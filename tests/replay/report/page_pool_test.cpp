// The picture of the block pool.
#include <set>

#include "src/replay/report/page_plots.hpp"
#include "tests/replay/report/plot_shapes.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::number_in;
using octavo::testing::shapes_of;
using octavo::testing::text_in;

namespace {

using Block = MemoryAccount::BlockPicture;

boost::json::object picture_of(std::vector<Block> blocks) {
  Outcome outcome;
  outcome.pool.blocks = std::move(blocks);
  ReplayReport report;
  report.block_size = 4;
  return pool_picture(outcome, report);
}

/// The rectangles of a request, by class; empty where it has none.
std::string path_of(const boost::json::object& request, std::string_view kind) {
  for (const boost::json::value& path : request.at("paths").as_array()) {
    if (text_in(path.as_object(), "class") == kind) return text_in(path.as_object(), "d");
  }
  return "";
}

}  // namespace

TEST_CASE("a block is full, pale and faint as far as it holds, will hold and never will") {
  const auto plot = picture_of({{0, 2, 1, false}, {0, 4, 0, false}, {0, 0, 4, false}});
  const auto requests = shapes_of(plot, "request");
  REQUIRE(requests.size() == 1);
  CHECK(path_of(requests[0], "p-tokens") == "M0.0 0.0h5.0v10h-5.0zM12.0 0.0h10.0v10h-10.0z");
  CHECK(path_of(requests[0], "p-later") == "M5.0 0.0h2.5v10h-2.5zM24.0 0.0h10.0v10h-10.0z");
  CHECK(path_of(requests[0], "p-never") == "M7.5 0.0h2.5v10h-2.5z");
  CHECK(text_in(requests[0], "tokens") == "6");
  CHECK(text_in(requests[0], "blocks") == "3");
}

TEST_CASE("blocks are in the colour of their request, those of nobody apart") {
  const auto plot =
      picture_of({{2, 4, 0, false}, {-1, 0, 0, false}, {0, 4, 0, false}, {2, 1, 0, false}});
  const auto requests = shapes_of(plot, "request");
  REQUIRE(requests.size() == 2);
  CHECK(text_in(requests[0], "number") == "1");
  CHECK(text_in(requests[1], "number") == "3");
  CHECK(text_in(requests[1], "tokens") == "5");
  CHECK(text_in(requests[1], "blocks") == "2");
  CHECK(path_of(requests[0], "p-later").empty());
  const auto paths = shapes_of(plot, "path");
  REQUIRE(paths.size() == 1);
  CHECK(text_in(paths[0], "class") == "nobody");
  CHECK(text_in(paths[0], "d") == "M12.0 0.0h10.0v10h-10.0z");
}

TEST_CASE("requests that follow one another have hues far apart") {
  std::vector<Block> blocks;
  for (std::int32_t i = 0; i < 20; ++i) blocks.push_back({i, 1, 0, false});
  const auto requests = shapes_of(picture_of(blocks), "request");
  std::set<std::string> hues;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const double hue = number_in(requests[i], "hue");
    CHECK((hue >= 0 && hue <= 360));
    hues.insert(text_in(requests[i], "hue"));
    if (i == 0) continue;
    const double apart = std::abs(hue - number_in(requests[i - 1], "hue"));
    CHECK(std::min(apart, 360 - apart) > 90);
  }
  CHECK(hues.size() == 20);
}

TEST_CASE("blocks fill rows of 8 to 64, a little wider than high") {
  struct Case {
    std::size_t num_blocks;
    int width;
    int height;
  };
  for (const Case& each : {Case{1, 8, 1}, Case{8, 8, 1}, Case{9, 8, 2}, Case{100, 11, 10},
                           Case{1000, 34, 30}, Case{2048, 49, 42}}) {
    CAPTURE(each.num_blocks);
    const auto plot = picture_of(std::vector<Block>(each.num_blocks));
    CHECK(number_in(plot, "width") == 12 * each.width);
    CHECK(number_in(plot, "height") == 12 * each.height);
  }
}

TEST_CASE("the ninth block begins the second row") {
  std::vector<Block> blocks(9);
  blocks[8] = {0, 4, 0, true};
  CHECK(path_of(shapes_of(picture_of(blocks), "request").at(0), "p-tokens") ==
        "M0.0 12.0h10.0v10h-10.0z");
}

TEST_CASE("no more blocks are drawn than can be seen") {
  std::vector<Block> blocks(kMaxShownBlocks + 1, {0, 1, 0, false});
  blocks[kMaxShownBlocks - 1].request = 1;
  blocks[kMaxShownBlocks].request = 2;
  const auto requests = shapes_of(picture_of(blocks), "request");
  REQUIRE(requests.size() == 2);
  CHECK(text_in(requests[0], "blocks") == "2,047");
  CHECK(text_in(requests[1], "number") == "2");
}

TEST_CASE("a pool without a picture is an empty row") {
  const auto plot = picture_of({});
  CHECK(text_in(plot, "label") == "Paged: block pool");
  CHECK(plot.at("shapes").as_array().empty());
  CHECK(number_in(plot, "width") == 96);
  CHECK(number_in(plot, "height") == 12);
}
