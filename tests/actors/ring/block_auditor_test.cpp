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

asio::awaitable<void> look(BlockAuditor* auditor, TimePoint now, int* num_answers) {
  auto asking = auditor->recent(std::chrono::seconds(1), now);
  const auto answer = co_await std::move(asking);
  if (answer) ++*num_answers;
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

TEST_CASE("an audit is made again only once it is older than whoever asks would have it") {
  asio::io_context io;
  Mailbox<BlockManagerMessage> blocks(io.get_executor());
  BlockAuditor auditor(blocks.address(), io.get_executor());
  Supervisor supervisor([](const ActorExited&) {});
  int num_answers = 0;
  const auto look_at = [&](std::chrono::milliseconds now) {
    supervisor.spawn(io.get_executor(), "look",
                     look(&auditor, TimePoint{} + std::chrono::hours(1) + now, &num_answers));
    io.restart();
    io.poll();
    const auto question = blocks.try_receive();
    if (!question) return false;
    std::get<AuditBlocks>(*question).reply_to.send(BlocksAudited{});
    io.poll();
    return true;
  };
  CHECK(look_at(std::chrono::milliseconds(0)));
  CHECK_FALSE(look_at(std::chrono::milliseconds(1000)));
  CHECK(look_at(std::chrono::milliseconds(1001)));
  CHECK_FALSE(look_at(std::chrono::milliseconds(1500)));
  CHECK(num_answers == 4);
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
