#include "actors/runtime/supervisor.hpp"

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

asio::awaitable<void> end_quietly() { co_return; }

asio::awaitable<void> fall_over() {
  throw std::runtime_error("out of ink");
  co_return;
}

}  // namespace

TEST_CASE("an actor's exception reaches the supervisor by name") {
  asio::io_context context(1);
  std::vector<ActorExited> exits;
  Supervisor supervisor([&](const ActorExited& exited) { exits.push_back(exited); });
  supervisor.spawn(context.get_executor(), "quiet", end_quietly());
  supervisor.spawn(context.get_executor(), "loud", fall_over());
  CHECK(supervisor.num_running() == 2);
  context.run();
  CHECK(supervisor.num_running() == 0);
  REQUIRE(exits.size() == 2);
  CHECK(exits[0].name == "quiet");
  CHECK(describe(exits[0].error) == "ended");
  CHECK(exits[1].name == "loud");
  CHECK(describe(exits[1].error) == "out of ink");
}
