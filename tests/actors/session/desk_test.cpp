#include "actors/session/desk.hpp"

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// A desk whose threads work when the test lets them.
struct Works {
  asio::io_context home{1};
  asio::io_context workers{1};
  std::vector<std::string> done;

  std::function<void()> job(const std::string& name) {
    return [this, name] { done.push_back(name); };
  }
  /// One job of those that workers have been given.
  void work_once() {
    workers.restart();
    workers.poll_one();
    home.restart();
    home.poll();
  }
};

}  // namespace

TEST_CASE("who has one job is served after one of whoever has many") {
  Works works;
  Desk desk(works.home.get_executor(), works.workers.get_executor(), 1);
  for (const char* name : {"a1", "a2", "a3"}) desk.post(1, works.job(name));
  desk.post(2, works.job("b1"));
  desk.post(3, works.job("c1"));
  for (int i = 0; i < 5; ++i) works.work_once();
  CHECK(works.done == std::vector<std::string>{"a1", "b1", "c1", "a2", "a3"});
}

TEST_CASE("of two workers one owner gets one") {
  Works works;
  Desk desk(works.home.get_executor(), works.workers.get_executor(), 2);
  for (const char* name : {"a1", "a2", "a3"}) desk.post(1, works.job(name));
  CHECK(works.workers.poll() == 1);
  CHECK(works.done == std::vector<std::string>{"a1"});
  desk.post(2, works.job("b1"));
  for (int i = 0; i < 3; ++i) works.work_once();
  CHECK(works.done == std::vector<std::string>{"a1", "b1", "a2", "a3"});
}

TEST_CASE("a job may outlive the desk that it was given to") {
  Works works;
  {
    Desk desk(works.home.get_executor(), works.workers.get_executor(), 1);
    desk.post(1, works.job("a1"));
    desk.post(1, works.job("a2"));
  }
  for (int i = 0; i < 2; ++i) works.work_once();
  CHECK(works.done == std::vector<std::string>{"a1", "a2"});
}
