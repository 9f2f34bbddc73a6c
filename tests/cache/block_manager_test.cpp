#include "src/cache/block_manager.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr SequenceId kA{1};
constexpr SequenceId kB{2};

StepPlan start_and_schedule(SequenceId id, std::int32_t num_tokens) {
  StepPlan plan;
  plan.starts.push_back({.id = id,
                         .request = RequestId{id.value},
                         .tokens = std::vector<TokenId>(static_cast<std::size_t>(num_tokens), 7),
                         .num_prompt_tokens = num_tokens,
                         .sampling = {}});
  plan.scheduled.push_back({id, 0, num_tokens, true});
  return plan;
}

StepPlan schedule(SequenceId id, std::int32_t first, std::int32_t num_tokens) {
  StepPlan plan;
  plan.scheduled.push_back({id, first, num_tokens, true});
  return plan;
}

/// Distinct tokens, so that every block has a content of its own.
StepPlan start_distinct(SequenceId id, std::int32_t num_tokens, TokenId first = 0) {
  StepPlan plan = start_and_schedule(id, num_tokens);
  for (std::int32_t i = 0; i < num_tokens; ++i)
    plan.starts[0].tokens[static_cast<std::size_t>(i)] = first + i;
  return plan;
}

StepPlan numbered(std::uint64_t step, StepPlan plan = {}) {
  plan.id = StepId{step};
  return plan;
}

StepPlan release(SequenceId id) {
  StepPlan plan;
  plan.released.push_back(id);
  return plan;
}

/// Steps 1 to 5: a prompt of two full blocks was computed, is cached, and lies on the host alone,
/// since another has taken the whole device of three blocks and has left.
void move_to_host(BlockManager& manager) {
  manager.reserve(numbered(1, start_distinct(kA, 9)));
  manager.reserve(numbered(2, release(kA)));
  StepPlan demotion = numbered(3);
  demotion.num_demotions = 2;
  const StepBatch demoted = manager.reserve(std::move(demotion));
  REQUIRE(demoted.demotions.size() == 1);
  CHECK(demoted.demotions[0].copies.size() == 2);
  StepPlan next = numbered(4, start_distinct(kB, 12, 100));
  next.transfers_finished.push_back(demoted.demotions[0].id);
  manager.reserve(std::move(next));
  manager.reserve(numbered(5, release(kB)));
}

}  // namespace

TEST_CASE("a prompt gets just the blocks it fills, and a decode a new one at the border") {
  BlockManager manager({.num_blocks = 8, .block_size = 4});
  StepBatch batch = manager.reserve(start_and_schedule(kA, 7));
  CHECK(batch.block_tables == std::vector{BlockId{0}, BlockId{1}});
  CHECK(batch.cu_blocks == std::vector{0, 2});
  CHECK(batch.receipt.credits.num_free == 6);
  CHECK(manager.reserve(schedule(kA, 7, 1)).receipt.credits.num_free == 6);
  CHECK(manager.reserve(schedule(kA, 8, 1)).receipt.credits.num_free == 5);
  CHECK(manager.num_tokens_held() == 9);
  CHECK(manager.is_consistent());
}

TEST_CASE("released and preempted sequences give every block back before the others take theirs") {
  BlockManager manager({.num_blocks = 2, .block_size = 4});
  manager.reserve(start_and_schedule(kA, 8));
  StepPlan plan = start_and_schedule(kB, 8);
  plan.preempted.push_back({kA, PreemptionMode::kRecompute});
  StepBatch batch = manager.reserve(std::move(plan));
  CHECK(batch.released == std::vector{kA});
  CHECK(batch.receipt.credits.num_free == 0);
  StepPlan release;
  release.released.push_back(kB);
  CHECK(manager.reserve(std::move(release)).receipt.credits.num_free == 2);
  CHECK(manager.is_consistent());
}

TEST_CASE("a release of a sequence that never started changes nothing") {
  BlockManager manager({.num_blocks = 2, .block_size = 4});
  StepPlan plan;
  plan.released.push_back(kA);
  CHECK(manager.reserve(std::move(plan)).receipt.credits.num_free == 2);
}

TEST_CASE("a fork shares its blocks and the first write to the shared tail copies it") {
  BlockManager manager({.num_blocks = 8, .block_size = 4});
  manager.reserve(start_and_schedule(kA, 6));
  StepPlan plan;
  plan.forks.push_back({kA, kB});
  plan.scheduled.push_back({kA, 6, 1, true});
  plan.scheduled.push_back({kB, 6, 1, true});
  StepBatch batch = manager.reserve(std::move(plan));
  CHECK(batch.block_tables == std::vector{BlockId{0}, BlockId{2}, BlockId{0}, BlockId{1}});
  CHECK(batch.copies == std::vector{BlockCopy{BlockId{1}, BlockId{2}}});
  CHECK(batch.receipt.credits.num_free == 5);
  CHECK(manager.is_consistent());
}

