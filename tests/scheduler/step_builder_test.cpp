#include "src/scheduler/step_builder.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

TEST_CASE("steps are numbered from 1, in the plan and in what remembers it") {
  Parts parts;
  CHECK(parts.builder.id() == StepId{1});
  StepInFlight step;
  CHECK(parts.take(step).id == StepId{1});
  CHECK(step.id == StepId{1});
  CHECK(parts.take(step).id == StepId{2});
  CHECK(step.id == StepId{2});
}

TEST_CASE("a chunk takes blocks and budget, and samples only at the sequence's end") {
  Parts parts;
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  let_run(sequence, 0);
  CHECK_FALSE(parts.builder.schedule(sequence, 5));
  CHECK(parts.credits.num_free() == 6);
  CHECK(parts.builder.token_budget() == 5);
  CHECK(parts.builder.prefill_budget() == 5);
  CHECK(sequence.num_blocks == 2);
  CHECK(sequence.num_samples_in_flight == 0);
  CHECK(parts.builder.schedule(sequence, 4));
  CHECK(parts.credits.num_free() == 5);
  CHECK(sequence.num_planned_tokens == 9);
  CHECK(sequence.num_samples_in_flight == 1);
  CHECK(sequence.num_steps_in_flight == 2);
  CHECK(parts.builder.num_scheduled_tokens() == 9);
  CHECK(parts.builder.scheduled() == std::vector{ScheduledSequence{SequenceId{10}, 0, 5, false},
                                                 ScheduledSequence{SequenceId{10}, 5, 4, true}});
}

TEST_CASE("a token in flight is scheduled and samples as one that is known") {
  Parts parts;
  auto group = make_group(1, 4);
  Sequence& sequence = *group->sequences[0];
  let_run(sequence, 4);
  sequence.num_samples_in_flight = 1;
  CHECK(parts.builder.schedule(sequence, 1));
  CHECK(sequence.num_samples_in_flight == 2);
  CHECK(sequence.num_blocks == 2);
}

TEST_CASE("who writes into a shared block pays for the copy and shares it no more") {
  Parts parts;
  auto group = make_group(1, 6, 2);
  Sequence& first = *group->sequences[0];
  Sequence& second = *group->sequences[1];
  for (Sequence* each : {&first, &second}) {
    let_decode(*each);
  }
  first.tail.share_with(second.tail);
  parts.builder.schedule(first, 1);
  CHECK(parts.credits.num_free() == 7);
  CHECK(first.num_blocks == 2);  // The copy stands in the place of the shared one.
  CHECK(first.tail.block() == nullptr);
  parts.builder.schedule(second, 1);
  CHECK(parts.credits.num_free() == 7);
}

TEST_CASE("a twin enters with its leader's positions and blocks, and samples without computing") {
  Parts parts;
  auto group = make_group(1, 6, 2);
  Sequence& leader = *group->sequences[0];
  Sequence& twin = *group->sequences[1];
  let_run(leader, 0);
  group->cache_namespace = 3;
  parts.builder.schedule(leader, 6);
  parts.builder.start_twin(twin, leader, 0);
  CHECK(parts.credits.num_free() == 6);  // It takes none.
  CHECK(parts.builder.token_budget() == 4);
  CHECK(twin.status == SequenceStatus::kRunning);
  CHECK(twin.num_planned_tokens == 6);
  CHECK(twin.num_blocks == 2);
  CHECK(twin.num_samples_in_flight == 1);
  CHECK(twin.num_steps_in_flight == 1);
  CHECK(twin.tail.block() == leader.tail.block());
  CHECK(twin.tail.num_sharers() == 2);
  StepInFlight step;
  const StepPlan plan = parts.take(step);
  REQUIRE(plan.starts.size() == 1);
  CHECK(plan.starts[0].is_twin);
  CHECK(plan.starts[0].request == RequestId{1});
  CHECK(plan.starts[0].cache_namespace == 3);
  CHECK(plan.scheduled[1] == ScheduledSequence{SequenceId{11}, 6, 0, true, 0});
  CHECK(step.scheduled == std::vector<Sequence*>{&leader, &twin});
  CHECK(step.started.empty());  // Nothing has to be found out about a twin.
}

TEST_CASE("a sequence that is thrown away forgets what it had, one that is moved keeps it") {
  Parts parts;
  auto group = make_group(1, 6, 2);
  for (const auto& each : group->sequences) let_decode(*each);
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  Sequence& moved = *group->sequences[0];
  Sequence& thrown = *group->sequences[1];
  parts.builder.preempt(moved, PreemptionMode::kSwap);
  CHECK(moved.status == SequenceStatus::kRunning);
  CHECK(moved.num_blocks == 2);
  CHECK(moved.num_planned_tokens == 6);
  CHECK(moved.tail.is_shared());
  parts.builder.preempt(thrown, PreemptionMode::kRecompute);
  CHECK(thrown.status == SequenceStatus::kOutside);
  CHECK(thrown.num_blocks == 0);
  CHECK(thrown.num_planned_tokens == 0);
  CHECK_FALSE(moved.tail.is_shared());
  CHECK(parts.builder.preempts());
  CHECK(parts.take().preempted ==
        std::vector{Preemption{SequenceId{10}, PreemptionMode::kSwap},
                    Preemption{SequenceId{11}, PreemptionMode::kRecompute}});
  CHECK_FALSE(parts.builder.preempts());
}

TEST_CASE("a sequence that is promoted arrives, and is in the plan") {
  Parts parts;
  auto group = make_group(1, 6);
  let_run(*group->sequences[0], 6);
  parts.builder.promote(*group->sequences[0]);
  CHECK(group->sequences[0]->status == SequenceStatus::kArriving);
  CHECK(parts.take().promotions == std::vector{SequenceId{10}});
}

TEST_CASE("cached blocks leave by a transfer of nobody's that is named after the step") {
  SchedulerConfig config = small_config();
  config.num_host_blocks = 4;
  Parts parts(config);
  parts.take();
  parts.credits.receive({8, 5, 4});
  parts.builder.demote_cached(3);
  CHECK(parts.credits.num_free() == 5);
  CHECK(parts.credits.num_host_free() == 1);
  CHECK(parts.take().num_demotions == 3);
  CHECK(parts.credits.finish_transfer({StepId{2}, RequestId{}, TransferDirection::kDemote}));
}
