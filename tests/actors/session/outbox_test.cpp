#include "actors/session/outbox.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "actors/runtime/supervisor.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// An outbox that is congested above 10 bytes and over its limit above 20.
struct Fixture {
  asio::io_context io{1};
  Outbox outbox{io.get_executor(), 10, 20};
};

asio::awaitable<void> count_rings(Outbox* outbox, int* count) {
  for (;;) {
    co_await outbox->bell().wait();
    if (outbox->is_abandoned()) co_return;
    ++*count;
  }
}

}  // namespace

TEST_CASE("frames leave an outbox in the order in which they came") {
  Fixture fixture;
  Outbox& outbox = fixture.outbox;
  CHECK(outbox.is_empty());
  CHECK_FALSE(outbox.pop());
  outbox.push("one");
  outbox.push("");
  outbox.push("two");
  CHECK_FALSE(outbox.is_empty());
  CHECK(outbox.pop() == "one");
  CHECK(outbox.pop() == "");
  CHECK(outbox.pop() == "two");
  CHECK(outbox.is_empty());
  CHECK_FALSE(outbox.pop());
}

TEST_CASE("an outbox is congested above its soft mark and over its limit above the hard one") {
  struct Case {
    std::size_t bytes;
    bool is_congested;
    bool is_over_limit;
  };
  const auto [bytes, is_congested, is_over_limit] =
      GENERATE(Case{0, false, false}, Case{10, false, false}, Case{11, true, false},
               Case{20, true, false}, Case{21, true, true});
  CAPTURE(bytes);
  Fixture fixture;
  fixture.outbox.push(std::string(bytes / 2, 'x'));
  fixture.outbox.push(std::string(bytes - bytes / 2, 'y'));
  CHECK(fixture.outbox.is_congested() == is_congested);
  CHECK(fixture.outbox.is_over_limit() == is_over_limit);
}

TEST_CASE("frames that were taken out count no more") {
  Fixture fixture;
  Outbox& outbox = fixture.outbox;
  outbox.push(std::string(15, 'x'));
  outbox.push(std::string(8, 'y'));
  CHECK(outbox.is_over_limit());
  outbox.pop();
  CHECK_FALSE(outbox.is_congested());
  outbox.push("123");
  CHECK(outbox.is_congested());
  outbox.pop();
  outbox.pop();
  CHECK_FALSE(outbox.is_congested());
}

TEST_CASE("the end of one response may lie above the limit until it is read") {
  Fixture fixture;
  Outbox& outbox = fixture.outbox;
  outbox.push(std::string(50, 'x'));
  outbox.excuse(40);
  outbox.excuse(30);  // The largest counts, not the sum.
  CHECK_FALSE(outbox.is_over_limit());
  outbox.push(std::string(10, 'y'));
  CHECK_FALSE(outbox.is_over_limit());
  outbox.push("z");
  CHECK(outbox.is_over_limit());
  outbox.pop();
  outbox.pop();
  outbox.push(std::string(21, 'x'));
  CHECK(outbox.is_over_limit());
}

TEST_CASE("what was queued before an outbox closes is still sent, what comes later is not") {
  Fixture fixture;
  Outbox& outbox = fixture.outbox;
  CHECK_FALSE(outbox.close_reason());
  outbox.push("last words");
  outbox.close({CloseCode::kGoingAway, "the server is going"});
  outbox.push("too late");
  CHECK(outbox.close_reason()->code == CloseCode::kGoingAway);
  CHECK(outbox.close_reason()->text == "the server is going");
  CHECK_FALSE(outbox.is_abandoned());
  CHECK(outbox.pop() == "last words");
  CHECK_FALSE(outbox.pop());
  CHECK_FALSE(outbox.is_congested());
}

TEST_CASE("the first reason for closing is the one that is told") {
  Fixture fixture;
  fixture.outbox.close({CloseCode::kTryAgainLater, "too slow"});
  fixture.outbox.close({CloseCode::kNormal, "done"});
  CHECK(fixture.outbox.close_reason()->code == CloseCode::kTryAgainLater);
  CHECK(fixture.outbox.close_reason()->text == "too slow");
}

TEST_CASE("an outbox that nobody reads any more holds nothing") {
  Fixture fixture;
  Outbox& outbox = fixture.outbox;
  outbox.push(std::string(100, 'x'));
  outbox.abandon();
  CHECK(outbox.is_abandoned());
  CHECK(outbox.is_empty());
  CHECK_FALSE(outbox.is_over_limit());
  CHECK_FALSE(outbox.close_reason());
}

TEST_CASE("the writer is woken by a frame, by the close and by the end") {
  Fixture fixture;
  int num_rings = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(fixture.io.get_executor(), "writer", count_rings(&fixture.outbox, &num_rings));
  const auto rings_after = [&](auto&& act) {
    fixture.io.restart();
    fixture.io.poll();
    act();
    fixture.io.restart();
    fixture.io.poll();
    return num_rings;
  };
  CHECK(rings_after([] {}) == 0);
  CHECK(rings_after([&] { fixture.outbox.push("x"); }) == 1);
  CHECK(rings_after([&] { fixture.outbox.pop(); }) == 1);
  CHECK(rings_after([&] { fixture.outbox.close({CloseCode::kNormal, "done"}); }) == 2);
  CHECK(rings_after([&] { fixture.outbox.push("dropped"); }) == 2);
  CHECK(supervisor.num_running() == 1);
  rings_after([&] { fixture.outbox.abandon(); });
  CHECK(supervisor.num_running() == 0);
}
