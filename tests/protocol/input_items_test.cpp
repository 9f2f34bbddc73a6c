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

TEST_CASE("what is not text is unsupported") {
  CHECK(messages(R"([{"type":"function_call","name":"f"}])") ==
        "unsupported_parameter input[0].type");
  CHECK(
      messages(
          R"([{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image"}]}])") ==
      "unsupported_parameter input[0].content[1]");
}
