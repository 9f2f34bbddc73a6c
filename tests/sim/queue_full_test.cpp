// Whoever is refused by a full queue is told when to come again, and it comes true.
#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using octavo::testing::create;
using octavo::testing::Sim;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr auto kStep = 250ms;
constexpr std::int32_t kQueue = 24;

/// Four run at once, the queue has room for so many, and the fake clock gives each step its time.
struct FullHouse {
  FullHouse() : sim(256, {}, 4, [](SchedulerConfig& config) { config.max_num_waiting = kQueue; }) {}

  /// A step takes its time, whatever else made it run.
  void pass_time() {
    sim.advance_time((sim.executor.num_steps - num_steps) * kStep);
    num_steps = sim.executor.num_steps;
  }
  void step() {
    sim.advance_steps(1);
    pass_time();
  }
  /// A request on a connection of its own. Answers when its client is told to come again; 0: it was
  /// taken.
  std::int64_t ask(std::mt19937& random) {
    const std::string prompt(20 + random() % 120, 'a' + static_cast<char>(random() % 26));
    auto client = sim.connect();
    client->say(create(prompt, 10 + static_cast<std::int64_t>(random() % 70)));
    sim.io.restart();
    while (client->count("error") + client->count("response.created") == 0) {
      if (sim.io.poll_one() == 0) break;
      pass_time();
      client->read();
    }
    clients.push_back(client);
    if (client->count("error") == 0) return 0;
    const json::object& error = client->events.front();
    CHECK(error.at("status") == 429);
    CHECK(error.at("error").at("code") == "queue_full");
    return std::stoll(std::string(error.at("error").at("headers").at("retry-after").as_string()));
  }
  std::int32_t num_waiting() const { return sim.status.num_waiting.load(); }

  Sim sim;
  int num_steps = 0;
  std::vector<std::shared_ptr<Sim::Client>> clients;
};

}  // namespace

TEST_CASE("a full queue's Retry-After comes true within a factor of two") {
  FullHouse house;
  std::mt19937 random(GENERATE(1U, 2U, 3U, 4U, 5U));
  // A crowd keeps the queue full for a while, so that its rate is known.
  for (int i = 0; i < 400; ++i) {
    house.ask(random);
    house.step();
  }
  std::int64_t told = 0;
  while (told == 0) told = house.ask(random);
  REQUIRE(told > 4);
  const TimePoint asked = house.sim.now;
  while (house.num_waiting() > 0) house.step();
  const double took = std::chrono::duration<double>(house.sim.now - asked).count();
  CAPTURE(told, took);
  CHECK(took >= static_cast<double>(told) / 2);
  CHECK(took <= static_cast<double>(told) * 2);
  house.sim.settle();  // What still runs comes to its end before the house does.
}

TEST_CASE("a request that has waited for too long ends, and those behind it go on") {
  Sim sim(256, {}, 1, [](SchedulerConfig& config) { config.max_queue_wait = 10s; });
  auto first = sim.connect();
  auto second = sim.connect();
  first->say(create("one", 300));
  sim.advance_steps(3);
  second->say(create("two", 5));
  sim.advance_steps(3);
  sim.advance_time(11s);
  sim.settle();
  first->read();
  second->read();
  CHECK(second->events.back().at("type") == "response.failed");
  CHECK(second->events.back().at("response").at("error").at("code") == "deadline_exceeded");
  CHECK(first->count("response.incomplete") == 1);  // Its length.
}
