#include "src/response/completion_choice.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

CompletionChoice choice_of(const std::vector<std::string>& stops = {},
                           std::int32_t min_tokens = 0) {
  SamplingParams sampling;
  sampling.stop = stops;
  sampling.min_tokens = min_tokens;
  return {byte_model().tokenizer.get(), sampling};
}

}  // namespace

TEST_CASE("tokens become whole characters, and what was taken is not given again") {
  CompletionChoice choice = choice_of();
  CHECK_FALSE(choice.has_begun());
  CHECK_FALSE(choice.append(said("a\xC3")));
  CHECK(choice.has_begun());
  CHECK(choice.take_text() == "a");
  CHECK(choice.take_news().empty());
  choice.append(said("\xA4!"));
  CHECK(choice.take_text() == "\xC3\xA4!");
  choice.append(said("\xC3", 0, FinishReason::kLength));
  CHECK(choice.text() == "a\xC3\xA4!\xEF\xBF\xBD");
  CHECK(choice.finished() == FinishReason::kLength);
  CHECK(choice.tokens().size() == 5);
}

TEST_CASE("a stop string ends the choice and cuts its text, and the scheduler is told once") {
  CompletionChoice choice = choice_of({"STOP"});
  CHECK_FALSE(choice.append(said("one ST")));
  CHECK(choice.take_text() == "one ");
  CHECK(choice.append(said("OP two")));
  CHECK(choice.finished() == FinishReason::kStop);
  CHECK(choice.is_cut());
  CHECK(choice.text() == "one ");
  CHECK_FALSE(choice.append(said("more STOP")));
  CHECK(choice.text() == "one ");
}

TEST_CASE(
    "a stop string in the last tokens needs no cancel, and is the reason whatever came first") {
  CompletionChoice choice = choice_of({"STOP"});
  CHECK_FALSE(choice.append(said("STOP", 0, FinishReason::kLength)));
  CHECK(choice.finished() == FinishReason::kStop);
  CHECK(choice.is_cut());
  CompletionChoice begun = choice_of({"STOP"});
  begun.append(said("ST", 0, FinishReason::kLength));
  CHECK(begun.finished() == FinishReason::kLength);
  CHECK(begun.text() == "ST");  // It can become a stop string no more.
}

TEST_CASE("a stop string that is not whole before a character is, stops at the end") {
  CompletionChoice choice = choice_of({"\xEF\xBF\xBD"});
  choice.append(said("a\xC3"));
  choice.append(said("", 0, FinishReason::kLength));
  CHECK(choice.finished() == FinishReason::kStop);
  CHECK(choice.is_cut());
  CHECK(choice.text() == "a");
}

TEST_CASE(
    "tokens that come at once with a stop string and behind it are neither text nor counted") {
  CompletionChoice choice = choice_of({"STOP"});
  CHECK(choice.append(said("one STOP and two")));
  CHECK(choice.text() == "one ");
  CHECK(choice.num_tokens() == 8);
  CHECK(choice.tokens().size() == 8);
}

TEST_CASE("stop strings count from the minimum of tokens on") {
  CompletionChoice choice = choice_of({"x"}, 3);
  CHECK_FALSE(choice.append(said("xxx")));
  CHECK(choice.text() == "xxx");
  CHECK(choice.append(said("x")));
}

TEST_CASE("the token that stops is neither text nor part of what a continuation keeps") {
  CompletionChoice choice = choice_of();
  choice.append(said("ab.", 0, FinishReason::kStop));
  CHECK(choice.text() == "ab");
  CHECK(choice.tokens() == std::vector<TokenId>{'a', 'b'});
  CompletionChoice cut_short = choice_of();
  cut_short.append(said("ab.", 0, FinishReason::kLength));
  CHECK(cut_short.text() == "ab.");
}

TEST_CASE("without a tokenizer there are tokens and ends, and no text") {
  CompletionChoice choice(nullptr, SamplingParams{});
  CHECK_FALSE(choice.append(said("ab", 0, FinishReason::kLength)));
  CHECK(choice.tokens().size() == 2);
  CHECK(choice.text().empty());
  CHECK(choice.finished() == FinishReason::kLength);
}

TEST_CASE("log-probabilities wait beside the text and have the bytes of their tokens") {
  CompletionChoice choice = choice_of();
  TokensGenerated tokens = said("a\xC3");
  for (SampledToken& token : tokens.tokens) {
    token.logprob = -1.0F;
    token.top = {{'z', -0.5F}, {token.token, -1.0F}};
  }
  choice.append(tokens);
  const auto news = choice.take_news();
  REQUIRE(news.size() == 1);
  const auto& taken = news[0].logprobs;
  REQUIRE(taken.size() == 2);
  CHECK(taken[1].bytes == "\xC3");
  CHECK(taken[1].top.at(0).first == "z");
  CHECK(choice.take_news().empty());
  CHECK(choice.logprobs_of(0).size() == 2);
  CHECK(choice.logprobs().size() == 2);
}
