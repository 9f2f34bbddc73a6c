// More input for a response while it runs: which events the client sees, and that neither tokens
// nor input are lost between the response and its successor.
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_engine.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

std::vector<std::string> types_of(const std::vector<json::object>& events) {
  std::vector<std::string> types;
  for (const auto& event : events) types.emplace_back(event.at("type").as_string());
  return types;
}

std::vector<TokenId> joined(std::vector<TokenId> tokens, const std::vector<TokenId>& more) {
  tokens.insert(tokens.end(), more.begin(), more.end());
  return tokens;
}

json::object with(json::object event, const json::object& members) {
  for (const auto& [key, value] : members) event[key] = value;
  return event;
}

/// A response that has generated `tokens` and goes on.
json::value running(ScriptedEngine& engine, const std::vector<TokenId>& tokens,
                    const json::object& members = {}) {
  engine.say(with(create("Once upon", 40), members));
  const std::size_t i = engine.requests.size() - 1;
  engine.tell(i, RequestAccepted{}, generated(tokens));
  const auto created = find(engine.read(), "response.created");
  return created.at("response").at("id");
}

void end(ScriptedEngine& engine, std::size_t i, FinishReason reason) {
  engine.tell(i, generated({}, 0, reason), finished(reason));
}

ServedModel chat_model(const std::string& source) {
  ServedModel model = sim_model();
  model.chat_template = ChatTemplate::parse(source).value();
  return model;
}

constexpr const char* kTemplate =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}<assistant>";
constexpr const char* kTrimmingTemplate =
    "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</s>{% endfor %}<assistant>";

}  // namespace

TEST_CASE("a steered response ends as incomplete and its successor follows by itself") {
  ScriptedEngine engine;
  const auto id = running(engine, {70, 71, 72}, {{"stream_id", "a"}, {"temperature", 0.5}});
  engine.say(steer(id, " a fox"));
  CHECK(engine.was_cancelled(0, CancelReason::kSteered));
  const auto accepted = engine.read();
  REQUIRE(types_of(accepted) == std::vector<std::string>{"response.steer.accepted"});
  CHECK(accepted[0].at("steer").at("previous_response_id") == id);
  CHECK(accepted[0].at("steer").at("id").as_string().starts_with("steer_"));
  CHECK(accepted[0].at("stream_id") == "a");
  CHECK(accepted[0].at("sequence_number") == 5);  // Behind created ... delta.
  engine.tell(0, generated({73}), generated({}, 0, FinishReason::kSteered),
              finished(FinishReason::kSteered, 4));
  const auto ended = engine.read().back();
  CHECK(ended.at("type") == "response.incomplete");
  CHECK(ended.at("response").at("status") == "incomplete");
  CHECK(ended.at("response").at("incomplete_details").at("reason") == "steered");

  REQUIRE(engine.requests.size() == 2);
  const Request& successor = engine.request(1);
  const auto added = engine.model.tokenizer->encode(" a fox", false).value();
  CHECK(successor.prompt == joined(joined(engine.request(0).prompt, {70, 71, 72, 73}), added));
  CHECK(successor.sampling == engine.request(0).sampling);
  engine.tell(1, RequestAccepted{});
  const auto created = engine.read().at(0);
  CHECK(created.at("type") == "response.created");
  CHECK(created.at("stream_id") == "a");
  CHECK(created.at("sequence_number") == 0);
  CHECK(created.at("response").at("previous_response_id") == id);
}

TEST_CASE(
    "the successor keeps settings, priority, salt and lane, and goes before what waits there") {
  ScriptedEngine engine;
  const auto id = running(engine, {70}, {{"cache_salt", "s"}, {"octavo", {{"priority", -3}}}});
  engine.say(create("queued behind", 5));
  engine.say(steer(id, " more"));
  end(engine, 0, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 2);
  CHECK(engine.request(1).priority == -3);
  CHECK(engine.request(1).cache_namespace == engine.request(0).cache_namespace);
  CHECK(engine.request(1).sampling.max_tokens == 40);
  engine.tell(1, RequestAccepted{});
  end(engine, 1, FinishReason::kStop);
  REQUIRE(engine.requests.size() == 3);
  CHECK(engine.request(2).prompt == engine.model.tokenizer->encode("queued behind", true).value());
}

