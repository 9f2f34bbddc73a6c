#include "src/app/serve/json_lines.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

const std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'796'091'839'042)};

json::object line_of(std::string_view payload) {
  return json::parse(json_line(kTime, "info", payload)).as_object();
}

}  // namespace

TEST_CASE("a line of words and pairs becomes an object with a member for each pair") {
  const json::object line =
      line_of("request: ended id=resp_1 lane=\"\" reason=stop output_tokens=12 ttft_ms=1.5");
  const json::object expected{{"time", "2026-12-01T02:23:59.042Z"},
                              {"level", "info"},
                              {"message", "request: ended"},
                              {"id", "resp_1"},
                              {"lane", ""},
                              {"reason", "stop"},
                              {"output_tokens", 12},
                              {"ttft_ms", 1.5}};
  CHECK(line == expected);
}

TEST_CASE("a value in quotes may hold blanks and what looks like a pair") {
  const json::object line = line_of("listener: accept failed error=\"no such file, a=b\"");
  CHECK(line.at("error") == "no such file, a=b");
  CHECK(line.at("message") == "listener: accept failed");
  CHECK_FALSE(line.contains("a"));
}

TEST_CASE("what a client calls its request cannot pose as another part of the line") {
  const json::object line = line_of(R"(request: id=r request_id="a\"b=c" lane="\\" reason=stop)");
  CHECK(line.at("request_id") == "a\"b=c");
  CHECK(line.at("lane") == "\\");
  CHECK(line.at("reason") == "stop");
}

TEST_CASE("what is no pair stays in the message, and no pair hides the time or the level") {
  CHECK(line_of("a == b, x= and =y and A=1").at("message") == "a == b, and =y and A=1");
  CHECK(line_of("x=").at("x") == "");
  CHECK(line_of("level=9 time=10").at("level") == "info");
  CHECK(line_of("level=9").at("level_") == 9);
  CHECK(line_of("").at("message") == "");
}

TEST_CASE("values that are no numbers are texts, whatever they look like") {
  const json::object line = line_of("a=0x10 b=1e999 c=nan d=inf e=-0 f=12abc g=1.5.2");
  for (const char* name : {"a", "c", "d", "f", "g"}) CHECK(line.at(name).is_string());
  CHECK(line.at("e") == 0);
}

TEST_CASE("bytes that are no text do not break the line") {
  const std::string made = json_line(kTime, "warning", "x=\"\xFF\n\" \x01");
  CHECK(made.find('\n') == std::string::npos);
  CHECK_NOTHROW(json::parse(made));
}
