#include "src/replay/trace/text_lines.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Case {
  std::string_view text;
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("a text falls into the same lines however they end") {
  const std::vector<Case> cases{
      {"", {}},
      {"a", {"a"}},
      {"a\n", {"a"}},
      {"a\r\n", {"a"}},
      {"a\nb", {"a", "b"}},
      {"a\r\nb\r\n", {"a", "b"}},
      {"a\nb\r\nc", {"a", "b", "c"}},
      {"\n", {""}},
      {"\r\n\r\n", {"", ""}},
      {"a\n\nb\n", {"a", "", "b"}},
      {"a\n\n", {"a", ""}},
      {" a \n", {" a "}},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    TextLines lines(each.text);
    std::vector<std::string> seen;
    while (const auto line = lines.next()) seen.emplace_back(*line);
    CHECK(seen == each.lines);
    CHECK(lines.number() == each.lines.size());
  }
}

TEST_CASE("a carriage return ends a line only before a line feed or the text's end") {
  TextLines lines("a\rb\nc\r\r\nd\r");
  CHECK(lines.next() == "a\rb");
  CHECK(lines.next() == "c\r");
  CHECK(lines.next() == "d");
  CHECK_FALSE(lines.next().has_value());
}

TEST_CASE("lines are numbered from 1, and the number stays at the last one") {
  TextLines lines("a\n\nb");
  CHECK(lines.number() == 0);
  lines.next();
  CHECK(lines.number() == 1);
  lines.next();
  CHECK(lines.number() == 2);
  lines.next();
  CHECK(lines.number() == 3);
  CHECK_FALSE(lines.next().has_value());
  CHECK_FALSE(lines.next().has_value());
  CHECK(lines.number() == 3);
}

TEST_CASE("a line may hold any byte but the line feed") {
  const std::string text("a\0b\xFF\n\0", 6);
  TextLines lines(text);
  CHECK(lines.next() == std::string_view("a\0b\xFF", 4));
  CHECK(lines.next() == std::string_view("\0", 1));
  CHECK_FALSE(lines.next().has_value());
}
