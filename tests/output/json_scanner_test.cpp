#include "src/output/json_scanner.hpp"

#include <boost/json/parse.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

using Progress = JsonScanner::Progress;

// What is passed on of the text, made whole at its end.
std::string whole_of(std::string_view text, std::size_t step = SIZE_MAX) {
  JsonScanner scanner;
  std::string out;
  while (!text.empty()) {
    std::string_view part = text.substr(0, step);
    const std::size_t before = part.size();
    const Progress progress = scanner.take(part, out);
    text.remove_prefix(before - part.size());
    if (progress != Progress::kMore) break;
  }
  scanner.complete(out);
  return out;
}

TEST_CASE("a value passes as it is, without the blanks between its parts") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"a": 1, "b": [true, null, -2.5e3, "x y"]})", R"({"a":1,"b":[true,null,-2.5e3,"x y"]})"},
      {"{ }", "{}"},
      {"[ ]", "[]"},
      {R"("\u00e9\n\"é")", R"("\u00e9\n\"é")"},
      {"12", "12"},
      {"[[[{}]]]", "[[[{}]]]"},
  };
  for (const auto& [text, expected] : cases) {
    CHECK(whole_of(text) == expected);
    CHECK(whole_of(text, 1) == expected);
  }
}

TEST_CASE("what models write instead of JSON becomes JSON") {
  CHECK(whole_of("{\"code\": \"a\n\tb\"}") == R"({"code":"a\n\tb"})");
  CHECK(whole_of(R"({"a": True, "b": None,})") == R"({"a":true,"b":null})");
  CHECK(whole_of(R"(["it\'s", "\d"])") == R"(["it\\'s","\\d"])");
  CHECK(whole_of("[1,]") == "[1]");
}

TEST_CASE("a value is whole at its last bracket, and what follows is left") {
  JsonScanner scanner;
  std::string out;
  std::string_view text = R"({"a":{}} and more)";
  CHECK(scanner.take(text, out) == Progress::kWhole);
  CHECK(text == " and more");
  CHECK(scanner.is_whole());
}

TEST_CASE("what is no JSON is a fault where it stands, and what came before can be made whole") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"a": x})", R"({"a":null})"},
      {R"({a: 1})", "{}"},
      {"[1 2]", "[1]"},
      {R"({"a" 1})", R"({"a":null})"},
      {R"({"a":1]})", R"({"a":1})"},
      {"}", "null"},
      {"[1.2.3]", "[]"},
  };
  for (const auto& [text, expected] : cases) {
    JsonScanner scanner;
    std::string out;
    std::string_view rest = text;
    CHECK(scanner.take(rest, out) == Progress::kFault);
    scanner.complete(out);
    CHECK(out == expected);
  }
}

TEST_CASE("cut anywhere, what was passed on can be made JSON") {
  const std::string text =
      R"({"name": "caf\u00e9 \"x\" é", "list": [1, -2.5, true, {"k": null}], "o": {}, "s": ""})";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string whole = whole_of(text.substr(0, length), 1);
    boost::system::error_code error;
    boost::json::parse(whole, error);
    INFO(length << ": " << whole);
    // A cut within a character of several bytes leaves a text that is no UTF-8.
    const bool is_in_character = (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U;
    CHECK((!error || is_in_character));
  }
}

TEST_CASE("brackets without an end are a fault before they take the stack") {
  JsonScanner scanner;
  std::string out;
  const std::string text(100'000, '[');
  std::string_view rest = text;
  CHECK(scanner.take(rest, out) == Progress::kFault);
  CHECK(out.size() <= 256);
}

}  // namespace
}  // namespace octavo
