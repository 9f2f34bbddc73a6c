#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using testing::create;
using testing::Sim;

TEST_CASE("a response tells its events in the one order, numbered from 0") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("hello", 3));
  sim.settle();
  client->read();
  auto types = client->types();
  std::erase(types, "response.output_text.delta");
  CHECK(types == std::vector<std::string>{"response.created", "response.in_progress",
                                          "response.output_item.added",
                                          "response.content_part.added",
                                          "response.output_text.done", "response.content_part.done",
                                          "response.output_item.done", "response.incomplete"});
  for (std::size_t i = 0; i < client->events.size(); ++i) {
    CHECK(client->events[i].at("sequence_number").to_number<std::size_t>() == i);
  }
  CHECK(client->events.back().at("response").at("usage").at("output_tokens") == 3);
  CHECK(client->text() == client->events.back()
                              .at("response")
                              .at("output")
                              .at(0)
                              .at("content")
                              .at(0)
                              .at("text")
                              .as_string());
}

TEST_CASE("a client that vanishes frees its blocks within one step") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("a long story please", 200));
  sim.advance_steps(5);
  CHECK(sim.ring.blocks().num_free() < sim.ring.blocks().num_blocks());
  client->session.leave(CancelReason::kClientGone);
  const int steps = sim.executor.num_steps;
  sim.settle();
  CHECK(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
  CHECK(sim.executor.num_steps - steps <= 3);  // Those in flight, and the one that releases.
  CHECK(sim.ring.is_idle());
}

TEST_CASE("a cancel ends as incomplete with the usage filled in") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("a long story please", 200));
  sim.advance_steps(6);
  client->read();
  const std::string id(client->events.at(0).at("response").at("id").as_string());
  client->say({{"type", "response.cancel"}, {"response_id", id}});
  sim.settle();
  client->read();
  const auto& last = client->events.back();
  CHECK(last.at("type") == "response.incomplete");
  CHECK(last.at("response").at("status") == "cancelled");
  CHECK(last.at("response").at("usage").at("output_tokens").to_number<int>() > 0);
  CHECK(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
}

TEST_CASE("the default lane runs one response after the other, named lanes run side by side") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("one", 20));
  client->say(create("two", 20));
  sim.advance_steps(4);
  client->read();
  CHECK(client->count("response.created") == 1);
  for (const char* lane : {"a", "b"}) {
    auto event = create("three", 20);
    event["stream_id"] = lane;
    client->say(event);
  }
  sim.advance_steps(4);
  client->read();
  CHECK(client->count("response.created") == 3);
  sim.settle();
  client->read();
  CHECK(client->count("response.incomplete") == 4);
}

TEST_CASE("a continuation keeps its parent's tokens, and a fork leaves the parent as it was") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("first", 4));
  sim.settle();
  client->read();
  const auto parent = client->events.back().at("response");
  const auto prompt_tokens = parent.at("usage").at("input_tokens").to_number<int>();
  for (int i = 0; i < 2; ++i) {
    client->events.clear();
    auto next = create(" next", 4);
    next["previous_response_id"] = parent.at("id");
    client->say(next);
    sim.settle();
    client->read();
    const auto usage = client->events.back().at("response").at("usage");
    const auto added = static_cast<int>(sim.model.tokenizer->encode(" next", false).value().size());
    CHECK(usage.at("input_tokens").to_number<int>() == prompt_tokens + 4 + added);
  }
}

TEST_CASE("an unknown parent is an error of its lane only") {
  Sim sim;
  auto client = sim.connect();
  auto event = create("x", 2);
  event["previous_response_id"] = "resp_nowhere";
  event["stream_id"] = "lane";
  client->say(event);
  client->say(create("y", 2));
  sim.settle();
  client->read();
  REQUIRE(client->count("error") == 1);
  CHECK(client->events.at(0).at("error").at("code") == "previous_response_not_found");
  CHECK(client->events.at(0).at("stream_id") == "lane");
  CHECK(client->count("response.incomplete") == 1);
}

TEST_CASE("a deadline that passes fails the response") {
  Sim sim;
  auto client = sim.connect();
  auto event = create("slow", 400);
  event["octavo"] = {{"deadline_ms", 100}};
  client->say(event);
  sim.advance_steps(3);
  sim.advance_time(std::chrono::milliseconds(101));
  sim.settle();
  client->read();
  CHECK(client->events.back().at("type") == "response.failed");
  CHECK(client->events.back().at("response").at("error").at("code") == "deadline_exceeded");
}

