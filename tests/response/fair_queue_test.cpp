#include "src/response/fair_queue.hpp"

#include <map>
#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// Takes and finishes one work after the other; what was done, in order.
std::vector<int> done_in_order(FairQueue<int>& queue) {
  std::vector<int> order;
  while (auto taken = queue.take()) {
    order.push_back(taken->work);
    queue.done(taken->owner);
  }
  return order;
}

}  // namespace

TEST_CASE("owners take turns, each with its oldest work first") {
  FairQueue<int> queue;
  for (int i = 0; i < 4; ++i) queue.push(1, 10 + i);
  queue.push(2, 20);
  queue.push(3, 30);
  queue.push(2, 21);
  CHECK(queue.num_waiting() == 7);
  CHECK(done_in_order(queue) == std::vector{10, 20, 30, 11, 21, 12, 13});
  CHECK(queue.num_waiting() == 0);
}

TEST_CASE("who comes late is next after one turn of those that wait, whatever they have piled up") {
  FairQueue<int> queue;
  for (int i = 0; i < 100; ++i) queue.push(1, i);
  auto first = queue.take();
  queue.push(2, 1000);
  queue.done(first->owner);
  CHECK(queue.take()->work == 1000);
}

TEST_CASE("an owner whose work is being done waits, however many workers are free") {
  FairQueue<int> queue;
  queue.push(1, 10);
  queue.push(1, 11);
  queue.push(2, 20);
  const auto first = queue.take();
  const auto second = queue.take();
  REQUIRE((first && second));
  CHECK(first->work == 10);
  CHECK(second->work == 20);
  CHECK_FALSE(queue.take().has_value());
  queue.push(1, 12);
  CHECK_FALSE(queue.take().has_value());
  queue.done(2);
  CHECK_FALSE(queue.take().has_value());
  queue.done(1);
  CHECK(queue.take()->work == 11);
}

TEST_CASE("with work of random owners every one is done once, in its owner's order, in turns") {
  const auto seed = GENERATE(range(0U, 50U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  FairQueue<int> queue;
  std::map<std::uint64_t, int> pushed;
  std::map<std::uint64_t, int> taken;
  std::vector<std::uint64_t> served;
  for (int step = 0; step < 2000; ++step) {
    const auto choice = random() % 3;
    const std::uint64_t owner = random() % 5;
    if (choice == 0) {
      queue.push(owner, pushed[owner]++);
    } else if (choice == 1 && served.size() < 3) {
      auto work = queue.take();
      bool is_due = false;  // Somebody has work that waits and is not being served.
      for (const auto& [each, count] : pushed)
        is_due = is_due || (count > taken[each] &&
                            std::find(served.begin(), served.end(), each) == served.end());
      REQUIRE(work.has_value() == is_due);
      if (!work) continue;
      REQUIRE(work->work == taken[work->owner]++);
      served.push_back(work->owner);
    } else if (!served.empty()) {
      const auto at = served.begin() + static_cast<std::ptrdiff_t>(random() % served.size());
      queue.done(*at);
      served.erase(at);
    }
  }
  for (const auto each : served) queue.done(each);
  done_in_order(queue);
  CHECK(queue.num_waiting() == 0);
}
