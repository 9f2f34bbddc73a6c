// The feeds in the simulated house: what a client sees of the blocks and of the load, and what it
// costs when nobody looks. The timers' messages are sent by the test, which has the clock.
#include <map>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using std::chrono::milliseconds;
using testing::create;
using testing::Sim;
namespace json = boost::json;

namespace {

constexpr milliseconds kInterval{250};

void subscribe(Sim::Client& client, std::string_view topic) {
  client.say({{"type", "octavo:subscribe"}, {"topic", topic}});
}

/// Lets an interval pass, as the block manager's timer would tell.
void pass_interval(Sim& sim) {
  sim.advance_time(kInterval);
  sim.ring.block_manager().send(PublishBlocks{});
  sim.settle();
}

/// The blocks that are not free, told by the frames: "tier id" -> the rest of the entry with the
/// names in words.
std::map<std::string, std::string> told(const Sim::Client& client) {
  std::map<std::string, std::string> blocks;
  std::int64_t next_number = 0;
  for (const json::object& frame : client.events) {
    if (frame.at("type") != "octavo:blocks") continue;
    if (frame.contains("full") && !frame.at("full").is_null()) {
      blocks.clear();
      next_number = frame.at("sequence_number").as_int64();
    }
    CHECK(frame.at("sequence_number") == next_number++);
    for (const auto& entry : frame.at("blocks").as_array()) {
      for (std::int64_t i = 0; i < entry.at(2).as_int64(); ++i) {
        const std::string key =
            json::serialize(entry.at(0)) + " " + std::to_string(entry.at(1).as_int64() + i);
        if (entry.at(3) == 0) {
          blocks.erase(key);
          continue;
        }
        std::string rest = json::serialize(entry.at(3)) + json::serialize(entry.at(4));
        for (const auto& index : entry.at(5).as_array())
          rest += " " +
                  std::string(frame.at("responses").at(index.to_number<std::size_t>()).as_string());
        blocks[key] = rest + " " + json::serialize(entry.at(6));
      }
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("a client that watches sees its response take blocks and give them back") {
  Sim sim;
  auto client = sim.connect();
  subscribe(*client, "blocks");
  sim.settle();
  client->read();
  REQUIRE(client->events.size() == 1);
  CHECK(client->events[0].at("full") == true);
  CHECK(client->events[0].at("block_size") == 4);
  CHECK(client->events[0].at("tiers").at("device").at("num_blocks") == 256);
  CHECK(told(*client).empty());

  sim.advance_time(kInterval);
  client->say(create("a long story please", 100));
  sim.advance_steps(20);
  pass_interval(sim);  // Goes on to the end of the response.
  client->read();
  const auto& created = client->events.at(1).at("type") == "response.created"
                            ? client->events.at(1)
                            : client->events.at(2);
  const std::string id(created.at("response").at("id").as_string());
  CHECK(client->count("octavo:blocks") >= 2);
  bool was_owned = false;
  for (const auto& frame : client->events) {
    if (frame.at("type") != "octavo:blocks" || frame.at("responses").as_array().empty()) continue;
    was_owned = true;
    CHECK(frame.at("responses").at(0) == json::value(id));
    CHECK(frame.at("blocks").at(0).at(3) == 2);
    CHECK(frame.at("blocks").at(0).at(4) == 1);
  }
  CHECK(was_owned);
  pass_interval(sim);
  client->read();
  CHECK(sim.ring.is_idle());
  auto other = sim.connect();
  subscribe(*other, "blocks");
  sim.settle();
  other->read();
  CHECK(told(*client) == told(*other));  // Nothing is left untold.
}

TEST_CASE("changes rebuild the very map that a second subscriber is shown") {
  Sim sim(512);
  auto client = sim.connect();
  auto busy = sim.connect();
  subscribe(*client, "blocks");
  for (int i = 0; i < 40; ++i) {
    auto event = create("tell me " + std::to_string(i), 10 + i % 30);
    event["stream_id"] = "lane" + std::to_string(i % 7);
    busy->say(event);
    sim.advance_steps(3);
    sim.advance_time(milliseconds(70));
    if (i % 5 != 4) continue;
    sim.advance_time(kInterval);
    sim.ring.block_manager().send(PublishBlocks{});
    sim.advance_steps(1);
    client->read();
    busy->read();
  }
  sim.settle();
  busy->read();
  pass_interval(sim);
  client->read();
  auto other = sim.connect();
  subscribe(*other, "blocks");
  sim.settle();
  other->read();
  CHECK(told(*client) == told(*other));
  CHECK(sim.ring.blocks().is_consistent());
}

TEST_CASE("however many steps run, a client is told once per interval") {
  Sim sim;
  auto client = sim.connect();
  subscribe(*client, "blocks");
  sim.settle();
  client->read();
  client->say(create("a long story please", 120));
  sim.settle();
  CHECK(sim.executor.num_steps > 100);
  client->read();
  CHECK(client->count("octavo:blocks") == 1);
  pass_interval(sim);
  client->read();
  CHECK(client->count("octavo:blocks") == 2);  // The trailing one.
  pass_interval(sim);
  client->read();
  CHECK(client->count("octavo:blocks") == 2);  // Nothing new: nothing said.
}

TEST_CASE("who has unsubscribed or left hears no more") {
  Sim sim;
  auto client = sim.connect();
  auto gone = sim.connect();
  for (auto* each : {client.get(), gone.get()}) {
    subscribe(*each, "blocks");
    sim.settle();
    pass_interval(sim);
  }
  client->say({{"type", "octavo:unsubscribe"}, {"topic", "blocks"}});
  client->say({{"type", "octavo:unsubscribe"}, {"topic", "metrics"}});  // Never asked for.
  gone->session.leave(CancelReason::kClientGone);
  client->say(create("one", 20));
  sim.settle();
  pass_interval(sim);
  client->read();
  gone->read();
  CHECK(client->count("octavo:blocks") == 1);
  CHECK(gone->count("octavo:blocks") == 1);
  CHECK(client->count("error") == 0);
  pass_interval(sim);
  subscribe(*client, "blocks");
  sim.settle();
  client->events.clear();
  client->read();
  REQUIRE(client->count("octavo:blocks") == 1);
  CHECK(client->events[0].at("sequence_number") == 0);  // Begun anew.
  CHECK(client->events[0].at("full") == true);
}

TEST_CASE("a client that does not read is sent no second map, and later all that it missed") {
  SessionLimits limits;
  limits.soft_outbox_bytes = 100;
  Sim sim(256, limits);
  auto client = sim.connect();
  auto busy = sim.connect();
  subscribe(*client, "blocks");
  sim.settle();
  for (int i = 0; i < 20; ++i) {
    busy->say(create("more", 8));
    sim.settle();
    busy->read();
    pass_interval(sim);
  }
  CHECK(sim.ring.is_idle());
  client->read();  // Two: the full map, and the one that was written when that had left no mark.
  CHECK(client->count("octavo:blocks") <= 2);
  for (int i = 0; i < 3; ++i) {
    pass_interval(sim);
    client->read();
  }
  auto other = sim.connect();
  subscribe(*other, "blocks");
  sim.settle();
  other->read();
  CHECK(told(*client) == told(*other));
  CHECK(client->count("octavo:blocks") <= 4);
}

TEST_CASE("the load is told when asked for and then as it changes") {
  Sim sim;
  auto client = sim.connect();
  subscribe(*client, "metrics");
  client->read();
  REQUIRE(client->count("octavo:metrics") == 1);
  CHECK(client->events[0].at("running") == 0);
  CHECK(client->events[0].at("device_usage").as_double() == 0);
  sim.advance_time(kInterval);
  client->session.handle(LoadDue{1});
  client->read();
  CHECK(client->count("octavo:metrics") == 1);  // Nothing new.

  client->say(create("a long story please", 100));
  sim.advance_steps(11);
  sim.advance_time(kInterval);
  client->session.handle(LoadDue{1});
  client->read();
  const json::object& busy = client->events.back();
  CHECK(busy.at("type") == "octavo:metrics");
  CHECK(busy.at("sequence_number") == 1);
  CHECK(busy.at("running") == 1);
  CHECK(busy.at("device_usage").as_double() > 0);
  const double rate = busy.at("tokens_per_s").to_number<double>();
  CHECK(rate == Approx(static_cast<double>(sim.status.num_completion_tokens.load()) / 0.25));
  client->session.handle(LoadDue{9});  // No subscription has this number.
  sim.settle();
  client->say({{"type", "octavo:unsubscribe"}, {"topic", "metrics"}});
  sim.advance_time(kInterval);
  client->session.handle(LoadDue{1});
  client->read();
  CHECK(client->count("octavo:metrics") == 2);
}

TEST_CASE("what waits to be told keeps nobody from ending") {
  Sim sim;
  auto client = sim.connect();
  for (const char* topic : {"blocks", "metrics"})
    client->say({{"type", "octavo:subscribe"}, {"topic", topic}, {"interval_ms", 60'000}});
  client->say(create("a long story please", 20));
  sim.settle();
  client->read();
  CHECK(client->count("octavo:blocks") == 1);  // The changes wait for their time.
  CHECK_FALSE(sim.io.stopped());
  sim.ring.stop(CancelReason::kShutdown);
  client->session.leave(CancelReason::kShutdown);
  sim.settle();
  CHECK(sim.supervisor.num_running() == 0);
  CHECK(sim.io.stopped());  // No timer is left.
}
