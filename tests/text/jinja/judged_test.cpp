// Templates of a line each, and what Jinja 3.1 made of them. `judge.py` asks Jinja again.
#include "tests/text/jinja/judged.hpp"

#include <boost/json.hpp>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

bool has_refused(const json::object& answer, const char* what) {
  return answer.contains("refuses") && answer.at("refuses") == what;
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
    const json::value* context = recorded.if_contains("context");
    json::object given =
        testing::answer_to(source, context == nullptr ? json::object() : context->as_object());
    // What Jinja finds out while it renders may be found sooner, never later.
    if (has_refused(recorded, "to render") && has_refused(given, "to load")) continue;
    given.erase("why");
    json::object expected = recorded;
    expected.erase("template");
    expected.erase("context");
    CHECK(json::serialize(given) == json::serialize(expected));
  }
  CHECK(num_lines > 1000);
}

}  // namespace octavo
