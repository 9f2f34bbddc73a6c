// Templates of a line each, and what Jinja 3.1 made of them. `judge.py` asks Jinja again.
#include <boost/json.hpp>
#include <sstream>

#include "tests/text/data_files.hpp"
#include "tests/text/jinja/rules.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

const json::object kContext{{"now", "2024-07-26T12:00:00"}};

/// "writes ..." or which of both it refuses.
std::string answer(const std::string& source) {
  if (!ChatTemplate::parse(source)) return "refuses to load";
  const std::string text = testing::rendered(source, kContext);
  return testing::is_fault(text) ? "refuses to render" : "writes " + text;
}

std::string recorded_answer(const json::object& line) {
  const json::value* text = line.if_contains("writes");
  if (text != nullptr) return "writes " + json::value_to<std::string>(*text);
  return "refuses " + json::value_to<std::string>(line.at("refuses"));
}

}  // namespace

TEST_CASE("every judged template writes what Jinja writes, or is refused with it", "[text]") {
  const auto file = testing::shipped_data() / "chat-templates/judged.jsonl";
  std::istringstream lines(testing::read_file(file));
  int num_lines = 0;
  for (std::string line; std::getline(lines, line); ++num_lines) {
    const json::object recorded = json::parse(line).as_object();
    const auto source = json::value_to<std::string>(recorded.at("template"));
    CAPTURE(source);
    const std::string expected = recorded_answer(recorded);
    const std::string given = answer(source);
    // What Jinja finds out while it renders may be found sooner, never later.
    const bool is_early = expected == "refuses to render" && given == "refuses to load";
    if (!is_early) CHECK(given == expected);
  }
  CHECK(num_lines == 1183);
}

}  // namespace octavo