TEST_CASE("two steers of a running response reach one successor in their order") {
  ScriptedEngine engine;
  const auto id = running(engine, {70, 71});
  engine.say(steer(id, " first"));
  engine.say(steer(id, " second"));
  CHECK(engine.cancels.size() == 1);
  end(engine, 0, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 2);
  const auto added = engine.model.tokenizer->encode(" first second", false).value();
  CHECK(engine.request(1).prompt == joined(joined(engine.request(0).prompt, {70, 71}), added));
}

TEST_CASE("a steer that comes while the successor is prepared is taken along") {
  ScriptedEngine engine;
  const auto id = running(engine, {70, 71});
  engine.say(steer(id, " first"));
  engine.requests[0].reply_to.send(
      SessionEvents{TokensGenerated{engine.id(0), 0, {}, FinishReason::kSteered, {}},
                    RequestFinished{engine.id(0), FinishReason::kSteered, {}, {}, {}, 0, 0}});
  // The session hears of the end and asks the desk; the desk has not answered when this comes.
  while (auto message = engine.session.mailbox().try_receive())
    engine.session.handle(std::move(*message));
  engine.say(steer(id, " second"));
  REQUIRE(engine.requests.size() == 2);
  const auto added = engine.model.tokenizer->encode(" first second", false).value();
  CHECK(engine.request(1).prompt == joined(joined(engine.request(0).prompt, {70, 71}), added));
  CHECK(find(engine.read(), "response.steer.failed").empty());
}

TEST_CASE("a steer that names an older response reaches the newest that steering made of it") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " first"));
  end(engine, 0, FinishReason::kSteered);
  engine.tell(1, RequestAccepted{}, generated({80}));
  engine.say(steer(id, " second"));
  CHECK(engine.was_cancelled(1, CancelReason::kSteered));
  end(engine, 1, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 3);
  const auto added = engine.model.tokenizer->encode(" second", false).value();
  CHECK(engine.request(2).prompt == joined(joined(engine.request(1).prompt, {80}), added));
}

TEST_CASE("a response that ends by itself before it hears of the steer is followed all the same") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " more"));
  end(engine, 0, FinishReason::kLength);
  const auto ended = find(engine.read(), "response.incomplete");
  CHECK(ended.at("response").at("incomplete_details").at("reason") == "max_output_tokens");
  REQUIRE(engine.requests.size() == 2);
}

TEST_CASE("a response that has ended before the steer is followed all the same, on its lane") {
  ScriptedEngine engine;
  const auto id = running(engine, {70}, {{"stream_id", "a"}, {"instructions", nullptr}});
  end(engine, 0, FinishReason::kStop);
  const auto last = engine.read().back();
  engine.say(steer(id, " more"));
  REQUIRE(engine.requests.size() == 2);
  const auto accepted = find(engine.read(), "response.steer.accepted");
  CHECK(accepted.at("sequence_number").to_number<int>() ==
        last.at("sequence_number").to_number<int>() + 1);
  CHECK(engine.request(1).sampling == engine.request(0).sampling);
  engine.tell(1, RequestAccepted{});
  const auto created = engine.read().at(0);
  CHECK(created.at("stream_id") == "a");
  CHECK(created.at("response").at("previous_response_id") == id);
}

TEST_CASE("a response steered before its first token gives its prompt to the successor") {
  ScriptedEngine engine;
  const auto id = running(engine, {});
  engine.say(steer(id, " more"));
  end(engine, 0, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 2);
  const auto added = engine.model.tokenizer->encode(" more", false).value();
  CHECK(engine.request(1).prompt == joined(engine.request(0).prompt, added));
}

