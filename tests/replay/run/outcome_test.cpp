#include "src/replay/run/outcome.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("an outcome without a label goes by its allocator's name") {
  const KvAllocator allocator = GENERATE(KvAllocator::kPaged, KvAllocator::kOrcaMax,
                                         KvAllocator::kOrcaPow2, KvAllocator::kOrcaOracle);
  Outcome outcome;
  outcome.allocator = allocator;
  CHECK(name_of(outcome) == name_of(allocator));
  outcome.label = "recorded";
  CHECK(name_of(outcome) == "recorded");
}

TEST_CASE("an outcome is of the paged allocator, and of nothing, until it is told more") {
  const Outcome outcome;
  CHECK(name_of(outcome) == "paged");
  CHECK_FALSE(outcome.was_bound);
  CHECK(outcome.num_requests + outcome.num_rejected + outcome.num_steps == 0);
  CHECK(outcome.num_preempted_by_swap + outcome.num_preempted_by_recompute == 0);
  CHECK(outcome.saved_fraction == 0);
  CHECK(outcome.timeline.empty());
  CHECK(outcome.pool.blocks.empty());
}

TEST_CASE("a block of a picture is nobody's until somebody holds it") {
  const MemoryAccount::BlockPicture block;
  CHECK(block.request == -1);
  CHECK(block.num_tokens == 0);
  CHECK(block.num_later == 0);
  CHECK_FALSE(block.is_shared);
}
