// Who ends a connection owes an end to each response of it, and only whoever asked for Octavo's own
// events gets them.
#include "tests/support/catch.hpp"
#include "tests/support/scripted_engine.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

const Error kDraining{Errc::kServerDraining, "", ""};

json::object on_lane(const char* lane, std::int64_t n = 1) {
  auto event = create("x", 5);
  event["stream_id"] = lane;
  event["n"] = n;
  return event;
}

std::vector<std::string> types_of(const std::vector<json::object>& events) {
  std::vector<std::string> types;
  for (const auto& event : events) types.emplace_back(event.at("type").as_string());
  return types;
}

std::size_t count(const std::vector<json::object>& events, std::string_view type) {
  const auto types = types_of(events);
  return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
}

}  // namespace

TEST_CASE(
    "a response that runs when the server ends the connection ends as failed, with the reason") {
  ScriptedEngine engine;
  engine.say(on_lane("a", 2));
  engine.tell(0, RequestAccepted{}, generated({70}), generated({71}));  // Choice 1 has not begun.
  const std::size_t told = engine.read().size();
  engine.session.end(kDraining, CancelReason::kShutdown);
  const auto events = engine.read();
  CHECK(types_of(events) ==
        std::vector<std::string>{"response.output_text.done", "response.content_part.done",
                                 "response.output_item.done", "response.failed"});
  for (std::size_t i = 0; i < events.size(); ++i)
    CHECK(events[i].at("sequence_number").to_number<std::size_t>() == told + i);
  const auto response = events.back().at("response").as_object();
  CHECK(response.at("status") == "failed");
  CHECK(response.at("error").at("code") == "server_draining");
  CHECK(response.at("usage").at("output_tokens") == 2);
  CHECK(response.at("usage").at("input_tokens").to_number<std::size_t>() ==
        engine.request(0).prompt.size());
  CHECK(response.at("output").as_array().size() == 1);
  CHECK(engine.session.is_quiet());
}

TEST_CASE("what is at the engine is cancelled when the server ends the connection") {
  ScriptedEngine engine;
  engine.say(on_lane("a"));
  engine.tell(0, RequestAccepted{});
  engine.session.end(kDraining, CancelReason::kShutdown);
  engine.settle();
  CHECK(engine.was_cancelled(0, CancelReason::kShutdown));
}

TEST_CASE("what waits when the server ends the connection is refused on its lane") {
  ScriptedEngine engine;
  engine.say(on_lane("a"));                                     // Submitted, and not accepted yet.
  engine.session.receive_frame(json::serialize(on_lane("b")));  // At the desk.
  engine.session.receive_frame(json::serialize(on_lane("a")));  // On its lane.
  engine.session.end(kDraining, CancelReason::kShutdown);
  const auto events = engine.read();
  REQUIRE(count(events, "error") == 3);
  CHECK(events.size() == 3);
  std::vector<std::string> lanes;
  for (const auto& event : events) {
    CHECK(event.at("error").at("code") == "server_draining");
    lanes.emplace_back(event.at("stream_id").as_string());
  }
  CHECK(lanes == std::vector<std::string>{"a", "b", "a"});
}

TEST_CASE("each reason for which a server ends a connection is told by its code") {
  const auto code = GENERATE(Errc::kServerDraining, Errc::kConnectionLimitReached,
                             Errc::kSlowConsumer, Errc::kEngineError, Errc::kInvalidEvent);
  ScriptedEngine engine;
  engine.say(on_lane("a"));
  engine.tell(0, RequestAccepted{});
  engine.session.receive_frame(json::serialize(on_lane("a")));
  engine.session.end(Error{code, "", ""}, CancelReason::kShutdown);
  const auto events = engine.read();
  CHECK(find(events, "response.failed").at("response").at("error").at("code") ==
        json::string(wire_code(code)));
  CHECK(find(events, "error").at("error").at("code") == json::string(wire_code(code)));
}

