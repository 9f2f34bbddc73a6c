// Who enters the batch, from the queue or after a preemption, and which cached blocks leave.
#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

/// The requests of the plan's starts, in order.
std::vector<std::uint64_t> entering(Parts& parts) {
  parts.planner.add_entering();
  std::vector<std::uint64_t> requests;
  for (const SequenceStart& start : parts.take().starts) requests.push_back(start.request.value);
  return requests;
}

SchedulerConfig with_host(std::int32_t num_blocks, std::int32_t num_host_blocks) {
  SchedulerConfig config = small_config();
  config.num_blocks = num_blocks;
  config.num_host_blocks = num_host_blocks;
  return config;
}

/// A group of two, swapped out whole; its copy is over.
SequenceGroup& swapped_out(Parts& parts, std::uint64_t id) {
  Request made = request(id, 6, 9);
  made.sampling.n = 2;
  SequenceGroup& group = parts.add(made);
  parts.queues.run(group);
  for (const auto& each : group.sequences) let_decode(*each);
  parts.preemptor.preempt(group, PreemptionMode::kSwap);
  parts.outcome.finish_transfers({*group.transfer});
  parts.take();
  parts.events.clear();
  return group;
}

}  // namespace

TEST_CASE("new requests enter in their order, until one does not fit") {
  Parts parts;
  parts.add(request(1, 4, 9));
  Request two = request(2, 30, 2);  // Nine blocks, and two choices borrow none.
  two.sampling.n = 2;
  parts.add(two);
  parts.add(request(3, 4, 9));
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
  CHECK(parts.queues.num_waiting() == 3);  // The third request does not pass the second.
}

TEST_CASE("a group enters with seats for all of its sequences, or not at all") {
  Parts parts;
  auto running = make_group(9, 3, 2);
  parts.run(*running);
  Request three = request(1, 3, 9);
  three.sampling.n = 3;
  parts.add(three);
  CHECK(entering(parts).empty());
  parts.queues.remove(*running);
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
  CHECK(parts.queues.num_running() == 3);
}

TEST_CASE("what prompts already begun are going to take is not given to a newcomer") {
  Parts parts;
  auto begun = make_group(9, 20);  // Five blocks, and it has one.
  parts.queues.add(*begun);
  parts.queues.run(*begun);
  let_run(*begun->sequences[0], 4);
  parts.credits.promise(1);
  parts.add(request(1, 12, 2));  // Three blocks, and seven are free.
  CHECK(entering(parts).empty());
  let_run(*begun->sequences[0], 8);
  parts.credits.promise(1);
  CHECK(entering(parts).empty());  // Three are left, and one must stay free for decodes.
  parts.queues.remove(*begun);
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
}

TEST_CASE("nobody enters beside a budget that is used up") {
  Parts parts;
  parts.add(request(1, 4, 9));
  parts.builder.limit_prefill(0);
  CHECK(entering(parts).empty());
  CHECK(parts.queues.num_waiting() == 1);
}

TEST_CASE("the time of the first entry is kept") {
  Parts parts;
  SequenceGroup& group = parts.add(request(1, 4, 9));
  parts.builder.begin(kStart + 5ms, 0);
  entering(parts);
  CHECK(group.first_scheduled == kStart + 5ms);
  parts.preemptor.preempt(group, PreemptionMode::kRecompute);
  group.sequences[0]->num_steps_in_flight = 0;
  parts.builder.begin(kStart + 9ms, 0);
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
  CHECK(group.first_scheduled == kStart + 5ms);
}

TEST_CASE("who was preempted enters before anybody new, and holds them up while it cannot") {
  Parts parts(with_host(20, 20));
  SequenceGroup& group = parts.add(request(1, 4, 9));
  entering(parts);
  group.sequences[0]->num_steps_in_flight = 0;
  parts.preemptor.preempt(group, PreemptionMode::kRecompute);
  parts.take();
  parts.add(request(2, 4, 9));
  SECTION("by a transfer") {
    group.transfer = TransferId{StepId{1}, RequestId{1}, TransferDirection::kDemote};
    CHECK(entering(parts).empty());
    group.transfer.reset();
  }
  SECTION("by a step in flight") {
    group.sequences[0]->num_steps_in_flight = 1;
    CHECK(entering(parts).empty());
    group.sequences[0]->num_steps_in_flight = 0;
  }
  CHECK(entering(parts) == std::vector<std::uint64_t>{1, 2});
  CHECK(events_of<RequestResumed>(parts.events).at(0).mode == PreemptionMode::kRecompute);
}

