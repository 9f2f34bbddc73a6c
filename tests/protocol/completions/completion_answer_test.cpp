#include "protocol/completions/completion_answer.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/encoded_answer.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

namespace {

ResponseCreate prompt_of(const std::string& text, std::int32_t index = 0) {
  ResponseCreate create;
  create.prompt_text = text;
  create.prompt_index = index;
  return create;
}

TokensGenerated with_logprobs(TokensGenerated event) {
  for (SampledToken& token : event.tokens) {
    token.logprob = -0.25F;
    token.top = {{token.token, -0.25F}, {'z', -1.5F}};
  }
  return event;
}

}  // namespace

TEST_CASE("the choices of all prompts stand in one list, whichever ended first") {
  CompletionOptions options;
  options.num_choices = 2;
  const auto answer = make_completion_answer(options);
  ResponseCreate second = prompt_of("B", 1);
  ResponseCreate first = prompt_of("A", 0);
  first.sampling.n = second.sampling.n = 2;
  EncodedAnswer later(*answer, second);
  EncodedAnswer sooner(*answer, first);
  for (std::int32_t i = 0; i < 2; ++i) {
    later.hear(said("b" + std::to_string(i) + ".", i, FinishReason::kStop));
    sooner.hear(said("a" + std::to_string(i), i, FinishReason::kLength));
  }
  later.end(finished(FinishReason::kStop, 4));
  sooner.end(finished(FinishReason::kLength, 4));
  const json::object body = json::parse(answer->finish()).as_object();
  CHECK(body.at("object") == "text_completion");
  const json::array& choices = body.at("choices").as_array();
  REQUIRE(choices.size() == 4);
  const std::vector<std::string> texts{"a0", "a1", "b0", "b1"};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(choices[i].at("index") == i);
    CHECK(choices[i].at("text") == json::value(texts[i]));
    CHECK(choices[i].at("finish_reason") == (i < 2 ? "length" : "stop"));
  }
  CHECK(body.at("usage").at("completion_tokens") == 10);
}

TEST_CASE("log-probabilities are parallel lists, and offsets count characters of the whole text") {
  CompletionOptions options;
  options.num_logprobs = 2;
  const auto whole = make_completion_answer(options);
  EncodedAnswer encoded(*whole, prompt_of("p"));
  encoded.hear(with_logprobs(said("ab", 0, FinishReason::kLength)));
  encoded.end(finished(FinishReason::kLength, 2));
  const json::object expected{
      {"tokens", {"a", "b"}},
      {"token_logprobs", {-0.25, -0.25}},
      {"top_logprobs", json::array{{{"a", -0.25}, {"z", -1.5}}, {{"b", -0.25}, {"z", -1.5}}}},
      {"text_offset", {0, 1}}};
  CHECK(json::parse(whole->finish()).at("choices").at(0).at("logprobs") == expected);

  options.stream.is_stream = true;
  const auto stream = make_completion_answer(options);
  EncodedAnswer streamed(*stream, prompt_of("p"));
  streamed.hear(with_logprobs(said("a")));
  streamed.hear(with_logprobs(said("b", 0, FinishReason::kLength)));
  CHECK(streamed.chunk(0).at("choices").at(0).at("logprobs").at("text_offset") == json::array{0});
  CHECK(streamed.chunk(1).at("choices").at(0).at("logprobs").at("text_offset") == json::array{1});
}

TEST_CASE("a text that begins with its prompt has it first, also of token ids") {
  CompletionOptions options;
  options.echo = true;
  options.stream.is_stream = true;
  const auto answer = make_completion_answer(options);
  EncodedAnswer of_text(*answer, prompt_of("Hello"));
  of_text.hear(said("!"));
  CHECK(of_text.chunk(0).at("choices").at(0).at("text") == "Hello");
  CHECK(of_text.chunk(1).at("choices").at(0).at("text") == "!");
  ResponseCreate ids;
  ids.input_token_ids = {'p'};
  ids.prompt_index = 1;
  EncodedAnswer of_ids(*answer, ids);
  of_ids.hear(said("!"));
  CHECK(of_ids.chunk(0).at("choices").at(0).at("text") == "p");
  CHECK(of_ids.chunk(0).at("choices").at(0).at("index") == 1);
}

TEST_CASE("the usage of all prompts comes in a last chunk") {
  CompletionOptions options;
  options.stream = {true, true, false};
  const auto answer = make_completion_answer(options);
  for (std::int32_t i = 0; i < 2; ++i) {
    EncodedAnswer encoded(*answer, prompt_of("p", i));
    encoded.hear(said("ab", 0, FinishReason::kStop));
    CHECK(encoded.chunk(0).at("usage").is_null());
    RequestFinished end = finished(FinishReason::kStop);
    end.usage = {7, 0, 1};
    encoded.end(end);
  }
  const std::string rest = answer->finish();
  const json::object last = json::parse(rest.substr(6, rest.find('\n') - 6)).as_object();
  CHECK(last.at("choices").as_array().empty());
  CHECK(last.at("usage").at("prompt_tokens") == 14);
  CHECK(last.at("usage").at("completion_tokens") == 4);
  CHECK(rest.ends_with("data: [DONE]\n\n"));
}
