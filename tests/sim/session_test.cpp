// What a session tells the engine of a request, and the client of what the engine says.
#include "tests/support/catch.hpp"
#include "tests/support/scripted_engine.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

json::string text_of(const ServedModel& model, const std::vector<TokenId>& tokens) {
  CompletionText text(*model.tokenizer, {}, 0);
  std::string out;
  for (TokenId token : tokens) text.append(token, out);
  text.finish(out);
  return json::string(out);
}

}  // namespace

TEST_CASE("a request carries its priority, its tenant and its cache's namespace") {
  ScriptedEngine engine;
  auto event = create("x", 5);
  engine.say(event);
  CHECK(engine.request(0).priority == 0);
  CHECK(engine.request(0).tenant == 0);
  CHECK(engine.request(0).cache_namespace == 0);
  engine.session.set_caller({"secret"});
  event["octavo"] = {{"priority", -5}};
  for (const char* lane : {"a", "b"}) {
    event["stream_id"] = lane;
    engine.say(event);
    event["cache_salt"] = "salt";
  }
  CHECK(engine.request(1).priority == -5);
  CHECK(engine.request(1).tenant == tenant_of(engine.sessions.hash_key, "secret"));
  CHECK(engine.request(1).cache_namespace == engine.request(1).tenant);
  CHECK(engine.request(2).tenant == engine.request(1).tenant);
  CHECK(engine.request(2).cache_namespace ==
        cache_namespace_of(engine.sessions.hash_key, engine.request(1).tenant, "salt"));
}

TEST_CASE("beams stream as they settle, and the end has their scores") {
  ScriptedEngine engine;
  auto event = create("Once upon", 20);
  event["beam_width"] = 4;
  event["n"] = 2;
  event["length_penalty"] = 0.5;
  event["early_stopping"] = "never";
  engine.say(event);
  const SamplingParams& sampling = engine.request(0).sampling;
  CHECK(sampling.beam_width == 4);
  CHECK(sampling.length_penalty == 0.5F);
  CHECK(sampling.early_stopping == EarlyStopping::kNever);
  engine.tell(0, RequestAccepted{}, generated({70, 71}, 0), generated({70, 71}, 1));
  auto events = engine.read();
  std::size_t num_deltas = 0;
  for (const auto& each : events) num_deltas += each.at("type") == "response.output_text.delta";
  CHECK(num_deltas == 2);
  engine.tell(0, generated({72, 73, 2}, 0, FinishReason::kStop, -0.25F),
              generated({74}, 1, FinishReason::kLength, -0.75F),
              finished(FinishReason::kLength, 7));
  events = engine.read();
  const auto& response = events.back().at("response").as_object();
  CHECK(response.at("octavo").at("scores") == json::array({-0.25, -0.75}));
  const auto& output = response.at("output").as_array();
  REQUIRE(output.size() == 2);
  // The stop token is no text.
  CHECK(output[0].at("content").at(0).at("text") == text_of(engine.model, {70, 71, 72, 73}));
  CHECK(output[1].at("content").at(0).at("text") == text_of(engine.model, {70, 71, 74}));
  CHECK(output[0].at("status") == "completed");
  CHECK(output[1].at("status") == "incomplete");
}

TEST_CASE("a search that was cut short has no scores") {
  ScriptedEngine engine;
  auto event = create("Once upon", 20);
  event["beam_width"] = 2;
  engine.say(event);
  engine.tell(0, RequestAccepted{}, generated({70}), generated({}, 0, FinishReason::kCancelled),
              finished(FinishReason::kCancelled, 1));
  const auto ended = engine.read().back();
  CHECK_FALSE(ended.at("response").at("octavo").as_object().contains("scores"));
}

TEST_CASE("a beam leaves the model's default penalty out, and refuses one that was asked for") {
  ServedModel model = sim_model();
  model.repetition_penalty = 1.1F;
  ScriptedEngine engine(std::move(model));
  auto event = create("x", 5);
  event["beam_width"] = 2;
  engine.say(event);
  REQUIRE(engine.requests.size() == 1);
  CHECK(engine.request(0).sampling.repetition_penalty == 1.0F);
  event["repetition_penalty"] = 1.1;
  engine.say(event);
  const auto error = find(engine.read(), "error");
  CHECK(error.at("error").at("code") == "unsupported_parameter");
  CHECK(error.at("error").at("param") == "repetition_penalty");
}

TEST_CASE("a preemption and the return are told with their mode, the end with what was shared") {
  ScriptedEngine engine;
  engine.say(create("x", 5));
  RequestFinished end = finished(FinishReason::kLength, 5);
  end.num_preemptions = 1;
  end.num_shared_blocks = 3;
  end.usage.num_cached_tokens = 16;
  engine.tell(0, RequestAccepted{}, generated({70}), RequestPreempted{{}, PreemptionMode::kSwap},
              RequestResumed{{}, PreemptionMode::kSwap}, generated({71}, 0, FinishReason::kLength),
              end);
  const auto events = engine.read();
  CHECK(find(events, "octavo:response.preempted").at("mode") == "swap");
  CHECK(find(events, "octavo:response.resumed").at("mode") == "swap");
  const auto& response = events.back().at("response").as_object();
  CHECK(response.at("octavo").at("preemptions") == 1);
  CHECK(response.at("octavo").at("blocks_shared") == 3);
  CHECK(response.at("octavo").at("cached_tokens") == 16);
  CHECK(response.at("usage").at("input_tokens_details").at("cached_tokens") == 16);
  CHECK_FALSE(response.at("octavo").as_object().contains("scores"));
}

TEST_CASE("a connection's prompts are made in turn with another's, however many it sends") {
  const bool has_keys = GENERATE(false, true);
  ScriptedEngine engine;
  Session other(engine.sessions, engine.io.get_executor());
  if (has_keys) {
    engine.session.set_caller({"greedy"});
    other.set_caller({"modest"});
  }
  for (const char* lane : {"a", "b", "c", "d"}) {
    auto event = create("a long prompt", 5);
    event["stream_id"] = lane;
    engine.session.receive_frame(json::serialize(event));
  }
  other.receive_frame(json::serialize(create("hi", 7)));
  std::vector<std::int32_t> submitted;
  for (engine.io.restart(); engine.io.poll_one() > 0; engine.io.restart()) {
    for (Session* session : {&engine.session, &other}) {
      while (auto message = session->mailbox().try_receive()) session->handle(std::move(*message));
    }
    while (auto message = engine.inbox.try_receive())
      submitted.push_back(std::get<SubmitRequest>(*message).request.sampling.max_tokens);
  }
  CHECK(submitted == std::vector<std::int32_t>{5, 7, 5, 5, 5});
}