TEST_CASE("what steering cannot do is answered by its failure, with the input given back") {
  ScriptedEngine engine;
  const auto failure = [&](const json::object& event) {
    engine.say(event);
    const auto failed = find(engine.read(), "response.steer.failed");
    REQUIRE_FALSE(failed.empty());
    CHECK(failed.at("steer").at("previous_response_id") == event.at("previous_response_id"));
    CHECK(failed.at("error").at("type") == "invalid_request_error");
    CHECK_FALSE(failed.at("steer").as_object().contains("id"));
    return failed;
  };
  const auto unknown = failure(steer("resp_nowhere", "x"));
  CHECK(unknown.at("error").at("code") == "response_not_found");
  CHECK(unknown.at("steer").at("input") == "x");
  const auto id = running(engine, {70});
  const json::array system{{{"role", "system"}, {"content", "x"}}};
  const auto wrong = failure(steer(id, system));
  CHECK(wrong.at("error").at("code") == "invalid_input");
  CHECK(wrong.at("steer").at("input") == system);
  CHECK(failure(steer(id, json::array())).at("error").at("code") == "invalid_input");
  CHECK(failure(steer(id, 7)).at("error").at("code") == "invalid_input");
  CHECK(engine.cancels.empty());
  for (int i = 0; i < 16; ++i) engine.say(steer(id, " more"));
  CHECK(failure(steer(id, " more")).at("error").at("code") == "too_many_pending_steers");
  engine.session.drain("draining", std::chrono::seconds(1));
  CHECK(failure(steer(id, " more")).at("error").at("code") == "server_draining");
}

TEST_CASE("a response whose id the client cannot know yet is not steered") {
  ScriptedEngine engine;
  engine.say(create("x", 5));
  engine.say(steer("resp_sim0000000000000001", "more"));
  CHECK(find(engine.read(), "response.steer.failed").at("error").at("code") ==
        "response_not_found");
  engine.tell(0, RequestAccepted{});
  CHECK(engine.read().at(0).at("sequence_number") == 0);
}

TEST_CASE("a warm-up without output is not steered") {
  ScriptedEngine engine;
  const auto id = running(engine, {}, {{"generate", false}});
  engine.say(steer(id, "more"));
  CHECK(find(engine.read(), "response.steer.failed").at("error").at("code") ==
        "steering_not_supported");
}

TEST_CASE("a successor that is refused gives every input back and leaves its parent") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " one"));
  engine.say(steer(id, " two"));
  end(engine, 0, FinishReason::kSteered);
  const auto before = engine.read();
  engine.tell(1, RequestRejected{{}, Error{Errc::kContextLengthExceeded, "too long", ""}});
  const auto failed = engine.read();
  REQUIRE(types_of(failed) ==
          std::vector<std::string>{"response.steer.failed", "response.steer.failed"});
  CHECK(failed[0].at("error").at("code") == "successor_creation_failed");
  CHECK(failed[0].at("error").at("message") == "too long");
  CHECK(failed[0].at("steer").at("input") == " one");
  CHECK(failed[1].at("steer").at("input") == " two");
  CHECK(failed[0].at("steer").at("id") == before.at(0).at("steer").at("id"));
  CHECK(failed[0].at("sequence_number").to_number<int>() ==
        find(before, "response.incomplete").at("sequence_number").to_number<int>() + 1);
  auto next = create(" go on", 5);
  next["previous_response_id"] = id;
  engine.say(next);
  CHECK(engine.requests.size() == 3);
  engine.tell(2, RequestAccepted{});
  end(engine, 2, FinishReason::kStop);
  engine.say(steer(id, " again"));
  REQUIRE(engine.requests.size() == 4);
  const auto added = engine.model.tokenizer->encode(" again", false).value();
  CHECK(engine.request(3).prompt == joined(joined(engine.request(0).prompt, {70}), added));
}

