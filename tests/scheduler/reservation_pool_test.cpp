#include "src/scheduler/reservation_pool.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

SchedulerConfig pool_of(std::int32_t num_blocks, KvAllocator allocator = KvAllocator::kOrcaOracle) {
  SchedulerConfig config = small_config();
  config.num_blocks = num_blocks;
  config.kv_allocator = allocator;
  return config;
}

/// Prompts of five tokens and seven to come: three blocks for each sequence.
std::unique_ptr<SequenceGroup> group_of_threes(std::uint64_t id, std::int32_t num_sequences) {
  auto group = make_group(id, 5, num_sequences);
  for (const auto& each : group->sequences) each->sampling.max_tokens = 7;
  return group;
}

bool holds_any(const SequenceGroup& group) {
  return std::any_of(group.sequences.begin(), group.sequences.end(),
                     [](const auto& each) { return each->reservation.has_value(); });
}

}  // namespace

TEST_CASE("every sequence of a group gets a range of its own") {
  const SchedulerConfig config = pool_of(8);
  ReservationPool pool(config);
  auto group = group_of_threes(1, 2);
  REQUIRE(pool.reserve(*group, 8));
  CHECK(group->sequences[0]->reservation == BlockRange{BlockId{0}, 3});
  CHECK(group->sequences[1]->reservation == BlockRange{BlockId{4}, 3});
}

TEST_CASE("a reservation is as long as its allocator has it, and no longer than the cache") {
  struct Case {
    KvAllocator allocator;
    std::int32_t num_blocks;
  };
  const auto each = GENERATE(values<Case>({{KvAllocator::kOrcaMax, 8},
                                           {KvAllocator::kOrcaPow2, 4},  // 5 and 8 tokens.
                                           {KvAllocator::kOrcaOracle, 3}}));
  const SchedulerConfig config = pool_of(8, each.allocator);
  ReservationPool pool(config);
  auto group = group_of_threes(1, 1);
  REQUIRE(pool.reserve(*group, 8));
  CHECK(group->sequences[0]->reservation->num_blocks == each.num_blocks);
}

TEST_CASE("a group whose last sequence finds no place reserves nothing") {
  const SchedulerConfig config = pool_of(8);
  ReservationPool pool(config);
  auto first = group_of_threes(1, 1);
  auto two = group_of_threes(2, 2);
  auto third = group_of_threes(3, 1);
  REQUIRE(pool.reserve(*first, 8));
  CHECK_FALSE(pool.reserve(*two, 8));
  CHECK_FALSE(holds_any(*two));
  REQUIRE(pool.reserve(*third, 8));  // What the first of the two would have had.
  CHECK(third->sequences[0]->reservation == BlockRange{BlockId{4}, 3});
}

TEST_CASE("places that are free before their credits are back are not given away") {
  const SchedulerConfig config = pool_of(8);
  ReservationPool pool(config);
  auto group = group_of_threes(1, 2);
  CHECK_FALSE(pool.reserve(*group, 5));
  CHECK_FALSE(holds_any(*group));
  CHECK(pool.reserve(*group, 6));
}

TEST_CASE("a range that is released is there for the next, and is released once") {
  const SchedulerConfig config = pool_of(4);
  ReservationPool pool(config);
  auto first = group_of_threes(1, 1);
  auto second = group_of_threes(2, 1);
  REQUIRE(pool.reserve(*first, 4));
  CHECK_FALSE(pool.reserve(*second, 4));
  pool.release(*first->sequences[0]);
  CHECK_FALSE(holds_any(*first));
  REQUIRE(pool.reserve(*second, 4));
  pool.release(*first->sequences[0]);  // It has none any more: the second's place is left alone.
  CHECK_FALSE(pool.reserve(*first, 4));
}
