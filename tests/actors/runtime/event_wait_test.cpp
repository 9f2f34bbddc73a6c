#include "actors/runtime/event_wait.hpp"

#include <boost/asio/io_context.hpp>
#include <future>
#include <vector>

#include "actors/runtime/supervisor.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// Awaits each event in turn, and notes what has happened.
asio::awaitable<void> follow(EventWait* wait, std::vector<std::shared_future<int>> events,
                             std::vector<int>* heard) {
  for (const auto& event : events) {
    std::function<void()> blocking = [event] { event.wait(); };
    co_await wait->until(std::move(blocking));
    heard->push_back(event.get());
  }
}

struct Fixture {
  asio::io_context context{1};
  std::vector<std::promise<int>> promises{2};
  std::vector<int> heard;
  Supervisor supervisor{[](const ActorExited& exited) { REQUIRE_FALSE(exited.error); }};

  void start(EventWait& wait) {
    std::vector<std::shared_future<int>> events;
    for (auto& promise : promises) events.push_back(promise.get_future().share());
    supervisor.spawn(context.get_executor(), "follower", follow(&wait, std::move(events), &heard));
  }
};

}  // namespace

TEST_CASE("while an event is awaited its executor does other work") {
  Fixture f;
  EventWait wait(f.context.get_executor());
  f.start(wait);
  int num_others = 0;
  asio::post(f.context, [&] {
    ++num_others;
    f.promises[0].set_value(7);
  });
  while (f.heard.empty()) f.context.run_one();
  CHECK(num_others == 1);
  f.promises[1].set_value(8);
  f.context.run();
  CHECK(f.heard == std::vector<int>{7, 8});
  CHECK(f.supervisor.num_running() == 0);
}

TEST_CASE("an event that happened before it was awaited is heard as well") {
  Fixture f;
  EventWait wait(f.context.get_executor());
  for (int i = 0; i < 2; ++i) f.promises[static_cast<std::size_t>(i)].set_value(i);
  f.start(wait);
  f.context.run();
  CHECK(f.heard == std::vector<int>{0, 1});
}
