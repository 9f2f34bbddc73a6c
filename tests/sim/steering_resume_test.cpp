// Steering a response that its client may come back to, or that waits for the disk.
#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using octavo::testing::create;
using octavo::testing::Sim;
using octavo::testing::TempFolder;
namespace json = boost::json;

namespace {

json::object steer(const std::string& id) {
  return {{"type", "response.steer"}, {"previous_response_id", id}, {"input", " and an owl"}};
}

json::object resumable(std::int64_t max_tokens) {
  json::object made = create("a fox", max_tokens);
  made["octavo"] = {{"resume_grace_ms", 60'000}};
  return made;
}

std::string id_of_first(const Sim::Client& client) {
  for (const json::object& event : client.events) {
    if (event.at("type") == "response.created")
      return std::string(event.at("response").at("id").as_string());
  }
  return "";
}

/// A client that has read so much of a response that it knows its id.
std::shared_ptr<Sim::Client> begun(Sim& sim) {
  auto client = sim.connect();
  client->say(resumable(200));
  sim.advance_steps(3);
  client->read();
  return client;
}

}  // namespace

TEST_CASE("whoever resumes a steered response finds the steer among its events") {
  Sim sim;
  auto first = begun(sim);
  const std::string id = id_of_first(*first);
  first->say(steer(id));
  first->session.leave(CancelReason::kClientGone);
  sim.settle();
  auto second = sim.connect();
  second->say({{"type", "octavo:response.resume"}, {"response_id", id}, {"starting_after", 1}});
  sim.settle();
  second->read();
  CHECK(second->count("response.steer.accepted") == 1);
  CHECK(second->types().back() == "response.incomplete");
  std::int64_t number = 2;
  for (const json::object& event : second->events)
    CHECK(event.at("sequence_number").to_number<std::int64_t>() == number++);
}

TEST_CASE("a steer of a client that has gone is followed by nothing, and its session ends") {
  Sim sim;
  auto client = begun(sim);
  client->say(steer(id_of_first(*client)));
  client->session.leave(CancelReason::kClientGone);
  sim.settle();
  CHECK(client->session.is_quiet());
  CHECK(sim.sessions.running.size() == 0);
  client.reset();
  CHECK(sim.sessions.detached_runners.empty());
  CHECK(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
}

TEST_CASE("a response that waits for the disk is steered like one that has ended") {
  const TempFolder folder;
  Sim sim;
  asio::io_context disk;
  auto file = ResponseFile::open((folder.path() / "responses.sqlite").string(), HashKey{},
                                 sim.limits.store);
  REQUIRE(file.has_value());
  sim.sessions.archive = std::make_unique<ResponseArchive>(
      std::move(*file), sim.io.get_executor(), [] { return std::int64_t{1}; }, disk.get_executor());
  auto client = sim.connect();
  client->say(create("a fox", 4));
  sim.settle();
  client->read();
  CHECK(client->count("response.incomplete") == 0);
  client->say(steer(id_of_first(*client)));
  client->say(steer(id_of_first(*client)));
  for (int i = 0; i < 2; ++i) {
    disk.restart();
    disk.poll();
    sim.settle();
  }
  client->read();
  CHECK(client->count("response.steer.accepted") == 2);
  CHECK(client->count("response.created") == 2);
  CHECK(client->count("response.incomplete") == 2);
  std::int64_t number = 0;
  for (const json::object& event : client->events) {
    if (event.at("type") == "response.created") number = 0;
    CHECK(event.at("sequence_number").to_number<std::int64_t>() == number++);
  }
  sim.sessions.archive.reset();
}
