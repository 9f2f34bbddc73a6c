#include "src/scheduler/step_outcome.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

/// A request whose first sequence starts with the plan that leaves now.
struct Started {
  explicit Started(std::size_t num_prompt, const SchedulerConfig& config = small_config())
      : parts(config), group(&parts.add(request(1, num_prompt, 9))) {
    parts.queues.run(*group);
    parts.builder.start(sequence(), nullptr);
    parts.take(step);
  }
  Sequence& sequence() const { return *group->sequences[0]; }

  Parts parts;
  SequenceGroup* group;
  StepInFlight step;
};

TransferId promotion(std::uint64_t step, std::uint64_t request) {
  return {StepId{step}, RequestId{request}, TransferDirection::kPromote};
}

}  // namespace

TEST_CASE("a step that has ended is in flight for none of its sequences") {
  Started started(9);
  CHECK(started.sequence().num_steps_in_flight == 2);  // It starts, and computes.
  started.parts.outcome.end(started.step);
  CHECK(started.sequence().num_steps_in_flight == 0);
}

TEST_CASE("a sequence goes on behind what was found of it and what its step computed") {
  Started started(23);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 8, 6, false}});
  CHECK(started.sequence().status == SequenceStatus::kRunning);
  CHECK(started.sequence().num_planned_tokens == 14);
  CHECK(started.sequence().num_blocks == 4);
  CHECK(started.group->usage.num_cached_tokens == 8);
  CHECK(started.group->num_shared_blocks == 2);
  CHECK_FALSE(started.group->transfer);
}

TEST_CASE("a reservation stays as large as it was when its sequence goes on") {
  SchedulerConfig config = small_config();
  config.kv_allocator = KvAllocator::kOrcaOracle;
  Started started(6, config);
  started.sequence().num_blocks = 4;
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 0, 6, false}});
  CHECK(started.sequence().num_blocks == 4);
}

TEST_CASE("what a request found in the cache is what it found when it first started") {
  Started started(9);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 4, 5, false}});
  started.parts.outcome.end(started.step);
  started.sequence().status = SequenceStatus::kOutside;
  started.parts.builder.start(started.sequence(), nullptr);
  started.parts.take(started.step);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 8, 1, false}});
  CHECK(started.sequence().num_planned_tokens == 9);
  CHECK(started.group->usage.num_cached_tokens == 4);
  CHECK(started.group->num_shared_blocks == 1);
}

TEST_CASE("a step that computes nothing of a sequence leaves no sample of it in flight") {
  Started started(9);
  CHECK(started.sequence().num_samples_in_flight == 1);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 4, 0, true}});
  CHECK(started.sequence().num_samples_in_flight == 0);
}

TEST_CASE("a sequence whose blocks come from the host waits for them, and then is told") {
  Started started(9);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 8, 0, true}});
  CHECK(started.sequence().status == SequenceStatus::kArriving);
  CHECK(started.group->transfer == promotion(1, 1));
  started.group->returns_from = PreemptionMode::kSwap;
  started.parts.outcome.finish_transfers({promotion(1, 1)});
  CHECK(started.sequence().status == SequenceStatus::kRunning);
  CHECK_FALSE(started.group->transfer);
  CHECK(events_of<RequestResumed>(started.parts.events).at(0).mode == PreemptionMode::kSwap);
  CHECK(started.parts.take().transfers_finished == std::vector{promotion(1, 1)});
}

TEST_CASE("what a step found of a sequence that has started again since is not believed") {
  Started started(9);
  StepInFlight first = started.step;
  started.parts.preemptor.preempt(*started.group, PreemptionMode::kRecompute);
  started.parts.queues.run(*started.group);
  started.parts.builder.start(started.sequence(), nullptr);
  started.parts.take(started.step);
  started.parts.outcome.apply_started(first, {{SequenceId{1}, 8, 0, true}});
  CHECK(started.sequence().status == SequenceStatus::kStarting);
  CHECK_FALSE(started.group->transfer);
  CHECK(started.parts.credits.has_transfers());  // Its blocks are moving nevertheless.
  CHECK_FALSE(started.group->has_started);
}

TEST_CASE("a transfer from before it started again does not let a sequence go on") {
  Started started(9);
  const StepInFlight first = started.step;
  started.parts.preemptor.preempt(*started.group, PreemptionMode::kRecompute);
  started.parts.queues.run(*started.group);
  started.parts.builder.start(started.sequence(), nullptr);
  started.parts.take(started.step);
  started.parts.outcome.apply_started(first, {{SequenceId{1}, 8, 0, true}});
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 8, 0, true}});
  started.parts.outcome.finish_transfers({promotion(1, 1)});
  CHECK(started.sequence().status == SequenceStatus::kArriving);
  CHECK(started.group->transfer == promotion(2, 1));
  started.parts.outcome.finish_transfers({promotion(2, 1)});
  CHECK(started.sequence().status == SequenceStatus::kRunning);
}

TEST_CASE("the transfer of a request that has ended is awaited, and frees nobody") {
  Started started(9);
  started.parts.requests.end_request(*started.group, FinishReason::kCancelled, kStart);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 8, 0, true}});
  CHECK(started.parts.credits.has_transfers());
  started.parts.outcome.finish_transfers({promotion(1, 1)});
  CHECK_FALSE(started.parts.credits.has_transfers());
}

TEST_CASE("a group that is swapped out stays out when its copy has ended") {
  SchedulerConfig config = small_config();
  config.num_host_blocks = 8;
  Parts parts(config);
  SequenceGroup& group = parts.add(request(1, 6, 9));
  parts.queues.run(group);
  let_run(*group.sequences[0], 6);
  parts.preemptor.preempt(group, PreemptionMode::kSwap);
  parts.events.clear();
  const TransferId out = *group.transfer;
  parts.outcome.finish_transfers({promotion(1, 1)});  // Another one, that nobody waits for.
  CHECK(group.transfer == out);
  parts.outcome.finish_transfers({out});
  CHECK_FALSE(group.transfer);
  CHECK(group.status == GroupStatus::kSwapped);
  CHECK(group.returns_from == PreemptionMode::kSwap);
  CHECK(parts.events.empty());
  CHECK(parts.take().transfers_finished.size() == 2);
}

TEST_CASE("a tenant is charged for what its prompt did not find in the cache") {
  SchedulerConfig config = small_config();
  config.queue_policy = QueuePolicyName::kFair;
  Started started(9, config);
  auto same_tenant = make_group(8, 4);
  auto other_tenant = make_group(9, 4);
  other_tenant->tenant = 5;
  started.parts.queues.add(*same_tenant);
  started.parts.queues.add(*other_tenant);
  started.parts.outcome.apply_started(started.step, {{SequenceId{1}, 6, 3, false}});
  started.parts.queues.charge(5, 2, 0);
  CHECK(&started.parts.queues.next_waiting() == other_tenant.get());  // Two against three.
  started.parts.queues.charge(5, 1, 0);
  CHECK(&started.parts.queues.next_waiting() == same_tenant.get());  // Both three: by arrival.
}
