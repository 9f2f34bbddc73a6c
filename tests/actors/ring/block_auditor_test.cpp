#include "actors/ring/block_auditor.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using testing::create;
using testing::Sim;

namespace {

struct Answer {
  bool has_come = false;
  std::optional<BlockAudit> audit;
};

asio::awaitable<void> ask(const BlockAuditor* auditor, Answer* answer) {
  answer->audit = co_await auditor->audit();
  answer->has_come = true;
}

}  // namespace

TEST_CASE("an audit says what every block does while responses run and after them") {
  Sim sim;
  const BlockAuditor auditor(sim.ring.block_manager(), sim.io.get_executor());
  auto client = sim.connect();
  client->say(create("a long story please", 200));
  sim.advance_steps(5);
  Answer during;
  sim.supervisor.spawn(sim.io.get_executor(), "ask", ask(&auditor, &during));
  while (!during.has_come) sim.io.poll_one();
  REQUIRE(during.audit);
  CHECK(during.audit->is_consistent);
  CHECK(during.audit->fault.empty());
  const TierAudit& device = during.audit->device;
  CHECK(device.num_blocks == 256);
  CHECK(device.num_owned > 0);
  CHECK(device.num_free + device.num_cached + device.num_owned + device.num_in_transfer == 256);
  sim.settle();
  Answer after;
  sim.supervisor.spawn(sim.io.get_executor(), "ask", ask(&auditor, &after));
  sim.settle();
  REQUIRE(after.audit);
  CHECK(after.audit->device.num_owned == 0);
  CHECK(after.audit->is_consistent);
}

TEST_CASE(
    "a block manager that has left, or says nothing, is waited for no longer than the limit") {
  asio::io_context io;
  Mailbox<BlockManagerMessage> silent(io.get_executor());
  const BlockAuditor auditor(silent.address(), io.get_executor(), std::chrono::milliseconds(0));
  Supervisor supervisor([](const ActorExited&) {});
  Answer first;
  supervisor.spawn(io.get_executor(), "ask", ask(&auditor, &first));
  io.run();
  CHECK(first.has_come);
  CHECK_FALSE(first.audit);
  silent.close();
  Answer second;
  supervisor.spawn(io.get_executor(), "ask", ask(&auditor, &second));
  io.restart();
  io.run();
  CHECK(second.has_come);
  CHECK_FALSE(second.audit);
}