TEST_CASE("after the last words nothing is said and nothing is begun") {
  ScriptedEngine engine;
  engine.say(on_lane("a"));
  engine.tell(0, RequestAccepted{}, generated({70}));
  engine.session.end(kDraining, CancelReason::kShutdown);
  engine.read();
  engine.session.end(kDraining, CancelReason::kShutdown);
  engine.say(on_lane("b"));
  engine.tell(0, generated({71}), finished(FinishReason::kCancelled));
  CHECK(engine.read().empty());
  CHECK(engine.requests.size() == 1);
}

TEST_CASE("a steer's input is given back when the server ends the connection") {
  ScriptedEngine engine;
  engine.say(create("x", 5));
  engine.tell(0, RequestAccepted{}, generated({70}));
  const auto id = engine.read().at(0).at("response").at("id");
  engine.say(steer(id, " more"));
  engine.read();
  engine.session.end(kDraining, CancelReason::kShutdown);
  const auto events = engine.read();
  const auto failed = find(events, "response.steer.failed");
  CHECK(failed.at("steer").at("input") == " more");
  CHECK(failed.at("sequence_number").to_number<int>() ==
        find(events, "response.failed").at("sequence_number").to_number<int>() + 1);
}

TEST_CASE("a client that reads too slowly is told so, and its responses end") {
  ScriptedEngine engine;
  engine.limits.hard_outbox_bytes = 2000;
  Session session(engine.sessions, engine.io.get_executor());
  session.receive_frame(json::serialize(on_lane("a")));
  for (int i = 0; i < 8; ++i) session.receive_frame(R"({"type":"nonsense"})");
  for (int i = 0; i < 8; ++i) session.receive_frame(R"({"type":"nonsense"})");
  const auto& closed = session.outbox().close_reason();
  REQUIRE(closed);
  CHECK(closed->code == CloseCode::kTryAgainLater);
  CHECK_FALSE(closed->text.empty());
  std::vector<json::object> events;
  while (auto frame = session.outbox().pop()) events.push_back(json::parse(*frame).as_object());
  CHECK(events.back().at("error").at("code") == "slow_consumer");
  CHECK(events.back().at("stream_id") == "a");
}

TEST_CASE("events outside the standard come to clients that asked for them, and to no other") {
  ScriptedEngine engine;
  Session session(engine.sessions, engine.io.get_executor());
  const bool asks = GENERATE(false, true);
  auto event = create("x", 5);
  if (asks) event["octavo"] = {{"events", {"octavo:response.preempted"}}};
  session.receive_frame(json::serialize(event));
  for (int i = 0; i < 3; ++i) {
    engine.settle();
    while (auto message = session.mailbox().try_receive()) session.handle(std::move(*message));
  }
  REQUIRE(engine.requests.size() == 1);
  session.handle(SessionEvents{RequestAccepted{engine.id(0)},
                               RequestPreempted{engine.id(0), PreemptionMode::kSwap},
                               RequestResumed{engine.id(0), PreemptionMode::kSwap}});
  session.drain("draining", std::chrono::seconds(1));
  std::vector<json::object> events;
  while (auto frame = session.outbox().pop()) events.push_back(json::parse(*frame).as_object());
  CHECK(count(events, "octavo:response.preempted") == (asks ? 1 : 0));
  CHECK(count(events, "octavo:response.resumed") == 0);
  CHECK(count(events, "octavo:goaway") == 0);
  for (std::size_t i = 0; i < events.size(); ++i)  // No gap where an event was kept back.
    CHECK(events[i].at("sequence_number").to_number<std::size_t>() == i);
}

TEST_CASE("a cancel that names a response and a lane means the response on that lane") {
  ScriptedEngine engine;
  engine.say(on_lane("a"));
  engine.tell(0, RequestAccepted{});
  const auto id = engine.read().at(0).at("response").at("id");
  engine.say({{"type", "response.cancel"}, {"response_id", id}, {"stream_id", "b"}});
  CHECK(find(engine.read(), "error").at("error").at("code") == "response_not_found");
  CHECK(engine.cancels.empty());
  engine.say({{"type", "response.cancel"}, {"response_id", id}, {"stream_id", "a"}});
  CHECK(engine.was_cancelled(0, CancelReason::kClientCancelled));
}
