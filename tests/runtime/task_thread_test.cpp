#include "src/runtime/task_thread.hpp"

#include <set>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("tasks are done one after the other in the order in which they were given") {
  std::vector<int> done;
  TaskThread thread;
  std::vector<std::future<void>> futures;
  for (int i = 0; i < 100; ++i) futures.push_back(thread.run([&done, i] { done.push_back(i); }));
  for (auto& each : futures) each.get();
  REQUIRE(done.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(done[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("every task runs on one thread, which is not the caller's") {
  std::set<std::thread::id> ids;
  TaskThread thread;
  for (int i = 0; i < 10; ++i) thread.run([&] { ids.insert(std::this_thread::get_id()); }).get();
  CHECK(ids.size() == 1);
  CHECK_FALSE(ids.contains(std::this_thread::get_id()));
  TaskThread other;
  other.run([&] { ids.insert(std::this_thread::get_id()); }).get();
  CHECK(ids.size() == 2);
}

TEST_CASE("a future is not ready before its task has been done") {
  TaskThread thread;
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  bool was_done = false;
  const auto done = thread.run([&] {
    open.wait();
    was_done = true;
  });
  CHECK(done.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  gate.set_value();
  done.wait();
  CHECK(was_done);
}

TEST_CASE("what is still to do at the end is done, and futures may have been dropped") {
  std::vector<int> done;
  {
    TaskThread thread;
    std::promise<void> gate;
    const std::shared_future<void> open = gate.get_future().share();
    thread.run([open] { open.wait(); });
    for (int i = 0; i < 10; ++i) thread.run([&done, i] { done.push_back(i); });
    CHECK(done.empty());
    gate.set_value();
  }
  CHECK(done.size() == 10);
}

TEST_CASE("a thread that was given nothing ends at once") {
  const TaskThread thread;
  SUCCEED();
}

TEST_CASE("a task may give the next one to another thread and wait for it") {
  TaskThread outer;
  TaskThread inner;
  int done = 0;
  outer.run([&] { inner.run([&] { done = 1; }).get(); }).get();
  CHECK(done == 1);
}

TEST_CASE("what a task throws reaches the one who waits for it, and the next task is done") {
  TaskThread thread;
  auto thrown = thread.run([] { throw std::runtime_error("no"); });
  bool was_done = false;
  thread.run([&] { was_done = true; }).get();
  CHECK(was_done);
  CHECK_THROWS_WITH(thrown.get(), "no");
}

TEST_CASE("a task's captures are gone when its future is ready to be asked for the next") {
  TaskThread thread;
  const auto held = std::make_shared<int>(1);
  thread.run([held] {}).get();
  thread.run([] {}).get();  // The first is destroyed before the second begins.
  CHECK(held.use_count() == 1);
}
