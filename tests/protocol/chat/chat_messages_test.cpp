#include "protocol/chat/chat_messages.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

json::object read(const std::string& message) {
  const auto messages = chat_messages_of(json::parse("[" + message + "]"));
  INFO(message << ": " << (messages ? "" : messages.error().message()));
  REQUIRE(messages.has_value());
  return messages->at(0).as_object();
}

}  // namespace

TEST_CASE("a message is a role and its text, and a developer is the system") {
  CHECK(read(R"({"role":"user","content":"x"})") ==
        json::object{{"role", "user"}, {"content", "x"}});
  CHECK(read(R"({"role":"developer","content":"x"})").at("role") == "system");
  CHECK(
      read(R"({"role":"assistant","content":"x","refusal":null,"tool_calls":[]})").at("content") ==
      "x");
  CHECK(read(R"({"role":"user","content":"x","name":"Ann"})").at("name") == "Ann");
  const json::object parts =
      read(R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})");
  CHECK(parts.at("content") == "ab");
}

TEST_CASE("an answer keeps its calls and its thoughts, and a result the call that it answers") {
  CHECK(read(R"({"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[
      {"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}]})") ==
        json::parse(R"({"role":"assistant","content":"","reasoning_content":"hm","tool_calls":[
      {"id":"c","type":"function","function":{"name":"f","arguments":{"x":1}}}]})"));
  CHECK(read(R"({"role":"tool","tool_call_id":"c","content":"42"})") ==
        json::object{{"role", "tool"}, {"content", "42"}, {"tool_call_id", "c"}});
}

TEST_CASE("a message that is none is refused where it stands") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"1", "messages[0]"},
      {"{}", "messages[0].role"},
      {R"({"role":"cook","content":"x"})", "messages[0].role"},
      {R"({"role":"user"})", "messages[0].content"},
      {R"({"role":"user","content":null})", "messages[0].content"},
      {R"({"role":"user","content":1})", "messages[0].content"},
      {R"({"role":"user","content":[1]})", "messages[0].content[0]"},
      {R"({"role":"user","content":[{"type":"text"}]})", "messages[0].content[0].text"},
      {R"({"role":"user","content":[{"type":"image_url"}]})", "messages[0].content[0]"},
      {R"({"role":"user","content":"x","name":1})", "messages[0].name"},
      {R"({"role":"tool","content":"x"})", "messages[0].tool_call_id"},
      {R"({"role":"function","content":"x","name":"f"})", "messages[0].role"},
      {R"({"role":"assistant","content":"x","tool_calls":[{}]})", "messages[0].tool_calls[0].id"},
      {R"({"role":"assistant","tool_calls":[{"id":"c","type":"x"}]})",
       "messages[0].tool_calls[0].type"},
      {R"({"role":"assistant","tool_calls":[{"id":"c","function":{}}]})",
       "messages[0].tool_calls[0].function.name"}};
  for (const auto& [message, param] : cases) {
    CAPTURE(message);
    const auto messages = chat_messages_of(json::parse("[" + message + "]"));
    REQUIRE_FALSE(messages.has_value());
    CHECK(messages.error().param == param);
  }
}

TEST_CASE("members that no message has are named for the log") {
  std::vector<std::string> unknown;
  const auto messages = chat_messages_of(
      json::parse(R"([{"role":"user","content":[{"type":"text","text":"a","b":1}],"c":1}])"),
      &unknown);
  REQUIRE(messages.has_value());
  CHECK(unknown == std::vector<std::string>{"messages[].content[].b", "messages[].c"});
}
