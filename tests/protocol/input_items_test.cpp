#include "protocol/input_items.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

std::string messages(const std::string& input) {
  const auto read = messages_of(boost::json::parse(input));
  return read ? boost::json::serialize(*read)
              : std::string(wire_code(read.error().code)) + " " + read.error().param;
}

}  // namespace

TEST_CASE("a string is one user message") {
  CHECK(messages(R"("Hi.")") == R"([{"role":"user","content":"Hi."}])");
  CHECK(messages(R"("")") == R"([{"role":"user","content":""}])");
}

TEST_CASE("messages keep their order, and their parts are joined") {
  CHECK(
      messages(R"([{"role":"system","content":"a"},{"type":"message","role":"user","content":"b"},
                     {"role":"assistant","content":[{"type":"output_text","text":"c"},{"type":"text","text":"d"}]}])") ==
      R"([{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"cd"}])");
  CHECK(messages("[]") == "[]");
  CHECK(messages(R"([{"role":"user","content":[]}])") == R"([{"role":"user","content":""}])");
}

TEST_CASE("the developer is the system") {
  CHECK(messages(R"([{"role":"developer","content":"a"}])") ==
        R"([{"role":"system","content":"a"}])");
}

TEST_CASE("a wrong shape is refused with the path to it") {
  CHECK(messages("7") == "invalid_value input");
  CHECK(messages("[7]") == "invalid_value input[0]");
  CHECK(messages(R"([{"role":"user","content":"a"},{"content":"b"}])") ==
        "invalid_value input[1].role");
  CHECK(messages(R"([{"role":7,"content":"b"}])") == "invalid_value input[0].role");
  CHECK(messages(R"([{"role":"tool","content":"b"}])") == "invalid_value input[0].role");
  CHECK(messages(R"([{"role":"user"}])") == "invalid_value input[0].content");
  CHECK(messages(R"([{"role":"user","content":7}])") == "invalid_value input[0].content");
  CHECK(messages(R"([{"role":"user","content":["x"]}])") == "invalid_value input[0].content[0]");
  CHECK(messages(R"([{"role":"user","content":[{"type":"input_text"}]}])") ==
        "invalid_value input[0].content[0].text");
}

TEST_CASE(
    "calls go to the answer before them, results follow, and thoughts go to the next answer") {
  CHECK(
      messages(R"([{"role":"user","content":"a"},
      {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
      {"type":"message","role":"assistant","content":"b"},
      {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"x\":1}","id":"fc_1"},
      {"type":"function_call","call_id":"c2","name":"g","arguments":"oops","status":"completed"},
      {"type":"function_call_output","call_id":"c1","output":"1"},
      {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"}]}])") ==
      R"([{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"hm",)"
      R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{"x":1}}},)"
      R"({"id":"c2","type":"function","function":{"name":"g","arguments":"oops"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"1"},)"
      R"({"role":"tool","tool_call_id":"c2","content":"2"}])");
  CHECK(messages(R"([{"type":"function_call","call_id":"c","name":"f","arguments":""}])") ==
        R"([{"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function",)"
        R"("function":{"name":"f","arguments":{}}}]}])");
}

TEST_CASE("a call or a result without what makes it one is refused") {
  CHECK(messages(R"([{"type":"function_call","name":"f","arguments":"{}"}])") ==
        "invalid_value input[0].call_id");
  CHECK(messages(R"([{"type":"function_call","call_id":"c","arguments":"{}"}])") ==
        "invalid_value input[0].name");
  CHECK(messages(R"([{"type":"function_call","call_id":"c","name":"f"}])") ==
        "invalid_value input[0].arguments");
  CHECK(messages(R"([{"type":"function_call_output","call_id":"c"}])") ==
        "invalid_value input[0].output");
  CHECK(messages(R"([{"type":"function_call_output","output":"x"}])") ==
        "invalid_value input[0].call_id");
}

TEST_CASE("what is not text is unsupported") {
  CHECK(messages(R"([{"type":"item_reference","id":"x"}])") ==
        "unsupported_parameter input[0].type");
  CHECK(
      messages(
          R"([{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image"}]}])") ==
      "unsupported_parameter input[0].content[1]");
}