TEST_CASE("at most one block of a sequence is partly empty") {
  BlockManager manager({.num_blocks = 64, .block_size = 16});
  manager.reserve(start_and_schedule(kA, 1));
  for (std::int32_t position = 1; position < 100; ++position) {
    manager.reserve(schedule(kA, position, 1));
    const std::int32_t owned = manager.num_blocks() - manager.num_free();
    CHECK(std::int64_t{owned} * 16 - manager.num_tokens_held() < 16);
  }
}

TEST_CASE("of what is cached the oldest goes first, and the tail of a prompt before its head") {
  BlockManager manager({.num_blocks = 4, .block_size = 4});
  manager.reserve(start_distinct(kA, 13));  // Three full blocks and one token.
  manager.reserve(release(kA));
  CHECK(manager.credits().num_cached == 3);
  manager.reserve(start_distinct(kB, 8, 100));  // One block is free, one must be evicted.
  manager.reserve(release(kB));
  const StepBatch batch = manager.reserve(start_distinct(kA, 13));
  CHECK(batch.receipt.started.at(0).num_cached_tokens == 8);
  CHECK(manager.totals().num_hit_tokens == 8);
  CHECK(manager.totals().num_queried_tokens == 13 + 8 + 13);
  CHECK(manager.is_consistent());
}

TEST_CASE("a cached block that was moved to the host is brought back for the next prompt like it") {
  BlockManager manager({.num_blocks = 3, .num_host_blocks = 3, .block_size = 4});
  move_to_host(manager);
  const StepBatch batch = manager.reserve(numbered(6, start_distinct(kA, 9)));
  CHECK(batch.receipt.started.at(0).num_cached_tokens == 8);
  CHECK(batch.receipt.started.at(0).promotes);
  CHECK(batch.promotions.at(0).copies.size() == 2);
  CHECK(batch.scheduled.empty());  // Nothing reads the blocks before they are there.
  CHECK(manager.is_consistent());
}

TEST_CASE("a block that is being copied out is not used again before the copy has ended") {
  BlockManager manager({.num_blocks = 3, .num_host_blocks = 3, .block_size = 4});
  manager.reserve(numbered(1, start_distinct(kA, 8)));
  StepPlan swap = numbered(2);
  swap.preempted.push_back({kA, PreemptionMode::kSwap});
  const StepBatch swapped = manager.reserve(std::move(swap));
  REQUIRE(swapped.demotions.size() == 1);
  CHECK(swapped.receipt.credits.num_free == 1);
  CHECK(manager.audit().device.num_in_transfer == 2);
  StepPlan end = numbered(3);
  end.transfers_finished.push_back(swapped.demotions[0].id);
  CHECK(manager.reserve(std::move(end)).receipt.credits.num_free == 3);
  CHECK(manager.audit().host.num_owned == 2);
  CHECK(manager.is_consistent());
}

TEST_CASE("prompts of different namespaces share nothing") {
  BlockManager manager({.num_blocks = 8, .block_size = 4});
  manager.reserve(start_distinct(kA, 9));
  StepPlan other = start_distinct(kB, 9);
  other.starts[0].cache_namespace = 5;
  CHECK(manager.reserve(std::move(other)).receipt.started.at(0).num_cached_tokens == 0);
}

TEST_CASE("nothing is found in a block before the copy into it has ended") {
  BlockManager manager({.num_blocks = 4, .num_host_blocks = 4, .block_size = 4});
  manager.reserve(numbered(1, start_distinct(kA, 3)));
  manager.reserve(numbered(2, schedule(kA, 3, 1)));  // Planned before its token was known.
  StepPlan swap = numbered(3);
  swap.preempted.push_back({kA, PreemptionMode::kSwap});
  const StepBatch swapped = manager.reserve(std::move(swap));
  StepPlan back = numbered(4);
  back.transfers_finished.push_back(swapped.demotions.at(0).id);
  back.appended.push_back({kA, 3});  // Now the block is full and known, and lies on the host.
  back.promotions.push_back(kA);
  manager.reserve(std::move(back));
  manager.reserve(numbered(5, release(kA)));  // While it is still on its way.
  const StepBatch batch = manager.reserve(numbered(6, start_distinct(kB, 5)));
  CHECK(batch.receipt.started.at(0).num_cached_tokens == 0);
  CHECK(manager.is_consistent());
}

