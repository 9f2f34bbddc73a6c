#include "src/replay/run/run_account.hpp"

#include "tests/replay/run/account_steps.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::four_requests;
using octavo::testing::Step;
using octavo::testing::ten_blocks;

TEST_CASE("a run of nothing has no figures, and all of its memory is free") {
  const Trace trace = four_requests();
  const RunAccount account(trace, ten_blocks());
  const Outcome outcome = account.report();
  CHECK(outcome.allocator == KvAllocator::kPaged);
  CHECK(outcome.seconds == 0);
  CHECK(outcome.num_requests + outcome.num_rejected + outcome.num_steps == 0);
  CHECK(outcome.normalized_latency_s_mean == 0);
  CHECK(outcome.normalized_latency_s_p99 == 0);
  CHECK(outcome.prefix_hit_fraction == 0);
  CHECK(outcome.memory.idle == 1);
  CHECK(outcome.pool.blocks.empty());
}

TEST_CASE("memory is split by a request's true length, whose last token is not stored") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  // 5 of 6 + 2 - 1 tokens, in two blocks of 4.
  account.run(Step(1).start(1, 7).compute(1, 0, 5, {3, 8}));
  account.elapse(2, 0);
  const Outcome outcome = account.report();
  CHECK(outcome.memory.tokens == Approx(5 / 40.0));
  CHECK(outcome.memory.reserved == Approx(2 / 40.0));
  CHECK(outcome.memory.internal == Approx(1 / 40.0));
  CHECK(outcome.memory.idle == Approx(32 / 40.0));
  CHECK(outcome.seconds == 2);
  CHECK(outcome.num_steps == 1);
}

TEST_CASE("a contiguous allocator holds the reservation that the sequence starts with") {
  const Trace trace = four_requests();
  SchedulerConfig engine = ten_blocks();
  engine.kv_allocator = KvAllocator::kOrcaMax;
  RunAccount account(trace, engine);
  account.submitted(RequestId{7}, 0);
  Step step(1);
  step.start(1, 7).compute(1, 0, 5, {2, 3});
  step.batch.starts[0].reservation = BlockRange{BlockId{2}, 5};
  account.run(step);
  account.elapse(1, 0);
  account.take_picture();
  const Outcome outcome = account.report();
  CHECK(outcome.allocator == KvAllocator::kOrcaMax);
  CHECK(outcome.memory.tokens == Approx(5 / 40.0));
  CHECK(outcome.memory.reserved == Approx(2 / 40.0));
  CHECK(outcome.memory.internal == Approx(13 / 40.0));
  CHECK(outcome.memory.external == Approx(20 / 40.0));
  CHECK(outcome.pool.blocks[1].request == -1);
  CHECK(outcome.pool.blocks[2].request == 0);
  CHECK(outcome.pool.blocks[6].request == 0);
  CHECK(outcome.pool.blocks[7].request == -1);
}

TEST_CASE("a request is batched once, however many of its sequences are") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.submitted(RequestId{8}, 1);
  account.run(Step(1)
                  .start(1, 7)
                  .start(2, 7)
                  .start(3, 8)
                  .compute(1, 0, 4, {0})
                  .compute(3, 0, 4, {1})
                  .compute(2, 0, 4, {2}));
  account.elapse(1, 0);
  account.run(Step(2).compute(2, 4, 1, {2, 3}));
  account.elapse(3, 0);
  const Outcome outcome = account.report();
  CHECK(outcome.batched_peak == 2);
  CHECK(outcome.batched_mean == Approx((2 * 1 + 1 * 3) / 4.0));
  CHECK(outcome.num_steps == 2);
}

TEST_CASE("what is released or preempted leaves the memory, and preemptions count by mode") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  for (std::size_t i = 0; i < 4; ++i) account.submitted(RequestId{i + 1}, i);
  account.run(Step(1)
                  .start(1, 1)
                  .start(2, 2)
                  .start(3, 3)
                  .start(4, 4)
                  .compute(1, 0, 4, {0})
                  .compute(2, 0, 4, {1})
                  .compute(3, 0, 4, {2})
                  .compute(4, 0, 4, {3}));
  account.leave({SequenceId{1}}, {{SequenceId{2}, PreemptionMode::kSwap},
                                  {SequenceId{3}, PreemptionMode::kRecompute},
                                  {SequenceId{4}, PreemptionMode::kRecompute}});
  account.elapse(1, 0);
  const Outcome outcome = account.report();
  CHECK(outcome.memory.idle == 1);
  CHECK(outcome.num_preempted_by_swap == 1);
  CHECK(outcome.num_preempted_by_recompute == 2);
}

TEST_CASE("a sequence that was moved out enters again when it is computed again") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.run(Step(1).start(1, 7).compute(1, 0, 5, {0, 1}));
  account.leave({}, {{SequenceId{1}, PreemptionMode::kSwap}});
  account.run(Step(2).compute(1, 5, 1, {4, 5}));
  account.elapse(1, 0);
  CHECK(account.report().memory.tokens == Approx(6 / 40.0));
}

TEST_CASE("a sequence whose start was in a failed step holds nothing") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.run(Step(1).fork(5, 6).compute(1, 5, 1, {4, 5}).compute(6, 5, 1, {4, 5}));
  account.elapse(1, 0);
  CHECK(account.report().memory.idle == 1);
  CHECK(account.report().batched_peak == 0);
}

TEST_CASE("shared blocks are saved blocks, of those that all tables have") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.run(Step(1).start(1, 7).compute(1, 0, 6, {0, 1}));
  account.elapse(1, 0);
  account.run(Step(2).fork(1, 2).compute(1, 6, 1, {0, 1}).compute(2, 6, 1, {0, 2}));
  account.elapse(1, 0);
  // Two tables of two blocks after the second step, which share the first block.
  const Outcome outcome = account.report();
  CHECK(outcome.saved_fraction == Approx(1 / 6.0));
  // Slots without a token: 2 of one sequence's 8, then 1 + 1 of two sequences' 12.
  CHECK(outcome.waste_blocks_per_sequence == Approx((0.5 + 0.25) / 2));
}
