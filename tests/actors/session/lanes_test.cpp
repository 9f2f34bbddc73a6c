#include "actors/session/lanes.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Work {
  std::string lane;
  int number = 0;
};

}  // namespace

TEST_CASE("one lane runs one work at a time, in order") {
  Lanes<Work> lanes;
  for (int i = 0; i < 3; ++i) REQUIRE(lanes.enqueue("", {"", i}).has_value());
  for (int i = 0; i < 3; ++i) {
    const auto work = lanes.start_next();
    REQUIRE(work);
    CHECK(work->number == i);
    CHECK_FALSE(lanes.start_next());
    lanes.finish("");
  }
  CHECK_FALSE(lanes.start_next());
  CHECK((lanes.num_active() == 0 && lanes.num_queued() == 0));
}

TEST_CASE("a busy lane holds no other back") {
  Lanes<Work> lanes;
  REQUIRE(lanes.enqueue("a", {"a", 0}).has_value());
  REQUIRE(lanes.enqueue("a", {"a", 1}).has_value());
  REQUIRE(lanes.enqueue("b", {"b", 2}).has_value());
  CHECK(lanes.start_next()->number == 0);
  CHECK(lanes.start_next()->number == 2);
  CHECK_FALSE(lanes.start_next());
  lanes.finish("a");
  CHECK(lanes.start_next()->number == 1);
}

TEST_CASE("sixteen run at once, the seventeenth waits for a place") {
  Lanes<Work> lanes;
  for (int i = 0; i < 17; ++i) {
    const std::string lane = "lane-" + std::to_string(i);
    REQUIRE(lanes.enqueue(lane, {lane, i}).has_value());
  }
  for (int i = 0; i < 16; ++i) CHECK(lanes.start_next()->number == i);
  CHECK_FALSE(lanes.start_next());
  CHECK((lanes.num_active() == 16 && lanes.num_queued() == 1));
  lanes.finish("lane-9");
  CHECK(lanes.start_next()->number == 16);
}

TEST_CASE("the 33rd named lane is refused for good, the default lane never") {
  Lanes<Work> lanes;
  const auto run = [&](const std::string& lane) {
    const auto queued = lanes.enqueue(lane, {lane, 0});
    if (!queued) return queued.error().code;
    lanes.start_next();
    lanes.finish(lane);
    return Errc{};
  };
  for (int i = 0; i < 32; ++i) REQUIRE(run("lane-" + std::to_string(i)) == Errc{});
  CHECK(run("one-more") == Errc::kStreamLimitReached);
  CHECK(run("") == Errc{});
  CHECK(run("lane-0") == Errc{});
}

TEST_CASE("the 65th waiting work is refused, and refused lanes take no place") {
  Lanes<Work> lanes;
  for (int i = 0; i < 64; ++i) REQUIRE(lanes.enqueue("", {"", i}).has_value());
  CHECK(lanes.enqueue("", {"", 64}).error().code == Errc::kQueueFull);
  for (int i = 0; i < 40; ++i)
    CHECK(lanes.enqueue("lane-" + std::to_string(i), {}).error().code == Errc::kQueueFull);
  REQUIRE(lanes.start_next());
  CHECK(lanes.enqueue("fresh", {"fresh", 1}).has_value());
}

TEST_CASE("what waits on a lane can be seen, what runs cannot") {
  Lanes<Work> lanes;
  for (int i = 0; i < 3; ++i) REQUIRE(lanes.enqueue("a", {"a", i}).has_value());
  REQUIRE(lanes.enqueue("b", {"b", 9}).has_value());
  REQUIRE(lanes.start_next());
  std::vector<int> seen;
  CHECK(lanes.for_each_queued("a", [&](Work& work) { seen.push_back(work.number); }) == 2);
  CHECK(seen == std::vector<int>{1, 2});
  CHECK(lanes.for_each_queued("none", [](Work&) { FAIL("nothing waits there"); }) == 0);
}

TEST_CASE("a lane that has its share of the queue is full, and another is not") {
  Lanes<Work> lanes({16, 32, 10, 2});
  for (int i = 0; i < 2; ++i) REQUIRE(lanes.enqueue("a", {"a", i}).has_value());
  const auto refused = lanes.enqueue("a", {"a", 2});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kQueueFull);
  CHECK(lanes.enqueue("b", {"b", 0}).has_value());
  CHECK(lanes.start_next()->number == 0);
  CHECK(lanes.enqueue("a", {"a", 2}).has_value());
}
