// The life of a request, from its acceptance to its end: its group and sequences, the tokens that
// are appended to them, and the events for the client. It alone makes and ends groups, so
// whatever ends one (a last token, a cancel, a failed step) leaves queues, plan and credits in the
// same way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/scheduler/block_credits.hpp"
#include "src/scheduler/request_queues.hpp"
#include "src/scheduler/reservation_pool.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/step_builder.hpp"

namespace octavo {

class Requests {
 public:
  /// All outlive this.
  Requests(const SchedulerConfig& config, BlockCredits& credits, RequestQueues& queues,
           ReservationPool& reservations, StepBuilder& builder, std::vector<RequestEvent>& events);

  /// A request that was not refused waits from now on.
  void add(Request request, TimePoint now);
  /// Null for one that has ended.
  SequenceGroup* find(RequestId request) const;
  bool is_empty() const { return groups_.empty(); }
  /// Tokens that were appended because a constraint forced them, since the start.
  std::int64_t num_forced_tokens() const { return num_forced_tokens_; }
  /// Requests whose deadline has passed, by id. O(those that it answers).
  std::vector<RequestId> expired(TimePoint now) const;
  SequenceId next_sequence_id() { return SequenceId{next_sequence_++}; }

  /// A token that was sampled, with those forced after it; one of them may end its sequence.
  void append(Sequence& sequence, const SampledToken& sampled, TimePoint now);
  /// Reports to the client that a choice has ended without a further token.
  void end_choice(Sequence& sequence, FinishReason reason, TimePoint now);
  /// The same for all choices of the request, and the request itself ends.
  void end_request(SequenceGroup& group, FinishReason reason, TimePoint now,
                   const std::optional<Error>& error = {});
  /// The request has ended, and the ends of its choices have been reported already.
  void finish(SequenceGroup& group, FinishReason reason, TimePoint now,
              const std::optional<Error>& error = {});
  /// Gives back what the sequence holds. It is kept while a step in flight points to it.
  void retire(std::unique_ptr<Sequence> sequence);
  /// Steps have come back: who was kept for them alone is forgotten.
  void forget_retired();

 private:
  std::unique_ptr<Sequence> make_sequence(SequenceGroup& group, const Request& request,
                                          std::int32_t choice, std::uint64_t base_seed);
  std::optional<FinishReason> append(Sequence& sequence, TokenId token);
  std::optional<FinishReason> finish_reason(const Sequence& sequence, TokenId token) const;
  void finish(Sequence& sequence, FinishReason reason, TimePoint now);
  void give_back(const Sequence& sequence);

  const SchedulerConfig& config_;
  BlockCredits& credits_;
  RequestQueues& queues_;
  ReservationPool& reservations_;
  StepBuilder& builder_;
  std::vector<RequestEvent>& events_;
  std::unordered_map<RequestId, std::unique_ptr<SequenceGroup>> groups_;
  std::vector<std::unique_ptr<Sequence>> retired_;
  std::set<std::pair<TimePoint, RequestId>> deadlines_;
  std::int64_t num_forced_tokens_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_order_ = 1;
};

}  // namespace octavo
