#include "src/scheduler/siblings.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

SchedulerConfig contiguous() {
  SchedulerConfig config = small_config();
  config.kv_allocator = KvAllocator::kOrcaOracle;
  return config;
}

/// The ids that the plan starts, in order.
std::vector<std::uint64_t> ids_of(const StepPlan& plan) {
  std::vector<std::uint64_t> ids;
  for (const SequenceStart& start : plan.starts) ids.push_back(start.id.value);
  return ids;
}

/// What the twins of a group are, whose first sequence reaches the end of its tokens now.
std::vector<std::uint64_t> twins_of(Parts& parts, SequenceGroup& group) {
  Siblings siblings(parts.config, parts.credits, parts.builder);
  Sequence& leader = *group.sequences[0];
  parts.builder.schedule(leader, leader.num_tokens() - leader.num_planned_tokens);
  siblings.start_twins(group);
  return ids_of(parts.take());
}

/// Whom start_missing() starts.
std::vector<std::uint64_t> started(Parts& parts, SequenceGroup& group) {
  Siblings siblings(parts.config, parts.credits, parts.builder);
  siblings.start_missing(group);
  return ids_of(parts.take());
}

}  // namespace

TEST_CASE("at the end of the prompt the other choices become twins of the first") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  let_run(*group->sequences[0], 8);
  parts.credits.promise(2);
  Siblings siblings(parts.config, parts.credits, parts.builder);
  CHECK(parts.builder.schedule(*group->sequences[0], 1));
  siblings.start_twins(*group);
  CHECK(group->num_shared_blocks == 2 * 3);
  CHECK(parts.credits.num_free() == 5);
  CHECK(group->sequences[0]->tail.num_sharers() == 3);
  const StepPlan plan = parts.take();
  CHECK(ids_of(plan) == std::vector<std::uint64_t>{11, 12});
  REQUIRE(plan.scheduled.size() == 3);
  CHECK(plan.scheduled[1].twin_of == 0);
  CHECK(plan.scheduled[2].twin_of == 0);
}

TEST_CASE("twins name their leader's place in the schedule") {
  Parts parts;
  auto other = make_group(1, 4);
  parts.run(*other);
  parts.builder.schedule(*other->sequences[0], 1);
  auto group = make_group(2, 5, 2);
  let_run(*group->sequences[0], 4);
  parts.builder.schedule(*group->sequences[0], 1);
  Siblings(parts.config, parts.credits, parts.builder).start_twins(*group);
  CHECK(parts.take().scheduled.at(2).twin_of == 1);
}

TEST_CASE("there are as many twins as seats") {
  Parts parts;
  auto group = make_group(1, 5, 3);
  group->max_num_seats = 2;
  let_run(*group->sequences[0], 4);
  CHECK(twins_of(parts, *group) == std::vector<std::uint64_t>{11});
}

TEST_CASE("no twin follows a leader that is past its prompt") {
  Parts parts;
  auto group = make_group(1, 5, 3);
  group->sequences[0]->tokens.resize(7, 3);
  let_run(*group->sequences[0], 4);
  CHECK(twins_of(parts, *group).empty());
}

TEST_CASE("who has tokens of its own or a step in flight is no twin") {
  Parts parts;
  auto group = make_group(1, 5, 4);
  let_run(*group->sequences[0], 4);
  group->sequences[1]->tokens.push_back(3);
  group->sequences[2]->num_steps_in_flight = 1;
  CHECK(twins_of(parts, *group) == std::vector<std::uint64_t>{13});
}

TEST_CASE("neither hypotheses nor sequences without shared blocks have twins") {
  Parts parts;
  auto beams = make_group(1, 5, 2);
  beams->sequences[0]->sampling.beam_width = 2;
  beams->beams =
      std::make_unique<BeamSearch>(beams->sequences[0]->sampling, std::vector<TokenId>{});
  let_run(*beams->sequences[0], 4);
  CHECK(twins_of(parts, *beams).empty());
  Parts apart(contiguous());
  auto group = make_group(1, 5, 2);
  let_run(*group->sequences[0], 4);
  CHECK(twins_of(apart, *group).empty());
}

TEST_CASE("one sequence begins for all, and the others wait while it computes the prompt") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{10});
  CHECK(started(parts, *group).empty());
  let_run(*group->sequences[0], 8);
  CHECK(started(parts, *group).empty());
  let_run(*group->sequences[0], 9);
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{11, 12});
}

TEST_CASE("who starts later shares the full blocks of the sibling that has the prompt") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  let_run(*group->sequences[1], 9);  // Any of them.
  Siblings(parts.config, parts.credits, parts.builder).start_missing(*group);
  CHECK(parts.credits.num_free() == 6);  // Each has taken one block of its three.
  const StepPlan plan = parts.take();
  REQUIRE(plan.starts.size() == 2);
  for (const SequenceStart& start : plan.starts) CHECK(start.sibling == SequenceId{11});
}

TEST_CASE("who starts later waits for its own blocks, down to the last") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  let_run(*group->sequences[0], 9);
  parts.credits.promise(7);
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{11});
  CHECK(started(parts, *group).empty());
}

TEST_CASE("who starts later waits for a seat and for a token of the budget") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  group->max_num_seats = 2;
  let_run(*group->sequences[0], 9);
  parts.builder.limit_prefill(0);
  CHECK(started(parts, *group).empty());
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{11});
  CHECK(started(parts, *group).empty());
}

TEST_CASE("who is still in a step that it was preempted from waits, and all behind it") {
  Parts parts;
  auto group = make_group(1, 9, 3);
  let_run(*group->sequences[0], 9);
  group->sequences[1]->num_steps_in_flight = 1;
  CHECK(started(parts, *group).empty());
}

TEST_CASE("sequences with reservations of their own start all at once, whatever is free") {
  Parts parts(contiguous());
  auto group = make_group(1, 4, 2);
  parts.credits.promise(4);
  for (std::int32_t i = 0; i < 2; ++i)
    group->sequences[static_cast<std::size_t>(i)]->reservation = BlockRange{BlockId{2 * i}, 2};
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{10, 11});
  CHECK(parts.credits.num_free() == 0);
}

TEST_CASE("one with a reservation starts while its sibling computes, once there is budget for it") {
  Parts parts(contiguous());
  auto group = make_group(1, 10, 2);  // The prompt of one is the budget of a step.
  for (std::int32_t i = 0; i < 2; ++i)
    group->sequences[static_cast<std::size_t>(i)]->reservation = BlockRange{BlockId{4 * i}, 4};
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{10});
  CHECK(started(parts, *group) == std::vector<std::uint64_t>{11});
}
