// Every request is counted once at its beginning and once at its end, whichever way it ends or does
// not begin: received = ended by reason + refused by code + in flight.
#include <map>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/scripted_engine.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// What the page says of requests.
struct Page {
  explicit Page(const ScriptedEngine& engine) {
    std::istringstream lines(engine.metrics.text(EngineStatus{}));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t blank = line.rfind(' ');
      if (line.rfind("octavo:", 0) == 0)
        values[line.substr(7, blank - 7)] = std::stod(line.substr(blank));
    }
  }
  double number(const std::string& name) const {
    const auto found = values.find(name + "{engine=\"0\",model_name=\"sim\"}");
    return found == values.end() ? 0 : found->second;
  }
  double with(const std::string& name, const std::string& label, const std::string& value) const {
    const auto found =
        values.find(name + "{engine=\"0\",model_name=\"sim\"," + label + "=\"" + value + "\"}");
    return found == values.end() ? 0 : found->second;
  }
  double sum(const std::string& name) const {
    double total = 0;
    for (const auto& [key, value] : values) total += key.rfind(name + "{", 0) == 0 ? value : 0;
    return total;
  }
  double ended(const std::string& reason) const {
    return with("request_success_total", "finished_reason", reason);
  }
  double refused(const std::string& code) const {
    return with("request_rejected_total", "code", code);
  }

  std::map<std::string, double> values;
};

/// Holds the page to the sum, and to the session's own table; answers the page.
Page balanced(const ScriptedEngine& engine) {
  Page page(engine);
  CHECK(page.number("request_received_total") == page.sum("request_success_total") +
                                                     page.sum("request_rejected_total") +
                                                     page.number("num_requests_in_flight"));
  CHECK(page.number("num_requests_in_flight") ==
        static_cast<double>(engine.session.num_responses()));
  return page;
}

json::object on_lane(const std::string& lane, json::object event = create("x", 5)) {
  event["stream_id"] = lane;
  return event;
}

/// The i-th request runs, its client knows of it, and it has said two tokens.
void run(ScriptedEngine& engine, std::size_t i) {
  engine.tell(i, RequestAccepted{}, generated({70}), generated({71}));
}

void end(ScriptedEngine& engine, std::size_t i, FinishReason reason) {
  engine.tell(i, generated({}, 0, reason), finished(reason, 99));
}

}  // namespace

TEST_CASE("a request that ends counts once, by its reason") {
  const auto [reason, name] =
      GENERATE(table<FinishReason, std::string>({{FinishReason::kStop, "stop"},
                                                 {FinishReason::kLength, "length"},
                                                 {FinishReason::kCancelled, "cancelled"},
                                                 {FinishReason::kDeadline, "deadline"},
                                                 {FinishReason::kError, "error"},
                                                 {FinishReason::kSteered, "steered"}}));
  ScriptedEngine engine;
  engine.say(create("x", 5));
  CHECK(balanced(engine).number("num_requests_in_flight") == 1);
  run(engine, 0);
  balanced(engine);
  end(engine, 0, reason);
  const Page page = balanced(engine);
  CHECK(page.ended(name) == 1);
  CHECK(page.number("request_received_total") == 1);
  CHECK(page.number("generation_tokens_total") == 2);  // As given, whatever the engine has made.
}

TEST_CASE("a request that never begins counts once, by the code that it is refused with") {
  ScriptedEngine engine;
  engine.session.receive_frame("{");
  engine.session.receive_frame("[]");
  engine.session.receive_frame("{}");
  engine.session.receive_frame(R"({"type":"response.create","stream_id":"a b"})");
  engine.session.receive_frame(R"({"type":"response.create"})");
  engine.session.receive_frame(R"({"type":"response.create","input":"x","truncation":"auto"})");
  auto event = create("x", 5);
  event["temperature"] = 9;
  engine.say(event);
  event = create("x", 5);
  event["model"] = "another";
  engine.say(event);
  event = create("x", 5);
  event["previous_response_id"] = "resp_unknown";
  engine.say(event);
  engine.say(create("x", 5));
  engine.tell(0, RequestRejected{{}, Error{Errc::kContextLengthExceeded, "", ""}});
  engine.session.drain("draining", std::chrono::seconds(1));
  engine.say(create("x", 5));
  const Page page = balanced(engine);
  CHECK(page.number("request_received_total") == 11);
  CHECK(page.number("num_requests_in_flight") == 0);
  CHECK(page.refused("invalid_json") == 1);
  CHECK(page.refused("invalid_event") == 2);
  CHECK(page.refused("invalid_stream_id") == 1);
  CHECK(page.refused("invalid_value") == 2);
  CHECK(page.refused("unsupported_parameter") == 1);
  CHECK(page.refused("model_not_found") == 1);
  CHECK(page.refused("previous_response_not_found") == 1);
  CHECK(page.refused("context_length_exceeded") == 1);
  CHECK(page.refused("server_draining") == 1);
}

