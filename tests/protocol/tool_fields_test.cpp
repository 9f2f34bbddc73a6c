#include "protocol/tool_fields.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

using Reader = void (*)(JsonReader&, ResponseCreate&);

ResponseCreate read(Reader reader, const std::string& body) {
  const json::object object = json::parse(body).as_object();
  JsonReader fields(object);
  ResponseCreate create;
  reader(fields, create);
  INFO(body << ": " << (fields.error() ? fields.error()->message() : ""));
  REQUIRE(!fields.error());
  return create;
}

Error refused(Reader reader, const std::string& body) {
  const json::object object = json::parse(body).as_object();
  JsonReader fields(object);
  ResponseCreate create;
  reader(fields, create);
  INFO(body);
  REQUIRE(fields.error());
  return *fields.error();
}

const std::string kTools = R"("tools":[{"type":"function","name":"f","description":"d",
    "parameters":{"type":"object"},"strict":true},{"type":"function","name":"g"}])";
const std::string kChatTools =
    R"("tools":[{"type":"function","function":{"name":"f","description":"d",
    "parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}}])";

}  // namespace

TEST_CASE("both spellings of a tool say the same") {
  for (const auto& create : {read(read_response_tools, "{" + kTools + "}"),
                             read(read_chat_tools, "{" + kChatTools + "}")}) {
    REQUIRE(create.tools.size() == 2);
    CHECK(create.tools[0].name == "f");
    CHECK(create.tools[0].description == "d");
    CHECK(create.tools[0].is_strict);
    CHECK(create.tools[0].parameters == json::object{{"type", "object"}});
    CHECK(create.tools[1].name == "g");
    CHECK(!create.tools[1].has_parameters);
    CHECK(create.tool_choice.mode == ToolMode::kAuto);
    CHECK(create.parallel_tool_calls);
  }
}

TEST_CASE("the answer repeats the tools in full and the choice as it was sent") {
  const auto create =
      read(read_response_tools, "{" + kTools + R"(,"tool_choice":{"type":"function","name":"g"}})");
  CHECK(create.repeated.at("tools") == json::parse(R"([{"type":"function","name":"f",
      "description":"d","parameters":{"type":"object"},"strict":true},{"type":"function","name":"g",
      "description":null,"parameters":null,"strict":false}])"));
  CHECK(create.repeated.at("tool_choice") == json::parse(R"({"type":"function","name":"g"})"));
}

TEST_CASE("a function that is named must be called, once") {
  const auto one =
      read(read_response_tools, "{" + kTools + R"(,"tool_choice":{"type":"function","name":"g"}})");
  const auto two = read(read_chat_tools, "{" + kChatTools +
                                             R"(,"tool_choice":{"type":"function",
      "function":{"name":"g"}}})");
  for (const auto& create : {one, two}) {
    CHECK(create.tool_choice.mode == ToolMode::kRequired);
    CHECK(create.tool_choice.allowed == std::vector<std::string>{"g"});
    CHECK(!create.parallel_tool_calls);
  }
}

TEST_CASE("some of the tools may be allowed, or one of them required") {
  const auto one = read(read_response_tools, "{" + kTools + R"(,"tool_choice":{
      "type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}})");
  const auto two = read(read_chat_tools, "{" + kChatTools + R"(,"tool_choice":{
      "type":"allowed_tools","allowed_tools":{"mode":"required",
      "tools":[{"type":"function","function":{"name":"f"}}]}}})");
  for (const auto& create : {one, two}) {
    CHECK(create.tool_choice.mode == ToolMode::kRequired);
    CHECK(create.tool_choice.allows("f"));
    CHECK(!create.tool_choice.allows("g"));
    CHECK(create.parallel_tool_calls);
  }
}

TEST_CASE("what is no tool and no choice is refused where it stands") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"tools":{}})", "tools"},
      {R"({"tools":[1]})", "tools[0]"},
      {R"({"tools":[{}]})", "tools[0].type"},
      {R"({"tools":[{"type":"function"}]})", "tools[0].name"},
      {R"({"tools":[{"type":"function","name":"a b"}]})", "tools[0].name"},
      {R"({"tools":[{"type":"function","name":"f","parameters":[]}]})", "tools[0].parameters"},
      {"{" + kTools + R"(,"tool_choice":"any"})", "tool_choice"},
      {"{" + kTools + R"(,"tool_choice":{"type":"function","name":"h"}})", "tool_choice.name"},
      {"{" + kTools + R"(,"tool_choice":{"type":"allowed_tools","tools":[]}})",
       "tool_choice.tools"},
      {R"({"tool_choice":"required"})", "tool_choice"},
      {R"({"tools":[{"type":"function","name":"f"},{"type":"function","name":"f"}]})",
       "tools[1].name"},
      {R"({"max_tool_calls":0})", "max_tool_calls"},
      {R"({"parallel_tool_calls":1})", "parallel_tool_calls"}};
  for (const auto& [body, param] : cases) {
    const Error error = refused(read_response_tools, body);
    CHECK(error.code == Errc::kInvalidValue);
    CHECK(error.param == param);
  }
  const Error search = refused(read_response_tools, R"({"tools":[{"type":"web_search"}]})");
  CHECK(search.code == Errc::kUnsupportedParameter);
  CHECK(search.detail.find("web_search") != std::string::npos);
}
