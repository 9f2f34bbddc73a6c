#include "src/replay/run/memory_account.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr SequenceId kOne{1}, kTwo{2};

void check(const MemorySplit& split, double tokens, double reserved, double internal,
           double nobodys) {
  CHECK(split.tokens == tokens);
  CHECK(split.reserved == reserved);
  CHECK(split.internal == internal);
  CHECK(split.external + split.idle == nobodys);
}

std::vector<BlockId> blocks(std::initializer_list<std::int32_t> ids) {
  std::vector<BlockId> table;
  for (const std::int32_t id : ids) table.push_back(BlockId{id});
  return table;
}

void advance(MemoryAccount& account, SequenceId id, std::int32_t first, std::int32_t count,
             std::initializer_list<std::int32_t> ids) {
  ScheduledSequence scheduled;
  scheduled.id = id;
  scheduled.first_position = first;
  scheduled.num_tokens = count;
  const auto table = blocks(ids);
  account.advance(scheduled, table.data(), static_cast<std::int32_t>(table.size()));
}

}  // namespace

TEST_CASE("what nobody holds is idle in a paged pool, and external where memory is contiguous") {
  CHECK(MemoryAccount(10, 4, true).split().idle == 40);
  CHECK(MemoryAccount(10, 4, false).split().external == 40);
  check(MemoryAccount(10, 4, true).split(), 0, 0, 0, 40);
  check(MemoryAccount(10, 4, false).split(), 0, 0, 0, 40);
}

TEST_CASE("paged: the rest of the last block is reserved as far as the sequence will come") {
  MemoryAccount account(10, 4, true);
  account.enter(kOne, {0, 7, 0, -1});
  advance(account, kOne, 0, 5, {3, 8});
  check(account.split(), 5, 2, 1, 32);
  advance(account, kOne, 5, 1, {3, 8});
  check(account.split(), 6, 1, 1, 32);
  advance(account, kOne, 6, 1, {3, 8});
  check(account.split(), 7, 0, 1, 32);
  account.leave(kOne);
  check(account.split(), 0, 0, 0, 40);
}

TEST_CASE("paged: what will be written later counts only in blocks that are held") {
  MemoryAccount account(10, 4, true);
  account.enter(kOne, {0, 100, 0, -1});
  advance(account, kOne, 0, 5, {0, 1});
  check(account.split(), 5, 3, 0, 32);
}

TEST_CASE("contiguous: the reservation splits into written, to be written, and never written") {
  MemoryAccount account(16, 4, false);
  account.enter(kOne, {0, 9, 8, 0});
  advance(account, kOne, 0, 5, {0, 1});
  check(account.split(), 5, 4, 23, 32);
  account.enter(kTwo, {1, 6, 2, 8});
  advance(account, kTwo, 0, 6, {8, 9});
  check(account.split(), 11, 4, 25, 24);
  account.leave(kOne);
  check(account.split(), 6, 0, 2, 56);
}

TEST_CASE(
    "blocks from the prefix cache hold their tokens once, however many sequences share them") {
  MemoryAccount account(10, 4, true);
  account.enter(kOne, {0, 8, 0, -1});
  advance(account, kOne, 0, 8, {0, 1});
  account.enter(kTwo, {1, 12, 0, -1});
  advance(account, kTwo, 8, 2, {0, 1, 5});
  check(account.split(), 10, 2, 0, 28);
  CHECK(account.num_table_blocks() == 5);
  CHECK(account.num_distinct_blocks() == 3);
  account.leave(kOne);
  check(account.split(), 10, 2, 0, 28);
  account.leave(kTwo);
  check(account.split(), 0, 0, 0, 40);
}

TEST_CASE("a fork shares every block until one of the two writes") {
  MemoryAccount account(10, 4, true);
  account.enter(kOne, {0, 8, 0, -1});
  advance(account, kOne, 0, 6, {0, 1});
  account.fork(kOne, kTwo);
  check(account.split(), 6, 2, 0, 32);
  CHECK(account.num_table_blocks() == 4);
  CHECK(account.num_distinct_blocks() == 2);
  // The copy is written to; the other one goes on in the old block.
  advance(account, kTwo, 6, 1, {0, 7});
  CHECK(account.num_distinct_blocks() == 3);
  check(account.split(), 9, 3, 0, 28);
  advance(account, kOne, 6, 1, {0, 1});
  check(account.split(), 10, 2, 0, 28);
  account.leave(kOne);
  check(account.split(), 7, 1, 0, 32);
}

TEST_CASE("a sequence that comes back has a table of its own") {
  MemoryAccount account(10, 4, true);
  account.enter(kOne, {0, 8, 0, -1});
  advance(account, kOne, 0, 5, {0, 1});
  account.leave(kOne);
  account.leave(kOne);  // Once by preemption, once by its end: the second time it is not there.
  account.enter(kOne, {0, 8, 0, -1});
  advance(account, kOne, 0, 6, {9, 4});
  check(account.split(), 6, 2, 0, 32);
  CHECK(account.num_sequences() == 1);
}

TEST_CASE("the picture shows whose each block is and how far it is filled") {
  MemoryAccount account(6, 4, false);
  account.enter(kOne, {7, 9, 4, 1});
  advance(account, kOne, 0, 5, {1, 2});
  const auto picture = account.picture();
  REQUIRE(picture.size() == 6);
  CHECK(picture[0].request == -1);
  CHECK(picture[1].request == 7);
  CHECK(picture[1].num_tokens == 4);
  CHECK(picture[2].num_tokens == 1);
  CHECK(picture[2].num_later == 3);
  CHECK(picture[3].num_later == 1);
  CHECK(picture[4].request == 7);
  CHECK(picture[4].num_later == 0);
  CHECK(picture[5].request == -1);
}

TEST_CASE(
    "paged: what is promised to a prompt is reserved until it has it, as far as it is there") {
  MemoryAccount account(10, 4, true);
  SequenceFate fate{0, 23, 0, -1};
  fate.num_promised = 5;
  account.enter(kOne, fate);
  advance(account, kOne, 0, 8, {0, 1});
  check(account.split(), 8, 12, 0, 20);
  CHECK(account.split().idle == 20);
  advance(account, kOne, 8, 12, {0, 1, 2, 3, 4});
  check(account.split(), 20, 0, 0, 20);
  advance(account, kOne, 20, 1, {0, 1, 2, 3, 4, 5});
  check(account.split(), 21, 2, 1, 16);
  fate.num_promised = 9;
  account.enter(kTwo, fate);
  check(account.split(), 21, 18, 1, 0);
  account.leave(kTwo);
  check(account.split(), 21, 2, 1, 16);
  account.leave(kOne);
  CHECK(account.split().idle == 40);
}
