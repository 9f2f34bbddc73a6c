#include "src/replay/run/usage_clock.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

StepUsage usage(double tokens, double batched) {
  StepUsage usage;
  usage.memory = {tokens, 0, 0, 0, 100 - tokens};
  usage.batched = batched;
  return usage;
}

}  // namespace

TEST_CASE("means are weighted by time, over the window in which memory was the bound") {
  UsageClock clock(100);
  clock.elapse(5, usage(10, 1), false);
  clock.elapse(1, usage(80, 8), true);
  clock.elapse(2, usage(20, 2), false);
  clock.elapse(1, usage(80, 4), true);
  clock.elapse(9, usage(0, 0), false);
  Outcome outcome;
  clock.report(outcome);
  CHECK(outcome.was_bound);
  CHECK(outcome.window_start_s == 5);
  CHECK(outcome.window_end_s == 9);
  CHECK(outcome.memory.tokens == Approx((80 + 40 + 80) / 400.0));
  CHECK(outcome.memory.idle == Approx(1 - outcome.memory.tokens));
  CHECK(outcome.batched_mean == Approx((8 + 4 + 4) / 4.0));
  CHECK(outcome.seconds == 18);
}

TEST_CASE("a run in which memory was never the bound is averaged whole") {
  UsageClock clock(100);
  clock.elapse(1, usage(50, 2), false);
  clock.skip_to(4, usage(10, 0));
  Outcome outcome;
  clock.report(outcome);
  CHECK_FALSE(outcome.was_bound);
  CHECK(outcome.memory.tokens == Approx(0.2));
  CHECK(outcome.batched_mean == Approx(0.5));
}

TEST_CASE("the timeline keeps few pieces and loses nothing") {
  UsageClock clock(100);
  double batched_seconds = 0;
  for (int i = 0; i < 5000; ++i) {
    const double seconds = 0.001 + 0.01 * (i % 7);
    clock.elapse(seconds, usage(i % 100, i % 13), false);
    batched_seconds += seconds * (i % 13);
  }
  Outcome outcome;
  clock.report(outcome);
  CHECK(outcome.timeline.size() > 200);
  CHECK(outcome.timeline.size() <= 720);
  double seconds = 0, seen = 0;
  for (const TimelinePoint& point : outcome.timeline) {
    CHECK(point.start_s == Approx(seconds).epsilon(1e-6).margin(1e-6));
    seconds += point.length_s;
    seen += point.length_s * point.batched;
    CHECK(point.memory.tokens + point.memory.idle == Approx(1.0));
  }
  CHECK(seconds == Approx(clock.now_s()));
  CHECK(seen == Approx(batched_seconds));
}

TEST_CASE("a step that takes no time is no window in which memory was the bound") {
  UsageClock clock(100);
  clock.elapse(1, usage(50, 2), false);
  clock.elapse(0, usage(0, 0), true);
  Outcome outcome;
  clock.report(outcome);
  CHECK_FALSE(outcome.was_bound);
  CHECK(outcome.batched_mean == Approx(2));
}
