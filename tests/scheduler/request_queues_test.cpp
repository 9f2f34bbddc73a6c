#include "src/scheduler/request_queues.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// A group of `num_sequences`, with a prompt of 10 tokens.
SequenceGroup group_of(std::uint64_t id, std::size_t num_sequences) {
  SequenceGroup group;
  group.id = RequestId{id};
  group.order = id;
  group.max_num_seats = 8;
  group.usage.num_prompt_tokens = 10;
  for (std::size_t i = 0; i < num_sequences; ++i)
    group.sequences.push_back(std::make_unique<Sequence>());
  return group;
}

}  // namespace

TEST_CASE("the sums of the queues follow a group from its arrival to its end") {
  RequestQueues queues(QueuePolicyName::kFcfs);
  SequenceGroup group = group_of(1, 3);
  queues.add(group);
  CHECK(queues.num_waiting() == 3);
  CHECK(queues.num_waiting_tokens() == 10);
  queues.run(group);
  CHECK(queues.num_waiting() == 0);
  CHECK(queues.num_waiting_tokens() == 0);
  CHECK(queues.num_running() == 3);
  group.sequences.pop_back();
  queues.recount(group);
  CHECK(queues.num_running() == 2);
  queues.preempt(group, GroupStatus::kSwapped);
  CHECK(queues.num_running() == 0);
  CHECK(queues.preempted().size() == 1);
  queues.run(group);
  CHECK(queues.num_running() == 2);
  queues.remove(group);
  CHECK(queues.num_running() == 0);
  CHECK(queues.running().empty());
  CHECK(group.status == GroupStatus::kFinished);
}

TEST_CASE("a group that ends while it waits leaves no tokens behind in the sums") {
  RequestQueues queues(QueuePolicyName::kFcfs);
  SequenceGroup first = group_of(1, 1);
  SequenceGroup second = group_of(2, 2);
  queues.add(first);
  queues.add(second);
  queues.remove(second);
  CHECK(queues.num_waiting() == 1);
  CHECK(queues.num_waiting_tokens() == 10);
  CHECK(&queues.next_waiting() == &first);
}

TEST_CASE("who runs stands in running order, however it came there") {
  RequestQueues queues(QueuePolicyName::kPriority);
  SequenceGroup urgent = group_of(3, 1);
  urgent.priority = -1;
  SequenceGroup first = group_of(1, 1);
  SequenceGroup second = group_of(2, 1);
  for (SequenceGroup* each : {&first, &second, &urgent}) queues.add(*each);
  CHECK(&queues.next_waiting() == &urgent);
  for (SequenceGroup* each : {&second, &first, &urgent}) queues.run(*each);
  CHECK(queues.running() == std::vector<SequenceGroup*>{&urgent, &first, &second});
}

TEST_CASE("an idle tenant that comes back is served no more than those who waited meanwhile") {
  RequestQueues queues(QueuePolicyName::kFair);
  SequenceGroup busy = group_of(1, 1);
  busy.tenant = 1;
  SequenceGroup idle = group_of(2, 1);
  idle.tenant = 2;
  queues.add(busy);
  queues.add(idle);
  queues.remove(idle);
  queues.charge(1, 1000, 0);
  SequenceGroup back = group_of(3, 1);
  back.tenant = 2;
  queues.add(back);
  CHECK(&queues.next_waiting() == &busy);  // By arrival, since its time away saved nothing up.
}