TEST_CASE("a client that does not read gets merged deltas, then is cut off and its blocks freed") {
  SessionLimits limits;
  limits.soft_outbox_bytes = 2000;
  limits.hard_outbox_bytes = 20'000;
  Sim sim(512, limits);
  auto patient = sim.connect();
  patient->say(create("one", 100));
  sim.settle();
  patient->read();
  CHECK(patient->count("response.output_text.delta") < 50);  // Merged, yet nothing is lost:
  CHECK(patient->text() == patient->events.back()
                               .at("response")
                               .at("output")
                               .at(0)
                               .at("content")
                               .at(0)
                               .at("text")
                               .as_string());
  auto lost = sim.connect();
  for (int i = 0; i < 16; ++i) {
    auto event = create("many", 100);
    event["stream_id"] = "lane" + std::to_string(i);
    lost->say(event);
  }
  sim.settle();
  const auto& closed = lost->session.outbox().close_reason();
  REQUIRE(closed);
  CHECK(closed->code == CloseCode::kTryAgainLater);
  CHECK_FALSE(closed->text.empty());
  CHECK(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
}

TEST_CASE("a client is not given up for the end of a response that it has asked for") {
  SessionLimits limits;
  limits.soft_outbox_bytes = 1000;
  limits.hard_outbox_bytes = 5000;
  const bool reads = GENERATE(true, false);
  Sim sim(512, limits);
  auto client = sim.connect();
  auto event = create("one", 200);
  event["n"] = 2;
  client->say(event);
  sim.settle();
  CHECK(client->session.outbox().num_bytes() > 2 * limits.hard_outbox_bytes);
  CHECK_FALSE(client->session.outbox().close_reason());
  if (reads) client->read();
  client->say(event);  // Who has not read the first end is given up at the second.
  sim.settle();
  CHECK(client->session.outbox().close_reason().has_value() == !reads);
}

TEST_CASE("while draining nothing new starts and what runs ends well") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("running", 10));
  sim.advance_steps(3);
  client->session.drain("draining", std::chrono::seconds(5));
  client->say(create("too late", 10));
  sim.settle();
  client->read();
  CHECK(client->count("octavo:goaway") == 1);
  CHECK(client->count("error") == 1);
  CHECK(client->count("response.incomplete") == 1);
  CHECK(client->session.is_quiet());
}

TEST_CASE("a prefill without generation answers an id to chain from") {
  Sim sim;
  auto client = sim.connect();
  auto event = create("warm up", 50);
  event["generate"] = false;
  client->say(event);
  sim.settle();
  client->read();
  CHECK(client->types() ==
        std::vector<std::string>{"response.created", "response.in_progress", "response.completed"});
  CHECK(client->events.back().at("response").at("usage").at("output_tokens") == 0);
}

TEST_CASE("between a steered response and its successor no token is lost or said twice") {
  Sim sim;
  auto client = sim.connect();
  client->say(create("a long story", 60));
  sim.advance_steps(9);
  client->read();
  const auto id = client->events.at(0).at("response").at("id");
  client->say(
      {{"type", "response.steer"}, {"previous_response_id", id}, {"input", " about a fox"}});
  sim.settle();
  client->read();

  std::vector<testing::json::object> ends;
  std::string steered_text;
  std::string successor_text;
  for (const auto& event : client->events) {
    const auto type = event.at("type").as_string();
    if (type == "response.incomplete") ends.push_back(event.at("response").as_object());
    if (type == "response.output_text.delta")
      (ends.empty() ? steered_text : successor_text) += event.at("delta").as_string();
  }
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].at("incomplete_details").at("reason") == "steered");
  CHECK(ends[1].at("previous_response_id") == id);
  CHECK(ends[1].at("incomplete_details").at("reason") == "max_output_tokens");
  CHECK(ends[1].at("usage").at("output_tokens") == 60);

  // The tokens that the engine must have seen, from the rule by which it picks them.
  const Tokenizer& tokenizer = *sim.model.tokenizer;
  std::vector<TokenId> tokens = tokenizer.encode("a long story", true).value();
  const auto generate = [&](std::int64_t count) {
    CompletionText text(tokenizer, {}, 0);
    std::string out;
    for (std::int64_t i = 0; i < count; ++i) {
      tokens.push_back(testing::next_token(tokens, 4096));
      text.append(tokens.back(), out);
    }
    text.finish(out);
    return out;
  };
  const auto num_kept = ends[0].at("usage").at("output_tokens").as_int64();
  CHECK(num_kept > 0);
  CHECK(generate(num_kept) == steered_text);
  const auto added = tokenizer.encode(" about a fox", false).value();
  tokens.insert(tokens.end(), added.begin(), added.end());
  CHECK(ends[1].at("usage").at("input_tokens") == static_cast<std::int64_t>(tokens.size()));
  CHECK(generate(60) == successor_text);
  CHECK(sim.ring.blocks().audit().device.num_owned == 0);
}