TEST_CASE("a steered response that the engine loses gives the input back") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " one"));
  RequestFinished lost = finished(FinishReason::kError);
  lost.error = Error{Errc::kEngineError, "the device fell over", ""};
  engine.tell(0, generated({}, 0, FinishReason::kError), lost);
  const auto events = engine.read();
  CHECK(types_of(events).back() == "response.steer.failed");
  CHECK(events.back().at("error").at("code") == "successor_creation_failed");
  CHECK(engine.requests.size() == 1);
  engine.say(create("next", 5));
  CHECK(engine.requests.size() == 2);  // The lane is free.
}

TEST_CASE("a cancel after a steer ends the successor, too") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " more"));
  engine.say({{"type", "response.cancel"}, {"response_id", id}});
  end(engine, 0, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 2);
  CHECK(engine.was_cancelled(1, CancelReason::kClientCancelled));
}

TEST_CASE("a session that drains lets the successor of an accepted steer run") {
  ScriptedEngine engine;
  const auto id = running(engine, {70});
  engine.say(steer(id, " more"));
  engine.session.drain("draining", std::chrono::seconds(1));
  end(engine, 0, FinishReason::kSteered);
  CHECK_FALSE(engine.session.is_quiet());
  REQUIRE(engine.requests.size() == 2);
  engine.tell(1, RequestAccepted{});
  end(engine, 1, FinishReason::kStop);
  CHECK(engine.session.is_quiet());
}

TEST_CASE(
    "the steered tokens are kept exactly behind a chat template, also one that trims answers") {
  const std::string source = GENERATE(std::string(kTemplate), std::string(kTrimmingTemplate));
  ScriptedEngine engine(chat_model(source));
  // " fox " ends in the middle of a sentence, in white space.
  const auto answer = engine.model.tokenizer->encode(" The fox ", false).value();
  const auto id = running(engine, answer);
  engine.say(
      steer(id, json::array{{{"type", "message"},
                             {"role", "user"},
                             {"content", {{{"type", "input_text"}, {"text", "Shorter."}}}}}}));
  end(engine, 0, FinishReason::kSteered);
  REQUIRE(engine.requests.size() == 2);
  const auto kept = joined(engine.request(0).prompt, answer);
  const auto& prompt = engine.request(1).prompt;
  REQUIRE(prompt.size() > kept.size());
  CHECK(std::equal(kept.begin(), kept.end(), prompt.begin()));
}

TEST_CASE("input with a token that the model lacks comes back, and its lane goes on") {
  ServedModel model = sim_model();
  model.vocab_size = 256;
  model.tokenizer =
      byte_tokenizer({json::object{{"id", 300}, {"content", "plainword"}, {"normalized", false}}});
  ScriptedEngine engine(std::move(model));
  engine.say(with(create("beside it", 40), {{"stream_id", "b"}}));
  engine.tell(0, RequestAccepted{}, generated({70}));
  engine.read();
  const auto id = running(engine, {70, 71});
  engine.say(steer(id, "a plainword"));
  end(engine, 1, FinishReason::kSteered);
  const auto failed = find(engine.read(), "response.steer.failed");
  CHECK(failed.at("error").at("code") == "successor_creation_failed");
  const auto& message = failed.at("error").at("message").as_string();
  CHECK(message.find("token id 300 (`plainword`)") != json::string::npos);
  CHECK(failed.at("steer").at("input") == "a plainword");
  CHECK(engine.requests.size() == 2);  // The engine was never told of it.
  // The response that was steered can be continued, and the other lane knows nothing.
  engine.say(with(create("a word", 5), {{"previous_response_id", id}}));
  CHECK(engine.requests.size() == 3);
  engine.say(with(create("plainword", 5), {{"previous_response_id", id}, {"stream_id", "c"}}));
  CHECK(find(engine.read(), "error").at("error").at("code") == "invalid_value");
  engine.tell(0, generated({71}, 0, FinishReason::kLength), finished(FinishReason::kLength, 2));
  CHECK(find(engine.read(), "response.incomplete").at("stream_id") == "b");
}
