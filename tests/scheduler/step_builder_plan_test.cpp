// What a plan gathers between two steps, and when there is a reason for a step at all.
#include <functional>

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

const TransferId kTransfer{StepId{1}, RequestId{1}, TransferDirection::kDemote};

}  // namespace

TEST_CASE("each thing that was decided between two plans is a reason for a step by itself") {
  const std::vector<std::function<void(StepBuilder&)>> decisions{
      [](StepBuilder& builder) { builder.finish_transfer(kTransfer); },
      [](StepBuilder& builder) { builder.fail(StepId{1}); },
      [](StepBuilder& builder) { builder.fork(SequenceId{1}, SequenceId{2}); },
      [](StepBuilder& builder) { builder.release(SequenceId{1}); },
  };
  for (const auto& decide : decisions) {
    Parts parts;
    CHECK_FALSE(parts.builder.has_decisions());
    CHECK(parts.builder.is_empty());
    decide(parts.builder);
    CHECK(parts.builder.has_decisions());
    CHECK_FALSE(parts.builder.is_empty());
    parts.take();
    CHECK_FALSE(parts.builder.has_decisions());
    CHECK(parts.builder.is_empty());
  }
}

TEST_CASE("tokens alone are no reason for a step, and wait for the next") {
  Parts parts;
  auto group = make_group(1, 4);
  parts.builder.expect_tokens(1);
  parts.builder.append(SequenceId{10}, 5);
  parts.builder.extend(*group);
  CHECK_FALSE(parts.builder.has_decisions());
  CHECK(parts.builder.is_empty());
  parts.builder.begin(kStart, 1);
  parts.builder.release(SequenceId{11});
  StepInFlight step;
  const StepPlan plan = parts.take(step);
  CHECK(plan.appended == std::vector{AppendedToken{SequenceId{10}, 5}});
  CHECK(step.extended == std::vector{RequestId{1}});
}

TEST_CASE("each line of a plan is a reason for a step by itself") {
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  const std::vector<std::function<void(StepBuilder&)>> lines{
      [&](StepBuilder& builder) { builder.schedule(sequence, 1); },
      [&](StepBuilder& builder) { builder.start(sequence, nullptr); },
      [&](StepBuilder& builder) { builder.preempt(sequence, PreemptionMode::kSwap); },
      [&](StepBuilder& builder) { builder.promote(sequence); },
      [&](StepBuilder& builder) { builder.demote_cached(1); },
  };
  for (const auto& write : lines) {
    SchedulerConfig config = small_config();
    config.num_host_blocks = 4;
    Parts parts(config);
    let_run(sequence, 0);
    write(parts.builder);
    CHECK_FALSE(parts.builder.is_empty());
    CHECK_FALSE(parts.builder.has_decisions());
    parts.take();
    CHECK(parts.builder.is_empty());
  }
}

TEST_CASE("a plan carries all that was decided before it, and the next one none of it") {
  Parts parts;
  parts.builder.finish_transfer(kTransfer);
  parts.builder.fail(StepId{7});
  parts.builder.fork(SequenceId{1}, SequenceId{2});
  parts.builder.release(SequenceId{3});
  const StepPlan plan = parts.take();
  CHECK(plan.transfers_finished == std::vector{kTransfer});
  CHECK(plan.failed == std::vector{StepId{7}});
  CHECK(plan.forks == std::vector{Fork{SequenceId{1}, SequenceId{2}}});
  CHECK(plan.released == std::vector{SequenceId{3}});
  const StepPlan next = parts.take();
  CHECK(next.transfers_finished.empty());
  CHECK(next.failed.empty());
  CHECK(next.forks.empty());
  CHECK(next.released.empty());
}

TEST_CASE("every plan begins with the whole budget and its own time") {
  Parts parts;
  auto group = make_group(1, 9);
  let_run(*group->sequences[0], 0);
  parts.builder.limit_prefill(4);
  CHECK(parts.builder.prefill_budget() == 4);
  CHECK(parts.builder.token_budget() == 10);
  parts.builder.schedule(*group->sequences[0], 3);
  CHECK(parts.builder.prefill_budget() == 1);
  StepInFlight step;
  parts.builder.take(step);
  CHECK(step.num_tokens == 3);
  const TimePoint later = kStart + std::chrono::seconds(3);
  parts.builder.begin(later, 0);
  CHECK(parts.builder.token_budget() == 10);
  CHECK(parts.builder.prefill_budget() == 10);
  CHECK(parts.builder.num_scheduled_tokens() == 0);
  CHECK(parts.builder.now() == later);
}

TEST_CASE("the promises of a plan go with it") {
  Parts parts;
  auto group = make_group(1, 9);
  let_run(*group->sequences[0], 0);
  parts.builder.schedule(*group->sequences[0], 9);
  parts.take();
  parts.take();
  parts.credits.receive({5, 0, 0});  // The first plan, and it took what it was promised.
  CHECK(parts.credits.num_free() == 5);
}
