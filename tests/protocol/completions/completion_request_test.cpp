#include "protocol/completions/completion_request.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

Result<CompletionRequest> parse(const std::string& body) {
  return parse_completion_request(json::parse(body).as_object());
}
CompletionRequest accepted(const std::string& body) {
  auto request = parse(body);
  INFO(body << ": " << (request ? "" : request.error().message()));
  REQUIRE(request.has_value());
  return std::move(*request);
}

}  // namespace

TEST_CASE("a prompt is a text, token ids, or a list of either") {
  const CompletionRequest text = accepted(R"({"prompt":"a"})");
  REQUIRE(text.creates.size() == 1);
  CHECK(text.creates[0].prompt_text == "a");
  const CompletionRequest texts = accepted(R"({"prompt":["a","b"],"temperature":0})");
  REQUIRE(texts.creates.size() == 2);
  CHECK(texts.creates[1].prompt_text == "b");
  CHECK(texts.creates[1].prompt_index == 1);
  CHECK(texts.creates[1].temperature == 0.0);
  const CompletionRequest ids = accepted(R"({"prompt":[1,2]})");
  REQUIRE(ids.creates.size() == 1);
  CHECK(ids.creates[0].input_token_ids == std::vector<TokenId>{1, 2});
  const CompletionRequest lists = accepted(R"({"prompt":[[1,2],[3]]})");
  REQUIRE(lists.creates.size() == 2);
  CHECK(lists.creates[1].input_token_ids == std::vector<TokenId>{3});
  CHECK(accepted(R"({"prompt":["a",[1]]})").creates[1].input_token_ids == std::vector<TokenId>{1});
  for (const char* wrong : {R"({})", R"({"prompt":null})", R"({"prompt":[]})", R"({"prompt":1})",
                            R"({"prompt":[[]]})", R"({"prompt":[1,"a"]})", R"({"prompt":[-1]})",
                            R"({"prompt":[1.5]})", R"({"prompt":["a",1]})", R"({"prompt":{}})"}) {
    CAPTURE(wrong);
    const auto refused = parse(wrong);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().param == "prompt");
  }
}

TEST_CASE("there is a bound to the prompts of one request") {
  json::array prompts;
  for (std::size_t i = 0; i < kMaxPrompts; ++i) prompts.push_back("x");
  json::object body{{"prompt", prompts}};
  CHECK(parse_completion_request(body)->creates.size() == kMaxPrompts);
  body["prompt"].as_array().push_back("x");
  CHECK_FALSE(parse_completion_request(body).has_value());
}

TEST_CASE("a completion is short unless it is asked for more, and may begin with its prompt") {
  CHECK(accepted(R"({"prompt":"a"})").creates[0].max_tokens == 16);
  CHECK(accepted(R"({"prompt":"a","max_tokens":90})").creates[0].max_tokens == 90);
  CHECK(accepted(R"({"prompt":"a","echo":true})").options.echo);
  CHECK_FALSE(
      accepted(R"({"prompt":"a","add_special_tokens":false})").creates[0].add_special_tokens);
  CHECK(parse(R"({"prompt":"a","suffix":"b"})").error().param == "suffix");
}

TEST_CASE("a prompt that is echoed with log-probabilities has its own, and may be all of it") {
  const CompletionRequest echoed = accepted(R"({"prompt":"a","echo":true,"logprobs":1})");
  CHECK(echoed.creates[0].sampling.num_prompt_logprobs == 1);
  CHECK(accepted(R"({"prompt":"a","logprobs":1})").creates[0].sampling.num_prompt_logprobs == -1);
  const CompletionRequest both =
      accepted(R"({"prompt":"a","echo":true,"logprobs":1,"prompt_logprobs":4})");
  CHECK(both.creates[0].sampling.num_prompt_logprobs == 4);
  const CompletionRequest alone =
      accepted(R"({"prompt":"a","echo":true,"logprobs":1,"max_tokens":0})");
  CHECK_FALSE(alone.options.has_completion);
  CHECK(alone.creates[0].max_tokens == 1);
  CHECK(parse(R"({"prompt":"a","max_tokens":0})").error().param == "max_tokens");
  CHECK(parse(R"({"prompt":"a","echo":true,"max_tokens":-1})").error().param == "max_tokens");
}

TEST_CASE("log-probabilities are one number") {
  CHECK(accepted(R"({"prompt":"a"})").options.num_logprobs == -1);
  CHECK(accepted(R"({"prompt":"a","logprobs":null})").options.num_logprobs == -1);
  CHECK(accepted(R"({"prompt":"a","logprobs":false})").options.num_logprobs == -1);
  CHECK(accepted(R"({"prompt":"a","logprobs":true})").options.num_logprobs == 1);
  const CompletionRequest five = accepted(R"({"prompt":"a","logprobs":5})");
  CHECK(five.options.num_logprobs == 5);
  CHECK(five.creates[0].sampling.num_logprobs == 5);
  for (const char* wrong : {"21", "-1", "\"x\""})
    CHECK(parse(R"({"prompt":"a","logprobs":)" + std::string(wrong) + "}").error().param ==
          "logprobs");
}
