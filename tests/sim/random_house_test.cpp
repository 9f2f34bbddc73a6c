// Many clients that do as they please: the house must end each response once, free every block, and
// never fall.
#include <map>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using testing::create;
using testing::Sim;

namespace {

void check_streams(const Sim::Client& client) {
  std::map<std::string, int> num_ends;
  std::map<std::string, std::int64_t> next_number;
  std::map<std::string, std::string> running;  // lane -> response id
  std::set<std::string> failed;
  for (const auto& event : client.events) {
    const std::string type(event.at("type").as_string());
    if (type == "error") continue;
    if (type.starts_with("response.steer.")) {
      // Numbered in the response that it names, also after its end; one that failed is forgotten.
      const std::string named(event.at("steer").at("previous_response_id").as_string());
      const auto number = event.at("sequence_number").to_number<std::int64_t>();
      const bool is_next = number == next_number[named];
      CHECK((is_next || (number == 0 && failed.count(named) == 1)));
      if (is_next) ++next_number[named];
      continue;
    }
    const std::string lane =
        event.contains("stream_id") ? std::string(event.at("stream_id").as_string()) : "";
    if (type == "response.created") {
      CHECK(running[lane].empty());  // Never two at once on a lane.
      running[lane] = std::string(event.at("response").at("id").as_string());
    }
    const std::string& id = running[lane];
    CHECK(event.at("sequence_number").to_number<std::int64_t>() == next_number[id]++);
    if (type == "response.incomplete" || type == "response.completed" ||
        type == "response.failed") {
      ++num_ends[id];
      if (type == "response.failed") failed.insert(id);
      running[lane].clear();
    }
  }
  for (const auto& [id, ends] : num_ends) CHECK(ends == 1);
}

std::string random_response(const Sim::Client& client, testing::Random& random) {
  std::vector<std::string> ids;
  for (const auto& event : client.events) {
    if (event.at("type") == "response.created")
      ids.emplace_back(event.at("response").at("id").as_string());
  }
  if (ids.empty()) return "";
  return ids[static_cast<std::size_t>(random.pick(0, static_cast<int>(ids.size()) - 1))];
}

/// One thing that a client may do; perhaps only time passes.
void act(Sim& sim, std::shared_ptr<Sim::Client>& client, testing::Random& random, int event) {
  switch (random.pick(0, 10)) {
    case 0:
    case 1:
    case 2: {
      auto made = create("tell me " + std::to_string(event), random.pick(1, 60));
      if (random.pick(0, 1) == 1) made["stream_id"] = "lane" + std::to_string(random.pick(0, 3));
      if (random.pick(0, 9) == 0) made["n"] = 2;
      client->say(made);
      break;
    }
    case 3:
      client->say(
          {{"type", "response.cancel"}, {"stream_id", "lane" + std::to_string(random.pick(0, 3))}});
      break;
    case 4:
      client->session.receive_frame("{broken");
      break;
    case 5:
      if (random.pick(0, 4) == 0) {
        client->session.leave(CancelReason::kClientGone);
        client->read();
        check_streams(*client);
        client = sim.connect();
      }
      break;
    case 6:
      sim.executor.fail_next = random.pick(0, 4) == 0;
      break;
    case 7: {
      client->read();
      const auto id = random_response(*client, random);
      if (!id.empty())
        client->say({{"type", "response.steer"},
                     {"previous_response_id", id},
                     {"input", " and then " + std::to_string(event)}});
      break;
    }
    default:
      sim.advance_steps(random.pick(0, 3));
      break;
  }
}

}  // namespace

TEST_CASE("random clients leave an empty house behind") {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    testing::Random random(seed);
    const int num_blocks = random.pick(20, 80);
    const int max_num_seqs = random.pick(1, 8);
    Sim sim(num_blocks, {}, max_num_seqs);
    std::vector<std::shared_ptr<Sim::Client>> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(sim.connect());
    for (int event = 0; event < 200; ++event) {
      const auto who = static_cast<std::size_t>(random.pick(0, 5));
      act(sim, clients[who], random, event);
      sim.advance_time(std::chrono::milliseconds(1));
    }
    sim.settle();
    for (const auto& client : clients) {
      client->read();
      CHECK(client->session.is_quiet());
      check_streams(*client);
    }
    CHECK(sim.ring.is_idle());
    CHECK(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
    CHECK(sim.ring.blocks().is_consistent());
  }
}
