#include "src/archive/response_record.hpp"

#include <boost/json/object.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

TEST_CASE("a memory is the same after it was written and read") {
  RememberedResponse memory;
  memory.id = "resp_1";
  memory.messages = {
      json::object{{"role", "user"}, {"content", "é \"q\"\n"}},
      json::object{{"role", "assistant"}, {"content", ""}, {"tool_calls", json::array{1}}}};
  memory.prompt_text = "<p>";
  memory.output_text = "out";
  memory.cut_text = "cut";
  memory.num_events = 12;
  memory.settings.generate = false;
  memory.tokens = {1, 2, 3};
  const auto read = memory_of("resp_1", 9, memory_json(memory), {1, 2, 3});
  REQUIRE(read.has_value());
  CHECK(read->id == memory.id);
  CHECK(read->messages == memory.messages);
  CHECK(read->prompt_text == memory.prompt_text);
  CHECK(read->output_text == memory.output_text);
  CHECK(read->cut_text == memory.cut_text);
  CHECK(read->num_events == 12);
  CHECK(!read->settings.generate);
  CHECK(read->settings.tenant == 9);
  CHECK(read->tokens == memory.tokens);
}

TEST_CASE("a damaged memory is an error that names the response") {
  for (const char* text :
       {"", "[]", "{", "{}", R"({"messages":[1],"prompt_text":"","output_text":"",
                           "cut_text":"","num_events":0,"generate":true})"}) {
    const auto read = memory_of("resp_1", 0, text, {});
    REQUIRE(read.has_error());
    CHECK(read.error().code == Errc::kInvalidFile);
    CHECK(read.error().message().find("resp_1") != std::string::npos);
  }
}
