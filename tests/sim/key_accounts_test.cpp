// What an API key may take, and what is counted of it, through the whole house.
#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using octavo::testing::create;
using octavo::testing::Sim;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

std::shared_ptr<Sim::Client> connect(Sim& sim, const std::shared_ptr<KeyAccount>& account) {
  auto client = sim.connect();
  client->session.set_caller({"secret", account});
  return client;
}

json::object on_lane(const std::string& lane, std::int64_t max_tokens) {
  auto event = create("some words that fill more than one block of the cache", max_tokens);
  event["stream_id"] = lane;
  return event;
}

std::string error_code(const json::object& event) {
  return std::string(event.at("error").at("code").as_string());
}

}  // namespace

TEST_CASE("what a key has used is what its clients were told") {
  Sim sim;
  const auto account = std::make_shared<KeyAccount>("alice");
  auto client = connect(sim, account);
  for (const char* lane : {"a", "b", "c"}) {
    client->say(on_lane(lane, 9));
    sim.settle();
  }
  client->read();
  KeyUsage told;
  for (const json::object& event : client->events) {
    if (event.at("type") != "response.incomplete") continue;
    const auto& usage = event.at("response").at("usage");
    told.num_requests += 1;
    told.num_prompt_tokens += usage.at("input_tokens").as_int64();
    told.num_completion_tokens += usage.at("output_tokens").as_int64();
    told.num_cached_tokens += usage.at("input_tokens_details").at("cached_tokens").as_int64();
  }
  CHECK(told.num_requests == 3);
  CHECK(told.num_cached_tokens > 0);
  CHECK(account->total() == told);
  CHECK(account->last_minute(sim.now) == told);
}

TEST_CASE("a key's rates hold over all of its connections, and end with the minute") {
  Sim sim;
  const auto account = std::make_shared<KeyAccount>("alice", KeyLimits{.requests_per_minute = 2});
  auto one = connect(sim, account);
  auto two = connect(sim, account);
  one->say(on_lane("a", 2));
  two->say(on_lane("a", 2));
  two->say(on_lane("b", 2));
  sim.settle();
  two->read();
  REQUIRE(two->count("error") == 1);
  const json::object refused = *std::ranges::find_if(
      two->events, [](const auto& event) { return event.at("type") == "error"; });
  CHECK(error_code(refused) == "rate_limit_exceeded");
  CHECK(refused.at("status") == 429);
  CHECK(refused.at("error").at("headers").at("retry-after") == "61");
  sim.advance_time(61s);
  two->say(on_lane("c", 2));
  sim.settle();
  two->read();
  CHECK(two->count("error") == 1);
  CHECK(two->count("response.incomplete") == 2);
}

TEST_CASE("a key has as many responses at once as it may, queued ones too") {
  Sim sim;
  const auto account = std::make_shared<KeyAccount>("alice", KeyLimits{.concurrency = 2});
  auto client = connect(sim, account);
  for (int i = 0; i < 3; ++i) client->say(on_lane("a", 4));
  client->read();
  CHECK(client->count("error") == 1);
  sim.settle();
  client->say(on_lane("a", 4));
  sim.settle();
  client->read();
  CHECK(client->count("error") == 1);
  CHECK(client->count("response.incomplete") == 3);
}

TEST_CASE("a prompt that the engine refuses is not charged") {
  Sim sim(256, {}, 16, [](SchedulerConfig& config) { config.max_num_waiting = 0; });
  const auto account = std::make_shared<KeyAccount>("alice", KeyLimits{.tokens_per_minute = 50});
  auto client = connect(sim, account);
  for (int i = 0; i < 30; ++i) {
    client->say(on_lane("a", 4));
    sim.settle();
  }
  client->read();
  REQUIRE(client->count("error") == 30);
  for (const json::object& event : client->events) CHECK(error_code(event) == "queue_full");
  CHECK(account->last_minute(sim.now).num_prompt_tokens == 0);
}
