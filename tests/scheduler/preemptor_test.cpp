#include "src/scheduler/preemptor.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

SchedulerConfig with_host(std::int32_t num_host_blocks,
                          std::optional<PreemptionMode> mode = std::nullopt) {
  SchedulerConfig config = small_config();
  config.num_host_blocks = num_host_blocks;
  config.preemption_mode = mode;
  return config;
}

}  // namespace

TEST_CASE("nobody gives way while the blocks are there, to the last one") {
  Parts parts;
  auto group = make_group(1, 8);
  parts.run(*group);
  CHECK(parts.preemptor.make_room(*group, 6));
  CHECK_FALSE(parts.builder.preempts());
}

TEST_CASE("nobody gives way for blocks that are on their way back already") {
  Parts parts;
  auto first = make_group(1, 8);
  auto second = make_group(2, 8);
  parts.run(*first);
  parts.run(*second);
  parts.credits.give_back(1);
  CHECK_FALSE(parts.preemptor.make_room(*first, 5));
  CHECK_FALSE(parts.builder.preempts());
  CHECK(parts.preemptor.make_room(*first, 6));
  CHECK(parts.builder.preempts());
}

TEST_CASE("the last to run gives way first, and no more of them than are needed") {
  Parts parts(with_host(0));
  std::vector<std::unique_ptr<SequenceGroup>> groups;
  for (std::uint64_t id = 1; id <= 4; ++id) {
    groups.push_back(make_group(id, 8));
    parts.run(*groups.back());
  }
  CHECK(parts.credits.num_free() == 0);
  SECTION("whose blocks are free at once") {
    CHECK(parts.preemptor.make_room(*groups[0], 3));
    CHECK(parts.credits.num_free() == 4);
    CHECK(parts.credits.num_pending() == 0);
  }
  SECTION("whose blocks are only on their way where others may hold them") {
    parts.builder.adopt(*groups[0]->sequences[0], 2);
    CHECK_FALSE(parts.preemptor.make_room(*groups[0], 3));
    CHECK(parts.credits.num_free() == 0);
    CHECK(parts.credits.num_pending() == 4);
  }
  CHECK(parts.take().preempted ==
        std::vector{Preemption{SequenceId{40}, PreemptionMode::kRecompute},
                    Preemption{SequenceId{30}, PreemptionMode::kRecompute}});
  CHECK(parts.queues.running().size() == 2);
}

TEST_CASE("a group that is the last itself gives way to the others") {
  Parts parts;
  auto first = make_group(1, 8);
  auto second = make_group(2, 8);
  parts.run(*first);
  parts.run(*second);
  CHECK_FALSE(parts.preemptor.make_room(*second, 5));
  CHECK(parts.queues.running() == std::vector<SequenceGroup*>{first.get()});
  CHECK(parts.take().preempted.size() == 1);
}

TEST_CASE("a swap moves the group's blocks by a transfer that is named after step and request") {
  Parts parts(with_host(4));
  auto group = make_group(1, 9, 2);
  parts.run(*group);
  const std::int32_t num_free = parts.credits.num_free();
  parts.preemptor.preempt(*group, PreemptionMode::kSwap);
  CHECK(group->status == GroupStatus::kSwapped);
  CHECK(group->transfer == TransferId{StepId{1}, RequestId{1}, TransferDirection::kDemote});
  CHECK(group->returns_from == PreemptionMode::kSwap);
  CHECK(group->num_preemptions == 1);
  CHECK(parts.credits.num_host_free() == 0);  // Two shared blocks, and one for each.
  CHECK(parts.credits.num_free() == num_free);
  CHECK(parts.credits.num_pending() == 4);
  CHECK(parts.credits.has_transfers());
  CHECK(parts.preemptor.num_swaps() == 1);
  CHECK(parts.preemptor.num_recomputes() == 0);
  CHECK(events_of<RequestPreempted>(parts.events).at(0).mode == PreemptionMode::kSwap);
  CHECK(parts.take().preempted.size() == 2);
}

