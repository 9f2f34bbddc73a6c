#include "src/response/response.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

namespace json = boost::json;

ResponseCreate create_of(std::int32_t n = 1) {
  ResponseCreate create;
  create.sampling.n = n;
  return create;
}

/// What the client would read, a letter for each event and the text of each delta.
std::string story_of(const std::vector<ResponseEvent>& events) {
  std::string story;
  for (const ResponseEvent& event : events) {
    if (const auto* begun = std::get_if<ChoiceBegan>(&event))
      story += "<" + std::to_string(begun->choice);
    if (const auto* added = std::get_if<TextAdded>(&event)) story += "[" + added->text + "]";
    if (std::holds_alternative<ChoiceEnded>(event)) story += ">";
  }
  return story;
}

std::string hear(Response& response, const TokensGenerated& tokens, bool is_congested = false) {
  std::vector<ResponseEvent> events;
  response.append(tokens, is_congested, events);
  return story_of(events);
}

Steer steer_of(const std::string& text) {
  Steer steer;
  steer.said.text_input = text;
  steer.said.input.push_back(json::object{{"role", "user"}, {"content", text}});
  return steer;
}

}  // namespace

TEST_CASE("a choice begins with its first token, tells its text and ends") {
  Response response = running_response(create_of(2));
  CHECK(hear(response, said("Hi")) == "<0[Hi]");
  CHECK(hear(response, said("yes", 1)) == "<1[yes]");
  CHECK(hear(response, said(" you")) == "[ you]");
  CHECK(hear(response, said("", 0, FinishReason::kStop)) == ">");
  CHECK(hear(response, said("late")).empty());
}

TEST_CASE("while the connection is congested text waits and is told as one") {
  Response response = running_response(create_of());
  CHECK(hear(response, said("a"), true) == "<0");
  CHECK(hear(response, said("b"), true).empty());
  std::vector<ResponseEvent> events;
  response.release(events);
  CHECK(story_of(events) == "[ab]");
  CHECK(hear(response, said("c"), true).empty());
  CHECK(hear(response, said("d", 0, FinishReason::kLength), true) == "[cd]>");
}

TEST_CASE("of several choices the worst end is the response's") {
  Response response = running_response(create_of(2));
  hear(response, said("a", 0, FinishReason::kLength));
  hear(response, said("b.", 1, FinishReason::kStop));
  response.finish(finished(FinishReason::kStop, 3), 7);
  CHECK(response.state() == ResponseState::kEnded);
  CHECK(response.end().finished.reason == FinishReason::kLength);
  CHECK(response.end().finished.usage.num_completion_tokens == 3);
  CHECK(response.end().completed_at == 7);
}

TEST_CASE("a prefill alone is complete, without tokens of its own") {
  ResponseCreate create = create_of();
  create.generate = false;
  Response response = running_response(create);
  CHECK(hear(response, said("a", 0, FinishReason::kLength)).empty());
  response.finish(finished(FinishReason::kLength, 1), 7);
  CHECK(response.end().finished.reason == FinishReason::kStop);
  CHECK(response.end().finished.usage.num_completion_tokens == 0);
  const RememberedResponse remembered = response.remember();
  CHECK(remembered.tokens == std::vector<TokenId>{'p'});
  CHECK(remembered.output_text.empty());
}

TEST_CASE("what is remembered has the first choice's tokens and everything asked but the input") {
  ResponseCreate create = create_of(2);
  create.stream_id = "lane";
  create.instructions = "be brief";
  create.text_input = "hello";
  create.input_token_ids = std::vector<TokenId>{1};
  Response response = running_response(create);
  hear(response, said("yes", 0, FinishReason::kLength));
  hear(response, said("no", 1, FinishReason::kLength));
  response.count_events(9);
  response.finish(finished(FinishReason::kLength), 7);
  const RememberedResponse remembered = response.remember();
  CHECK(remembered.id == "resp_1");
  CHECK(remembered.stream_id == "lane");
  CHECK(remembered.num_events == 9);
  CHECK(remembered.tokens == std::vector<TokenId>{'p', 'y', 'e', 's'});
  CHECK(remembered.prompt_text == "p");
  CHECK(remembered.output_text == "yes");
  CHECK(remembered.messages.back().at("content") == "yes");
  CHECK(remembered.settings.instructions == "be brief");
  CHECK(remembered.settings.text_input.empty());
  CHECK_FALSE(remembered.settings.input_token_ids.has_value());
}