TEST_CASE("what is no request is in no counter of requests") {
  ScriptedEngine engine;
  engine.session.receive_frame(R"({"type":"what"})");
  engine.session.receive_frame(R"({"type":"response.cancel","response_id":"resp_1"})");
  engine.session.receive_frame(
      R"({"type":"response.steer","previous_response_id":"resp_1","input":"x"})");
  CHECK(balanced(engine).number("request_received_total") == 0);
}

TEST_CASE("requests beyond the lanes and the queue of a connection are refused and counted") {
  ScriptedEngine engine;
  engine.limits.lanes.max_named = 2;
  engine.limits.lanes.max_queued = 1;
  Session session(engine.sessions, engine.io.get_executor());
  const auto say = [&](const json::object& event) {
    session.receive_frame(json::serialize(event));
  };
  say(on_lane("a"));
  say(on_lane("b"));
  say(on_lane("c"));
  say(on_lane("a"));
  say(on_lane("a"));
  const Page page(engine);
  CHECK(page.refused("websocket_stream_limit_reached") == 1);
  CHECK(page.refused("queue_full") == 1);
  CHECK(page.number("num_requests_in_flight") == static_cast<double>(session.num_responses()));
  CHECK(page.number("num_requests_in_flight") == 3);
  CHECK(page.number("request_received_total") == 5);
}

TEST_CASE("what a client that leaves had asked for counts as aborted, in whichever state it is") {
  ScriptedEngine engine;
  engine.say(on_lane("runs"));
  run(engine, 0);
  engine.session.receive_frame(json::serialize(on_lane("submitted")));
  engine.settle();
  engine.session.receive_frame(json::serialize(on_lane("prepares")));
  engine.session.receive_frame(json::serialize(on_lane("runs")));  // Waits on its lane.
  const double before = balanced(engine).number("num_requests_in_flight");
  CHECK(before == 4);
  engine.session.leave(CancelReason::kClientGone);
  const Page page = balanced(engine);
  CHECK(page.ended("abort") == before);
  CHECK(page.number("num_requests_in_flight") == 0);
  CHECK(page.number("generation_tokens_total") == 2);
  engine.settle();
  balanced(engine);
}

TEST_CASE(
    "what a server ends itself counts as failed where it ran, and as refused where it waited") {
  ScriptedEngine engine;
  engine.say(on_lane("runs"));
  run(engine, 0);
  engine.session.receive_frame(json::serialize(on_lane("prepares")));
  engine.session.receive_frame(json::serialize(on_lane("runs")));
  engine.session.end(Error{Errc::kServerDraining, "", ""}, CancelReason::kShutdown);
  const Page page = balanced(engine);
  CHECK(page.ended("error") == 1);
  CHECK(page.refused("server_draining") == 2);
  CHECK(page.number("request_received_total") == 3);
  CHECK(page.number("generation_tokens_total") == 2);
  engine.settle();
  end(engine, 0, FinishReason::kCancelled);
  balanced(engine);
}

TEST_CASE("a successor is a request of its own, whether it runs, is refused or finds no place") {
  ScriptedEngine engine;
  engine.say(create("x", 5));
  engine.tell(0, RequestAccepted{}, generated({70}));
  const auto id = engine.read().at(0).at("response").at("id");
  engine.say(steer(id, " more"));
  end(engine, 0, FinishReason::kSteered);
  CHECK(balanced(engine).number("request_received_total") == 2);
  engine.tell(1, RequestRejected{{}, Error{Errc::kQueueFull, "", ""}});
  Page page = balanced(engine);
  CHECK(page.refused("queue_full") == 1);
  engine.say(steer(id, " again"));  // After its end: queued on the lane.
  page = balanced(engine);
  CHECK(page.number("request_received_total") == 3);
  CHECK(page.number("num_requests_in_flight") == 1);
  engine.tell(2, RequestAccepted{}, generated({71}));
  end(engine, 2, FinishReason::kStop);
  CHECK(balanced(engine).number("num_requests_in_flight") == 0);
}

TEST_CASE("tokens of a stop string's overrun are in no counter") {
  ScriptedEngine engine;
  auto event = create("x", 50);
  event["stop"] = "b";
  engine.say(event);
  const auto letter = [&](const char* text) {
    return engine.model.tokenizer->encode(text, false).value();
  };
  engine.tell(0, RequestAccepted{}, generated(letter("a")), generated(letter("b")));
  engine.tell(0, generated(letter("c")), generated({}, 0, FinishReason::kStop),
              finished(FinishReason::kStop, 7));
  const auto given = static_cast<double>(letter("a").size() + letter("b").size());
  const auto usage = engine.read().back().at("response").at("usage");
  CHECK(usage.at("output_tokens").to_number<double>() == given);
  CHECK(balanced(engine).number("generation_tokens_total") == given);
}
