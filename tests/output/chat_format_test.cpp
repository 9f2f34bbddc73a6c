#include "src/output/chat_format.hpp"

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

TEST_CASE("a template tells the marks of thinking and what may be asked of it") {
  const auto qwen = chat_format_of("{% if tools %}<tool_call> <think> enable_thinking", {});
  REQUIRE(qwen.has_value());
  CHECK(qwen->tools->name == "hermes");
  CHECK(qwen->reasoning.begin == "<think>");
  CHECK(qwen->renders_tools);
  CHECK(qwen->knows_thinking);
  CHECK(!qwen->knows_effort);
  const auto plain = chat_format_of("{{ messages[0].content }}", {});
  REQUIRE(plain.has_value());
  CHECK(plain->reasoning.is_none());
  CHECK(!plain->renders_tools);
}

TEST_CASE("flags go before the template, by the names that people know") {
  const auto format = chat_format_of("<think>", {"qwen3_coder", "none"});
  REQUIRE(format.has_value());
  CHECK(format->tools->name == "qwen3_coder");
  CHECK(format->reasoning.is_none());
  CHECK(chat_format_of("", {"auto", "deepseek_r1"})->reasoning.end == "</think>");
  CHECK(chat_format_of("", {"auto", "mistral"})->reasoning.begin == "[THINK]");
}

TEST_CASE("a flag that names no format is refused with the names that there are") {
  const auto tools = chat_format_of("", {"morse", "auto"});
  REQUIRE(tools.has_error());
  CHECK(tools.error().detail.find("hermes, qwen3_coder") != std::string::npos);
  const auto reasoning = chat_format_of("", {"auto", "morse"});
  REQUIRE(reasoning.has_error());
  CHECK(reasoning.error().param == "reasoning-parser");
}

}  // namespace
}  // namespace octavo
