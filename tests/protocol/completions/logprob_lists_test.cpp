#include "protocol/completions/logprob_lists.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

namespace {

/// Runs, with this text as its prompt.
Response response_to(const std::string& text) {
  Response response(RequestId{1}, "resp_1", {}, TimePoint{});
  response.begin_preparing();
  Prompt prompt;
  for (char c : text) prompt.tokens.push_back(static_cast<unsigned char>(c));
  response.start(byte_model(), std::move(prompt), 1700000000);
  return response;
}

PromptLogprobsComputed told(std::int32_t first_position, const std::string& text, float logprob) {
  PromptLogprobsComputed computed{RequestId{1}, first_position, {}};
  for (char c : text) {
    const auto token = static_cast<TokenId>(static_cast<unsigned char>(c));
    computed.tokens.push_back({token, logprob, 2, {{'z', -0.5F}, {token, logprob}}});
  }
  return computed;
}

}  // namespace

TEST_CASE("the first token of an echoed prompt has null, the others what the model thought") {
  Response response = response_to("abc");
  response.add(told(1, "bc", -1.5F));
  LogprobLists lists;
  lists.add_prompt(response, 1);
  const std::vector<LogprobEntry> said{{"d", -0.25F, {{"d", -0.25F}}}};
  lists.add(said);
  CHECK(lists.text_offset() == 4);
  const json::object expected{
      {"tokens", {"a", "b", "c", "d"}},
      {"token_logprobs", {nullptr, -1.5, -1.5, -0.25}},
      {"top_logprobs", json::array{nullptr, {{"z", -0.5}}, {{"z", -0.5}}, {{"d", -0.25}}}},
      {"text_offset", {0, 1, 2, 3}}};
  CHECK(lists.take() == expected);
}

TEST_CASE("what a preemption makes come twice is kept once") {
  Response response = response_to("abcd");
  response.add(told(1, "bc", -1.5F));
  response.add(told(1, "bcd", -1.5F));
  REQUIRE(response.prompt_logprobs().size() == 3);
  CHECK(response.prompt_logprobs()[2].token == 'd');
}

TEST_CASE("offsets count characters, though a token may be half of one") {
  Response response = response_to(
      "\xC3\xA4"
      "b");
  response.add(told(1,
                    "\xA4"
                    "b",
                    -1.0F));
  LogprobLists lists;
  lists.add_prompt(response, 0);
  const json::object made = lists.take();
  CHECK(made.at("text_offset") == json::array{0, 1, 1});
  CHECK(made.at("tokens").at(0) == "\xEF\xBF\xBD");
  CHECK(made.at("top_logprobs") == json::array{nullptr, json::object(), json::object()});
}
