// Who waits, who runs and who was preempted, each in its order, with the sums that admission goes
// by. A group is in exactly one of the three, as its status says; what it counts for is remembered
// in the group, so that the sums cannot drift when its sequences end one by one.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "src/scheduler/queue_policy.hpp"
#include "src/scheduler/sequence.hpp"

namespace octavo {

class RequestQueues {
 public:
  explicit RequestQueues(QueuePolicyName policy);

  /// A new request waits.
  void add(SequenceGroup& group);
  /// From the waiting or the preempted to the running.
  void run(SequenceGroup& group);
  /// The waiting group runs, and borrows: the first that gives way, until it settles.
  void lend(SequenceGroup& group);
  void settle() { borrower_ = nullptr; }
  /// From the running to the preempted. status: kPreempted or kSwapped.
  void preempt(SequenceGroup& group, GroupStatus status);
  /// It has finished.
  void remove(SequenceGroup& group);
  /// Some of its sequences have ended, or others have begun.
  void recount(SequenceGroup& group);
  /// What the tenant of a request has been served.
  void charge(std::uint64_t tenant, std::int64_t num_prompt_tokens,
              std::int64_t num_completion_tokens) {
    tenants_.charge(tenant, num_prompt_tokens, num_completion_tokens);
  }

  bool has_waiting() const { return !waiting_.empty(); }
  /// By the policy. O(1) when it is first come, first served, otherwise O(waiting).
  SequenceGroup& next_waiting() const;
  /// Both in running order: the first came first or is the most urgent, the last is the first
  /// victim after the borrower.
  const std::vector<SequenceGroup*>& running() const { return running_; }
  const std::vector<SequenceGroup*>& preempted() const { return preempted_; }
  /// By arrival.
  const std::deque<SequenceGroup*>& waiting() const { return waiting_; }
  /// Who runs on borrowed blocks, or null.
  SequenceGroup* borrower() const { return borrower_; }
  /// Who gives way first. Somebody runs.
  SequenceGroup& victim() const { return borrower_ != nullptr ? *borrower_ : *running_.back(); }
  /// Whether `a` is before `b` among those who run.
  bool goes_before(const SequenceGroup& a, const SequenceGroup& b) const {
    return running_order_(a, b, tenants_);
  }

  std::int32_t num_waiting() const { return num_waiting_; }  ///< Sequences.
  std::int32_t num_running() const { return num_running_; }  ///< Seats in the batch.
  /// Tokens of the prompts that wait.
  std::int64_t num_waiting_tokens() const { return num_waiting_tokens_; }

 private:
  void insert(std::vector<SequenceGroup*>& queue, SequenceGroup& group);
  /// Takes the group out of the queue that its status names.
  void leave(SequenceGroup& group);
  void enter(SequenceGroup& group, GroupStatus status);
  std::int32_t* sum_of(GroupStatus status);

  bool is_first_come_first_served_;
  GoesBefore queue_order_;
  GoesBefore running_order_;
  std::deque<SequenceGroup*> waiting_;     ///< By arrival.
  std::vector<SequenceGroup*> preempted_;  ///< In running order.
  std::vector<SequenceGroup*> running_;    ///< In running order.
  SequenceGroup* borrower_ = nullptr;
  TenantCounters tenants_;
  std::int32_t num_waiting_ = 0;
  std::int32_t num_running_ = 0;
  std::int64_t num_waiting_tokens_ = 0;
};

}  // namespace octavo