TEST_CASE("an answer that a stop string cut is remembered as it was shown, without its tokens") {
  ResponseCreate create = create_of();
  create.sampling.stop = {"!"};
  Response response = running_response(create);
  hear(response, said("yes! no"));
  response.finish(finished(FinishReason::kStop), 7);
  const RememberedResponse remembered = response.remember();
  CHECK(remembered.cut_text == "yes");
  CHECK(remembered.output_text.empty());
  CHECK(remembered.tokens == std::vector<TokenId>{'p'});
  CHECK(remembered.messages.back().at("content") == "yes");
}

TEST_CASE("a summary is remembered in place of the conversation that it sums up") {
  ResponseCreate create = create_of();
  create.is_summary = true;
  Response response(RequestId{1}, "resp_1", create, TimePoint{});
  response.begin_preparing();
  Prompt prompt;
  prompt.tokens = {'a', 'b'};
  prompt.text = "ab";
  for (const char* content : {"a", "sum it up"})
    prompt.messages.push_back(json::object{{"role", "user"}, {"content", content}});
  response.start(byte_model(), std::move(prompt), 1700000000);
  hear(response, said("short", 0, FinishReason::kStop));
  response.finish(finished(FinishReason::kStop), 1700000001);
  const RememberedResponse memory = response.remember();
  CHECK(memory.id == "resp_1");
  CHECK(memory.tokens.empty());
  CHECK(memory.prompt_text.empty());
  REQUIRE(memory.messages.size() == 2);
  CHECK(memory.messages[0].at("content") == "sum it up");
  CHECK(memory.messages[1].at("role") == "assistant");
  CHECK(memory.messages[1].at("content") == "shor");
  CHECK_FALSE(memory.settings.is_summary);
}

TEST_CASE("more input leaves what the desk reads as it was") {
  ResponseCreate create = create_of();
  create.text_input = "one";
  Response response(RequestId{1}, "resp_1", create, TimePoint{});
  response.begin_preparing();
  const auto at_desk = response.shared_create();
  response.add_input(steer_of(" two"));
  CHECK(at_desk->text_input == "one");
  CHECK(response.create().text_input == "one two");
  CHECK(response.create().input.size() == 1);
  CHECK(response.own_steers.size() == 1);
}

TEST_CASE("scores are told for every choice or for none") {
  Response response = running_response(create_of(2));
  TokensGenerated scored = said("a", 0, FinishReason::kLength);
  scored.score = -1.5F;
  hear(response, scored);
  hear(response, said("b", 1, FinishReason::kCancelled));  // Cut short: it has no score.
  response.finish(finished(FinishReason::kCancelled), 7);
  CHECK(response.end().scores.empty());
}

TEST_CASE("usage is what the client was given, up to the token that completed the stop string") {
  ResponseCreate create = create_of(2);
  create.sampling.stop = {"!"};
  Response response = running_response(create);
  hear(response, said("yes!"));
  hear(response, said(" and more that ran ahead"));
  hear(response, said("well", 1));
  hear(response, said("", 1, FinishReason::kLength));
  response.finish(finished(FinishReason::kLength, 99), 7);
  CHECK(response.end().finished.usage.num_completion_tokens == 8);
}

TEST_CASE("a stop string before min_tokens ends nothing and is counted like any text") {
  ResponseCreate create = create_of();
  create.sampling.stop = {"!"};
  create.sampling.min_tokens = 5;
  Response response = running_response(create);
  hear(response, said("a!b!c"));
  CHECK(response.num_completion_tokens() == 5);
  hear(response, said("d!e"));
  response.finish(finished(FinishReason::kStop, 99), 7);
  CHECK(response.end().finished.usage.num_completion_tokens == 7);
}

TEST_CASE("a token that ends a response is counted, whatever the reason of the end") {
  const auto reason = GENERATE(FinishReason::kStop, FinishReason::kLength, FinishReason::kSteered,
                               FinishReason::kCancelled, FinishReason::kDeadline);
  Response response = running_response(create_of());
  hear(response, said("abc"));
  hear(response, said("d", 0, reason));
  response.finish(finished(reason, 99), 7);
  CHECK(response.end().finished.usage.num_completion_tokens == 4);
}

TEST_CASE("a response that is cut short ends the choices that had begun, with the error") {
  Response response = running_response(create_of(3));
  hear(response, said("a"));
  hear(response, said("b", 1, FinishReason::kLength));
  std::vector<ResponseEvent> events;
  response.cut_short(Error{Errc::kServerDraining, "", ""}, 9, events);
  CHECK(story_of(events) == ">");
  CHECK(std::holds_alternative<ResponseEnded>(events.back()));
  CHECK(response.end().finished.reason == FinishReason::kError);
  CHECK(response.end().finished.error->code == Errc::kServerDraining);
  CHECK(response.end().finished.usage.num_completion_tokens == 2);
  CHECK(response.end().finished.usage.num_prompt_tokens == 1);
}