TEST_CASE("a group comes back from the host by a promotion of all of it") {
  Parts parts(with_host(8, 8));
  SequenceGroup& group = swapped_out(parts, 1);
  parts.planner.add_entering();
  CHECK(group.status == GroupStatus::kRunning);
  CHECK(group.transfer == TransferId{StepId{2}, RequestId{1}, TransferDirection::kPromote});
  CHECK(parts.credits.has_transfers());
  CHECK(parts.credits.num_free() == 8 - 3);  // A shared block, and one for each.
  for (const auto& each : group.sequences) CHECK(each->status == SequenceStatus::kArriving);
  CHECK(parts.events.empty());  // It goes on when the copy is over.
  const StepPlan plan = parts.take();
  CHECK(plan.promotions == std::vector{SequenceId{1}, SequenceId{2}});
  CHECK(plan.starts.empty());
}

TEST_CASE("a swapped group whose sequences have all left starts anew with those that never did") {
  Parts parts(with_host(8, 8));
  SequenceGroup& group = swapped_out(parts, 1);
  for (const auto& each : group.sequences) each->status = SequenceStatus::kOutside;
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
  CHECK_FALSE(group.transfer);
  CHECK(events_of<RequestResumed>(parts.events).size() == 1);
}

TEST_CASE("where memory is reserved a group enters with its reservation") {
  SchedulerConfig config = small_config();
  config.kv_allocator = KvAllocator::kOrcaMax;
  Parts parts(config);
  SequenceGroup& first = parts.add(request(1, 4, 4));
  parts.add(request(2, 4, 4));
  CHECK(entering(parts) == std::vector<std::uint64_t>{1});
  CHECK(first.sequences[0]->reservation == BlockRange{BlockId{0}, 8});
}

TEST_CASE("a return is told once, and only of a group that was away") {
  auto group = make_group(1, 4);
  std::vector<RequestEvent> events;
  announce_return(*group, events);
  CHECK(events.empty());
  group->returns_from = PreemptionMode::kSwap;
  announce_return(*group, events);
  announce_return(*group, events);
  const auto resumed = events_of<RequestResumed>(events);
  REQUIRE(resumed.size() == 1);
  CHECK(resumed[0].request == RequestId{1});
  CHECK(resumed[0].mode == PreemptionMode::kSwap);
}

TEST_CASE("cached blocks leave for the host while few blocks are unused") {
  struct Case {
    std::int32_t num_blocks;
    CacheCredits credits;  // Free, cached, host.
    std::int32_t num_leaving;
  };
  const auto each = GENERATE(values<Case>({
      {8, {8, 4, 9}, 0},         // Four unused are enough.
      {8, {8, 5, 9}, 1},         //
      {8, {8, 8, 9}, 4},         // Up to four.
      {8, {6, 6, 9}, 3},         // No more than half of what is free.
      {8, {8, 8, 2}, 2},         // No more than the host takes.
      {8, {1, 1, 9}, 0},         //
      {8, {8, 8, 0}, 0},         //
      {8, {3, 0, 9}, 0},         // Nothing is cached.
      {1000, {100, 85, 99}, 5},  // Two percent of a larger pool, twenty here.
      {5000, {1000, 1000, 999}, 32},
  }));
  Parts parts(with_host(each.num_blocks, 1000));
  parts.take();
  parts.credits.receive(each.credits);
  CAPTURE(each.num_blocks, each.credits.num_free, each.credits.num_cached);
  parts.planner.demote_cached();
  CHECK(parts.take().num_demotions == each.num_leaving);
}

TEST_CASE("one demotion of cached blocks is under way at a time, and none without a host") {
  Parts parts(with_host(8, 8));
  parts.take();
  parts.credits.receive({8, 8, 8});
  parts.planner.demote_cached();
  CHECK(parts.take().num_demotions == 4);
  parts.credits.receive({8, 8, 8});
  parts.planner.demote_cached();
  CHECK(parts.take().num_demotions == 0);
  parts.credits.finish_transfer({StepId{2}, RequestId{}, TransferDirection::kDemote});
  parts.planner.demote_cached();
  CHECK(parts.take().num_demotions == 4);
  Parts without(with_host(8, 0));
  without.take();
  without.credits.receive({8, 8, 8});
  without.planner.demote_cached();
  CHECK(without.take().num_demotions == 0);
}
