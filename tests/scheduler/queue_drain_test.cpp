#include "src/scheduler/queue_drain.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

TEST_CASE("no rate is known before somebody had to wait") {
  QueueDrain drain;
  TimePoint now{};
  CHECK_FALSE(drain.time_for(10));
  for (int i = 0; i < 10; ++i) drain.observe(50, false, now += 1s);  // Nobody waits.
  CHECK_FALSE(drain.time_for(10));
  drain.observe(0, true, now += 1s);
  CHECK_FALSE(drain.time_for(10));
  drain.observe(20, true, now += 4s);
  CHECK(drain.time_for(10) == 2s);
}

TEST_CASE("the rate is that of the tokens that leave, however they are bundled") {
  QueueDrain even;
  QueueDrain bundled;
  TimePoint now{};
  even.observe(0, true, now);
  bundled.observe(0, true, now);
  for (int i = 1; i <= 200; ++i) {
    now += 1s;
    even.observe(10, true, now);
    bundled.observe(i % 10 == 0 ? 100 : 0, true, now);
  }
  for (const QueueDrain& drain : {even, bundled})
    CHECK(std::chrono::round<std::chrono::microseconds>(*drain.time_for(100)) == 10s);
}

TEST_CASE("a queue that ran empty has not stood still") {
  QueueDrain drain;
  TimePoint now{};
  drain.observe(0, true, now);
  drain.observe(10, false, now += 1s);
  drain.observe(0, false, now += 1h);
  drain.observe(0, true, now += 1s);
  drain.observe(10, true, now += 1s);
  CHECK(drain.time_for(10) == 1s);
}

TEST_CASE("a rate that changes is learnt anew") {
  QueueDrain drain;
  TimePoint now{};
  drain.observe(0, true, now);
  for (int i = 0; i < 50; ++i) drain.observe(10, true, now += 1s);
  for (int i = 0; i < 50; ++i) drain.observe(10, true, now += 10s);
  const auto seconds = std::chrono::duration<double>(*drain.time_for(10)).count();
  CHECK(seconds > 9.5);
  CHECK(seconds <= 10.0);
}
