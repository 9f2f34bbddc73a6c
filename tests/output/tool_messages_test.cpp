#include "src/output/tool_messages.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::array messages() {
  return {json::object{{"role", "user"}, {"content", "q"}},
          json::object{
              {"role", "assistant"},
              {"content", "I look."},
              {"tool_calls",
               {tool_call_json("call_1", "f", R"({"x": 1})"), tool_call_json("call_2", "g", "")}}},
          json::object{{"role", "tool"}, {"tool_call_id", "call_1"}, {"content", "1"}},
          json::object{{"role", "tool"}, {"tool_call_id", "call_2"}, {"content", "2"}}};
}

TEST_CASE("arguments are an object in a message, or the text that they are") {
  const auto of = [](std::string_view text) {
    return tool_call_json("c", "f", text).at("function").at("arguments");
  };
  CHECK(of(R"({"x": 1})") == json::object{{"x", 1}});
  CHECK(of("") == json::object());
  CHECK(of("oops") == "oops");
  CHECK(of("[1]") == "[1]");
  const json::array as_text = with_text_arguments(messages());
  CHECK(as_text[1].at("tool_calls").at(0).at("function").at("arguments") == R"({"x":1})");
}

TEST_CASE("tools are shown to a template with a schema each, and only those that are allowed") {
  Tool f{"f", "does f", true, json::object{{"type", "object"}}, false};
  Tool g{"g", "", false, {}, false};
  const json::array all = tools_json({f, g}, {});
  CHECK(all == json::parse(R"([{"type":"function","function":{"name":"f","description":"does f",
      "parameters":{"type":"object"}}},{"type":"function","function":{"name":"g","description":"",
      "parameters":{"type":"object","properties":{}}}}])"));
  CHECK(tools_json({f, g}, {ToolMode::kAuto, {"g"}}).size() == 1);
}

TEST_CASE("a result without its call is refused by the call's name") {
  CHECK(check_tool_results(messages()).has_value());
  json::array lost = messages();
  lost.erase(lost.begin() + 1);
  const auto checked = check_tool_results(lost);
  REQUIRE(checked.has_error());
  CHECK(checked.error().code == Errc::kInvalidValue);
  CHECK(checked.error().detail.find("call_1") != std::string::npos);
  json::array late = messages();
  std::swap(late[1], late[2]);
  CHECK(check_tool_results(late).has_error());
}

TEST_CASE("short ids stay those of their calls") {
  const json::array shortened = with_short_ids(messages());
  const std::string id(shortened[1].at("tool_calls").at(0).at("id").as_string());
  CHECK(id.size() == 9);
  CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  CHECK(shortened[2].at("tool_call_id").as_string() == id);
  CHECK(shortened[3].at("tool_call_id").as_string() != id);
  CHECK(check_tool_results(shortened).has_value());
}

TEST_CASE("for a template that knows no tools all of it is words") {
  const json::array tools = tools_json({{"f", "", false, {}, false}}, {});
  const json::array shown = with_tools_as_text(messages(), tools);
  REQUIRE(shown.size() == 4);
  CHECK(shown[0].at("role") == "system");
  CHECK(shown[0].at("content").as_string().find("\"name\":\"f\"") != std::string::npos);
  CHECK(shown[2].at("content") ==
        "I look.\n<tool_call>\n{\"name\":\"f\",\"arguments\":{\"x\":1}}\n</tool_call>\n"
        "<tool_call>\n{\"name\":\"g\",\"arguments\":{}}\n</tool_call>");
  CHECK(!shown[2].as_object().contains("tool_calls"));
  CHECK(shown[3] ==
        json::value(json::object{{"role", "user"},
                                 {"content",
                                  "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n"
                                  "</tool_response>"}}));
  json::array with_system = messages();
  with_system.insert(with_system.begin(),
                     json::object{{"role", "system"}, {"content", "Be kind."}});
  const json::array joined = with_tools_as_text(with_system, tools);
  CHECK(joined.size() == 4);
  CHECK(std::string(joined[0].at("content").as_string()).starts_with("Be kind.\n\n"));
  CHECK(with_tools_as_text(json::array{messages()[0]}, {}).size() == 1);
}

}  // namespace
}  // namespace octavo
