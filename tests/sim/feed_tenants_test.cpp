// Who may know whose blocks are whose: with API keys, a client is told of its own key's responses
// by id and of everybody else's by numbers that mean nothing to anybody else.
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using std::chrono::milliseconds;
using testing::create;
using testing::Sim;
namespace json = boost::json;
using Names = std::set<std::string>;

namespace {

std::shared_ptr<Sim::Client> connect(Sim& sim, std::string_view key) {
  auto client = sim.connect();
  if (!key.empty()) client->session.set_caller({std::string(key)});
  client->say({{"type", "octavo:subscribe"}, {"topic", "blocks"}});
  return client;
}

/// Two turns each, at the same time, as the watchers look on.
void talk(Sim& sim, const std::vector<std::shared_ptr<Sim::Client>>& clients) {
  for (int turn = 0; turn < 2; ++turn) {
    for (const auto& client : clients) client->say(create("tell me a story", 30));
    for (int i = 0; i < 30; ++i) {
      sim.advance_steps(2);
      sim.advance_time(milliseconds(250));
      sim.ring.block_manager().send(PublishBlocks{});
      sim.settle();
      for (const auto& client : clients) client->read();
    }
  }
}

Names ids_of(const Sim::Client& client) {
  Names ids;
  for (const json::object& event : client.events) {
    if (event.at("type") == "response.created")
      ids.emplace(event.at("response").at("id").as_string());
  }
  return ids;
}

/// What the pictures name, by how the names begin.
Names named(const Sim::Client& client, std::string_view beginning) {
  Names names;
  for (const json::object& event : client.events) {
    if (event.at("type") != "octavo:blocks") continue;
    for (const auto& each : event.at("responses").as_array()) {
      const std::string name(each.as_string());
      if (name.starts_with(beginning)) names.insert(name);
    }
  }
  return names;
}

bool meet(const Names& a, const Names& b) {
  for (const std::string& each : a) {
    if (b.contains(each)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("with keys a client sees its key's ids, and others' blocks without theirs") {
  Sim sim;
  const auto ada = connect(sim, "ada's key");
  const auto ada_again = connect(sim, "ada's key");
  const auto bob = connect(sim, "bob's key");
  talk(sim, {ada, ada_again, bob});
  Names of_ada = ids_of(*ada);
  of_ada.merge(ids_of(*ada_again));
  REQUIRE(of_ada.size() == 4);
  REQUIRE(ids_of(*bob).size() == 2);

  CHECK(named(*ada, "resp_") == of_ada);
  CHECK(named(*ada_again, "resp_") == of_ada);
  CHECK(named(*bob, "resp_") == ids_of(*bob));
  CHECK(named(*ada, "other_").size() == 2);  // As many as there are, each under one name,
  CHECK(named(*bob, "other_").size() == 4);
  CHECK_FALSE(meet(named(*ada, "other_"), named(*ada_again, "other_")));  // that nobody else has.
  CHECK(named(*ada, "").size() == 6);
}

TEST_CASE("what a key's earlier connection asked for is still the key's") {
  Sim sim;
  const auto bob = connect(sim, "bob's key");
  Names earlier;
  {
    const auto gone = connect(sim, "ada's key");
    talk(sim, {gone, bob});
    earlier = ids_of(*gone);
    gone->session.leave(CancelReason::kClientGone);
  }
  const auto ada = connect(sim, "ada's key");
  sim.settle();
  sim.advance_time(milliseconds(1000));
  sim.ring.block_manager().send(PublishBlocks{});
  sim.settle();
  ada->read();
  REQUIRE_FALSE(earlier.empty());
  CHECK(named(*ada, "resp_") == earlier);
  CHECK(named(*ada, "other_").size() == 2);
}

TEST_CASE("without keys everybody sees every id") {
  Sim sim;
  const auto one = connect(sim, "");
  const auto two = connect(sim, "");
  talk(sim, {one, two});
  Names all = ids_of(*one);
  all.merge(ids_of(*two));
  CHECK(named(*one, "") == all);
  CHECK(named(*two, "") == all);
}

TEST_CASE("a request from before those that are remembered is nobody's") {
  RequestOwners owners;
  CHECK_FALSE(owners.is_of(RequestId{1}, 7));
  owners.record(RequestId{1}, 7);
  CHECK(owners.is_of(RequestId{1}, 7));
  CHECK_FALSE(owners.is_of(RequestId{1}, 8));
  owners.record(RequestId{1 + RequestOwners::kNumKept}, 8);
  CHECK_FALSE(owners.is_of(RequestId{1}, 7));
  CHECK_FALSE(owners.is_of(RequestId{1}, 8));
  CHECK(owners.is_of(RequestId{1 + RequestOwners::kNumKept}, 8));
}
