#include "src/access/minute_window.hpp"
#include "src/access/rate_bucket.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

TEST_CASE("a bucket gives what a second brings, and no more after a long rest") {
  RateBucket bucket(10);
  TimePoint now{};
  for (int i = 0; i < 10; ++i) REQUIRE(bucket.take(now));
  CHECK_FALSE(bucket.take(now));
  now += 100ms;
  CHECK(bucket.take(now));
  CHECK_FALSE(bucket.take(now));
  now += 1h;
  CHECK(bucket.is_full(now));
  for (int i = 0; i < 10; ++i) REQUIRE(bucket.take(now));
  CHECK_FALSE(bucket.take(now));
  RateBucket open(0);
  for (int i = 0; i < 1000; ++i) REQUIRE(open.take(now));
}

TEST_CASE("no minute has more than the limit, whenever it begins") {
  MinuteWindow window;
  constexpr std::int64_t kLimit = 6;
  std::vector<TimePoint> taken;
  for (TimePoint now{}; now < TimePoint{} + 5min; now += 37ms) {
    if (window.time_until(1, kLimit, now) > 0ns) continue;
    window.add(1, now);
    taken.push_back(now);
  }
  CHECK(taken.size() >= 28);
  for (std::size_t i = kLimit; i < taken.size(); ++i) REQUIRE(taken[i] - taken[i - kLimit] >= 60s);
}

TEST_CASE("whoever waits as long as he is told finds room, and not much earlier") {
  MinuteWindow window;
  TimePoint now{};
  window.add(700, now);
  now += 10s;
  window.add(300, now);
  CHECK(window.sum(now) == 1000);
  const auto small = window.time_until(500, 1000, now);
  const auto large = window.time_until(1000, 1000, now);
  CHECK(small >= 50s);
  CHECK(small <= 50s + MinuteWindow::kGrain);
  CHECK(large >= 60s);
  CHECK(large <= 60s + MinuteWindow::kGrain);
  CHECK(window.time_until(500, 1000, now + small - 200ms) > 0ns);
  CHECK(window.time_until(500, 1000, now + small) == 0ns);
  CHECK(window.time_until(1000, 1000, now + large) == 0ns);
  CHECK(window.sum(now + 2min) == 0);
}
