#include "src/scheduler/buddy_allocator.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

BlockRange range(std::int32_t first, std::int32_t num_blocks) {
  return {BlockId{first}, num_blocks};
}

}  // namespace

TEST_CASE("a chunk is halved until it fits, and the lowest address is taken first") {
  BuddyAllocator buddies(16);
  CHECK(buddies.allocate(4) == range(0, 4));
  CHECK(buddies.allocate(8) == range(8, 8));
  CHECK(buddies.allocate(1) == range(4, 1));
  CHECK(buddies.allocate(2) == range(6, 2));
  CHECK(buddies.allocate(1) == range(5, 1));
  CHECK(buddies.num_free() == 0);
  CHECK_FALSE(buddies.allocate(1).has_value());
  CHECK(buddies.is_consistent());
}

TEST_CASE("the smallest chunk that fits is taken, so that large ones stay whole") {
  BuddyAllocator buddies(16);
  const auto low = buddies.allocate(8);
  CHECK(buddies.allocate(2) == range(8, 2));
  buddies.release(*low);
  CHECK(buddies.allocate(2) == range(10, 2));
  CHECK(buddies.allocate(8) == range(0, 8));
}

TEST_CASE("the rest of a power of two is lost to others and comes back with the range") {
  BuddyAllocator buddies(16);
  const auto odd = buddies.allocate(5);
  REQUIRE(odd == range(0, 5));
  CHECK(buddies.num_free() == 8);
  CHECK(buddies.allocate(3) == range(8, 3));
  CHECK(buddies.num_free() == 4);
  buddies.release(*odd);
  CHECK(buddies.num_free() == 12);
  CHECK(buddies.is_consistent());
}

TEST_CASE("buddies that are both free become one chunk again") {
  BuddyAllocator buddies(8);
  std::vector<BlockRange> ranges;
  for (int i = 0; i < 8; ++i) ranges.push_back(*buddies.allocate(1));
  for (std::size_t i : {1U, 2U, 5U, 6U}) buddies.release(ranges[i]);
  CHECK(buddies.num_free() == 4);
  CHECK_FALSE(buddies.allocate(2).has_value());  // 1 and 2 are neighbours, but no buddies.
  buddies.release(ranges[0]);
  CHECK(buddies.allocate(2) == range(0, 2));
  for (std::size_t i : {3U, 4U, 7U}) buddies.release(ranges[i]);
  buddies.release(range(0, 2));
  CHECK(buddies.largest_free() == 8);
  CHECK(buddies.is_consistent());
}

TEST_CASE("a pool of any size is the fewest aligned powers of two") {
  BuddyAllocator buddies(983);
  CHECK(buddies.num_free() == 983);
  for (const std::int32_t first : {768, 512, 640, 0, 128, 256, 384})
    CHECK(buddies.allocate(128) == range(first, 128));
  CHECK_FALSE(buddies.allocate(128).has_value());
  CHECK(buddies.allocate(64) == range(896, 64));
  CHECK(buddies.allocate(16) == range(960, 16));
  CHECK(buddies.allocate(4) == range(976, 4));
  CHECK(buddies.allocate(2) == range(980, 2));
  CHECK(buddies.allocate(1) == range(982, 1));
  CHECK(buddies.num_free() == 0);
  CHECK(buddies.is_consistent());
}

TEST_CASE("more than the largest chunk takes the whole pool, when that is empty") {
  BuddyAllocator buddies(983);
  const auto small = buddies.allocate(1);
  CHECK_FALSE(buddies.allocate(513).has_value());
  buddies.release(*small);
  CHECK_FALSE(buddies.allocate(984).has_value());
  const auto all = buddies.allocate(513);
  REQUIRE(all == range(0, 513));
  CHECK(buddies.num_free() == 0);
  CHECK(buddies.largest_free() == 0);
  CHECK(buddies.is_consistent());
  buddies.release(*all);
  CHECK(buddies.num_free() == 983);
  CHECK(buddies.allocate(512) == range(0, 512));
  CHECK(buddies.is_consistent());
}

TEST_CASE("a pool without blocks gives none") {
  BuddyAllocator buddies(0);
  CHECK_FALSE(buddies.allocate(1).has_value());
  CHECK(buddies.is_consistent());
}

TEST_CASE("ranges never overlap and everything returns, whatever the order") {
  std::mt19937 random(7);
  for (const std::int32_t num_blocks : {1, 2, 3, 64, 100, 983, 1024}) {
    BuddyAllocator buddies(num_blocks);
    std::vector<BlockRange> held;
    std::vector<bool> used(static_cast<std::size_t>(num_blocks));
    const auto mark = [&](const BlockRange& each, bool value) {
      for (std::int32_t i = 0; i < each.num_blocks; ++i) {
        const auto block = static_cast<std::size_t>(each.first.value + i);
        REQUIRE(block < used.size());
        REQUIRE(used[block] != value);
        used[block] = value;
      }
    };
    for (int i = 0; i < 2000; ++i) {
      const auto size = static_cast<std::int32_t>(random() % 70 + 1);
      const bool fits = buddies.can_allocate(size);
      if (random() % 2 == 0) {
        const auto got = buddies.allocate(size);
        REQUIRE(got.has_value() == fits);
        if (got) {
          REQUIRE(got->num_blocks == size);
          mark(*got, true);
          held.push_back(*got);
        }
      } else if (!held.empty()) {
        std::swap(held[random() % held.size()], held.back());
        mark(held.back(), false);
        buddies.release(held.back());
        held.pop_back();
      }
      REQUIRE(buddies.is_consistent());
    }
    for (const BlockRange& each : held) buddies.release(each);
    CHECK(buddies.num_free() == num_blocks);
    CHECK(buddies.largest_free() == num_blocks);
    CHECK(buddies.is_consistent());
  }
}
