#include "actors/runtime/bell.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "actors/runtime/supervisor.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

asio::awaitable<void> count_rings(std::shared_ptr<Bell> bell, int* count, int until) {
  while (*count < until) {
    co_await bell->wait();
    ++*count;
  }
}

asio::awaitable<void> wait_briefly(Bell* bell, bool* has_ended) {
  co_await bell->wait_for(std::chrono::milliseconds(1));
  *has_ended = true;
}

}  // namespace

TEST_CASE("each ring wakes once whoever waits, and one that nobody waits for is lost") {
  asio::io_context io(1);
  auto bell = std::make_shared<Bell>(io.get_executor());
  int count = 0;
  Supervisor supervisor([](const ActorExited&) {});
  bell->ring();
  supervisor.spawn(io.get_executor(), "listener", count_rings(bell, &count, 2));
  io.poll();
  CHECK(count == 0);
  for (int rings = 1; rings <= 2; ++rings) {
    bell->ring();
    bell->ring();
    io.restart();
    io.poll();
    CHECK(count == rings);
  }
  CHECK(supervisor.num_running() == 0);
}

TEST_CASE("the time ends a wait that no ring has ended") {
  asio::io_context io(1);
  Bell bell(io.get_executor());
  bool has_ended = false;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", wait_briefly(&bell, &has_ended));
  io.run();
  CHECK(has_ended);
}