TEST_CASE("a demotion into a host pool that is full moves nothing") {
  BlockManager manager({.num_blocks = 4, .num_host_blocks = 1, .block_size = 4});
  manager.reserve(numbered(1, start_distinct(kA, 4)));
  StepPlan swap = numbered(2);
  swap.preempted.push_back({kA, PreemptionMode::kSwap});
  const StepBatch swapped = manager.reserve(std::move(swap));
  StepPlan next = numbered(3, start_distinct(kB, 9, 100));
  next.transfers_finished.push_back(swapped.demotions.at(0).id);
  manager.reserve(std::move(next));
  StepPlan demotion = numbered(4, release(kB));
  demotion.num_demotions = 3;  // The first of them lies on the host already.
  const StepBatch batch = manager.reserve(std::move(demotion));
  CHECK(batch.demotions.at(0).copies.empty());
  CHECK(manager.is_consistent());
}

TEST_CASE("slots that a contiguous reservation has not used yet hold no token") {
  BlockManager manager({.num_blocks = 8, .block_size = 4, .enable_prefix_caching = false});
  StepPlan plan = start_distinct(kA, 6);
  plan.starts[0].reservation = BlockRange{BlockId{2}, 4};
  manager.reserve(numbered(1, std::move(plan)));
  CHECK(manager.num_tokens_held() == 6);
  CHECK(manager.audit().device.num_owned == 4);
  CHECK(manager.is_consistent());
}

TEST_CASE("a block that a failed step should have filled is not found afterwards") {
  BlockManager manager({.num_blocks = 8, .block_size = 4});
  manager.reserve(numbered(1, start_distinct(kA, 3)));
  manager.reserve(numbered(2, schedule(kA, 3, 1)));  // Fails, and the block is never full.
  StepPlan end = numbered(3);
  end.failed.push_back(StepId{2});
  end.appended.push_back({kA, 3});
  end.released.push_back(kA);
  manager.reserve(std::move(end));
  const StepBatch batch = manager.reserve(numbered(4, start_distinct(kB, 5)));
  CHECK(batch.receipt.started.at(0).num_cached_tokens == 0);
  CHECK(manager.is_consistent());
}

TEST_CASE("where there is no room for all of a prompt it takes no more free blocks than it may") {
  SECTION("of blocks that are cached") {
    BlockManager manager({.num_blocks = 8, .block_size = 4});
    manager.reserve(start_distinct(kA, 17));
    manager.reserve(release(kA));
    StepPlan limited = start_distinct(kB, 17);
    limited.scheduled[0].num_tokens = 12;
    limited.scheduled[0].samples = false;
    limited.starts[0].max_blocks = 3;
    const StepBatch batch = manager.reserve(std::move(limited));
    CHECK(batch.receipt.started.at(0).num_cached_tokens == 8);
    CHECK(batch.scheduled.at(0) == ScheduledSequence{kB, 8, 4, false});
    CHECK(batch.receipt.credits.num_free == 8 - 3);
    CHECK(manager.is_consistent());
  }
  SECTION("blocks that others hold cost nothing") {
    BlockManager manager({.num_blocks = 8, .block_size = 4});
    manager.reserve(start_distinct(kA, 17));
    StepPlan limited = start_distinct(kB, 17);
    limited.starts[0].max_blocks = 1;
    CHECK(manager.reserve(std::move(limited)).receipt.started.at(0).num_cached_tokens == 16);
  }
  SECTION("for what it computes") {
    BlockManager manager({.num_blocks = 8, .block_size = 4});
    StepPlan limited = start_distinct(kB, 17);
    limited.scheduled[0].num_tokens = 12;
    limited.scheduled[0].samples = false;
    limited.starts[0].max_blocks = 2;
    CHECK(manager.reserve(std::move(limited)).scheduled.at(0).num_tokens == 8);
  }
  SECTION("of blocks on the host, which need one on the device") {
    BlockManager manager({.num_blocks = 3, .num_host_blocks = 3, .block_size = 4});
    move_to_host(manager);
    StepPlan limited = numbered(6, start_distinct(kA, 9));
    limited.starts[0].max_blocks = 2;
    CHECK(manager.reserve(std::move(limited)).promotions.at(0).copies.size() == 1);
  }
}

TEST_CASE(
    "a prompt whose log-probabilities are asked for is computed, though its blocks are known") {
  BlockManager manager({.num_blocks = 8, .block_size = 4});
  manager.reserve(numbered(1, start_distinct(kA, 9)));
  StepPlan plan = numbered(2, start_distinct(kB, 9));
  plan.starts[0].sampling.num_prompt_logprobs = 0;
  const StepBatch batch = manager.reserve(std::move(plan));
  REQUIRE(batch.receipt.started.size() == 1);
  CHECK(batch.receipt.started[0].num_cached_tokens == 0);
  CHECK(batch.scheduled[0].first_position == 0);
}
