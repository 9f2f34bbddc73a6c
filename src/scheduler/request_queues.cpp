#include "src/scheduler/request_queues.hpp"

#include <algorithm>

namespace octavo {
namespace {

std::int32_t weight_of(const SequenceGroup& group) {
  return group.status == GroupStatus::kWaiting ? static_cast<std::int32_t>(group.sequences.size())
                                               : group.num_seats();
}

template <class Queue>
void erase_value(Queue& queue, SequenceGroup* group) {
  queue.erase(std::find(queue.begin(), queue.end(), group));
}

}  // namespace

RequestQueues::RequestQueues(QueuePolicyName policy)
    : is_first_come_first_served_(policy == QueuePolicyName::kFcfs),
      queue_order_(queue_order(policy)),
      running_order_(running_order(policy)) {}

void RequestQueues::add(SequenceGroup& group) {
  tenants_.arrive(group.tenant, group.share);
  num_waiting_tokens_ += group.usage.num_prompt_tokens;
  waiting_.push_back(&group);
  enter(group, GroupStatus::kWaiting);
}

void RequestQueues::run(SequenceGroup& group) {
  leave(group);
  enter(group, GroupStatus::kRunning);
  insert(running_, group);
}

void RequestQueues::lend(SequenceGroup& group) {
  run(group);
  borrower_ = &group;
}

void RequestQueues::preempt(SequenceGroup& group, GroupStatus status) {
  leave(group);
  enter(group, status);
  insert(preempted_, group);
}

void RequestQueues::remove(SequenceGroup& group) {
  leave(group);
  group.status = GroupStatus::kFinished;
  tenants_.leave(group.tenant);
}

void RequestQueues::recount(SequenceGroup& group) {
  std::int32_t* sum = sum_of(group.status);
  if (sum == nullptr) return;
  *sum -= group.num_counted;
  group.num_counted = weight_of(group);
  *sum += group.num_counted;
}

SequenceGroup& RequestQueues::next_waiting() const {
  if (is_first_come_first_served_) return *waiting_.front();
  return **std::min_element(waiting_.begin(), waiting_.end(),
                            [this](const SequenceGroup* a, const SequenceGroup* b) {
                              return queue_order_(*a, *b, tenants_);
                            });
}

void RequestQueues::insert(std::vector<SequenceGroup*>& queue, SequenceGroup& group) {
  const auto before = [this](const SequenceGroup* a, const SequenceGroup* b) {
    return goes_before(*a, *b);
  };
  queue.insert(std::upper_bound(queue.begin(), queue.end(), &group, before), &group);
}

void RequestQueues::leave(SequenceGroup& group) {
  if (std::int32_t* sum = sum_of(group.status)) *sum -= group.num_counted;
  group.num_counted = 0;
  if (borrower_ == &group) settle();
  switch (group.status) {
    case GroupStatus::kWaiting:
      num_waiting_tokens_ -= group.usage.num_prompt_tokens;
      if (waiting_.front() == &group)
        waiting_.pop_front();
      else
        erase_value(waiting_, &group);
      break;
    case GroupStatus::kRunning:
      erase_value(running_, &group);
      break;
    case GroupStatus::kPreempted:
    case GroupStatus::kSwapped:
      erase_value(preempted_, &group);
      break;
    case GroupStatus::kFinished:
      break;
  }
}

void RequestQueues::enter(SequenceGroup& group, GroupStatus status) {
  group.status = status;
  recount(group);
}

std::int32_t* RequestQueues::sum_of(GroupStatus status) {
  if (status == GroupStatus::kWaiting) return &num_waiting_;
  if (status == GroupStatus::kRunning) return &num_running_;
  return nullptr;
}

}  // namespace octavo