TEST_CASE("what is computed again is given back with the next plan") {
  Parts parts(with_host(8));
  auto group = make_group(1, 9, 2);
  parts.run(*group);
  parts.preemptor.preempt(*group, PreemptionMode::kRecompute);
  CHECK(group->status == GroupStatus::kPreempted);
  CHECK(group->num_inside() == 0);
  CHECK(group->returns_from == PreemptionMode::kRecompute);
  CHECK(parts.credits.num_pending() == 4);
  CHECK_FALSE(parts.credits.has_transfers());
  CHECK(parts.credits.num_host_free() == 8);
  CHECK(parts.preemptor.num_recomputes() == 1);
  CHECK(parts.preemptor.num_swaps() == 0);
  CHECK(events_of<RequestPreempted>(parts.events).at(0).request == RequestId{1});
}

TEST_CASE("a swap may take the last block of the host") {
  Parts parts(with_host(3));
  auto group = make_group(1, 9);  // Three blocks.
  parts.run(*group);
  parts.preemptor.preempt(*group, PreemptionMode::kSwap);
  CHECK(group->status == GroupStatus::kSwapped);
}

TEST_CASE("recompute takes the place of a swap that cannot be") {
  Parts parts(with_host(3));
  auto group = make_group(1, 9);  // Three blocks.
  parts.run(*group);
  Sequence& sequence = *group->sequences[0];
  SECTION("the host has a block too few") { parts.credits.promise_on_host(1); }
  SECTION("it is not known what it has") { sequence.status = SequenceStatus::kStarting; }
  SECTION("its blocks are on their way") { sequence.status = SequenceStatus::kArriving; }
  SECTION("its last transfer is not over") {
    group->transfer = TransferId{StepId{1}, RequestId{1}, TransferDirection::kPromote};
  }
  SECTION("it holds nothing") { sequence.num_blocks = 0; }
  parts.preemptor.preempt(*group, PreemptionMode::kSwap);
  CHECK(group->status == GroupStatus::kPreempted);
  CHECK_FALSE(group->transfer);
  CHECK(group->returns_from == PreemptionMode::kRecompute);
  CHECK(sequence.status == SequenceStatus::kOutside);
  CHECK(parts.take().preempted.at(0).mode == PreemptionMode::kRecompute);
}

TEST_CASE("choices that never started do not keep their siblings from the host, nor go there") {
  SchedulerConfig config = with_host(8);
  config.num_blocks = 9;
  Parts parts(config);
  auto group = make_group(1, 9, 3);
  parts.run(*group);
  group->sequences[2]->status = SequenceStatus::kOutside;
  group->sequences[2]->num_blocks = 0;
  parts.preemptor.preempt(*group, PreemptionMode::kSwap);
  CHECK(group->status == GroupStatus::kSwapped);
  CHECK(parts.take().preempted == std::vector{Preemption{SequenceId{10}, PreemptionMode::kSwap},
                                              Preemption{SequenceId{11}, PreemptionMode::kSwap}});
}

TEST_CASE("the mode is the configuration's, or else the cheaper by the measured rates") {
  const auto mode_of = [](std::optional<PreemptionMode> configured, auto teach) {
    Parts parts(with_host(8, configured));
    teach(parts.cost);
    auto group = make_group(1, 8);  // Two blocks, eight tokens.
    parts.run(*group);
    parts.preemptor.preempt(*group);
    return *group->returns_from;
  };
  const auto nothing = [](StepCost&) {};
  const auto fast_copies = [](StepCost& cost) {
    cost.observe(100, 100ms);         // Eight milliseconds to compute it again,
    cost.observe_transfer(10, 19ms);  // 7.6 to move two blocks out and in.
  };
  const auto slow_copies = [](StepCost& cost) {
    cost.observe(100, 100ms);
    cost.observe_transfer(10, 20ms);  // As long: not faster.
  };
  CHECK(mode_of(std::nullopt, nothing) == PreemptionMode::kSwap);  // So that its rate is learnt.
  CHECK(mode_of(std::nullopt, fast_copies) == PreemptionMode::kSwap);
  CHECK(mode_of(std::nullopt, slow_copies) == PreemptionMode::kRecompute);
  CHECK(mode_of(PreemptionMode::kSwap, slow_copies) == PreemptionMode::kSwap);
  CHECK(mode_of(PreemptionMode::kRecompute, fast_copies) == PreemptionMode::kRecompute);
}
