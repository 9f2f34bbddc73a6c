#include "src/scheduler/scheduler.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "src/core/error.hpp"

namespace octavo {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all 64 bits.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

template <class Queue, class Value>
void erase_value(Queue& queue, Value value) {
  queue.erase(std::remove(queue.begin(), queue.end(), value), queue.end());
}

}  // namespace

Scheduler::Scheduler(SchedulerConfig config)
    : config_(std::move(config)),
      queue_order_(octavo::queue_order(config_.queue_policy)),
      running_order_(octavo::running_order(config_.queue_policy)),
      credits_(config_.num_blocks),
      host_credits_(config_.num_host_blocks) {
  OCTAVO_ASSERT(config_.block_size >= 1 && config_.num_blocks >= 0 && config_.num_host_blocks >= 0);
  OCTAVO_ASSERT(config_.max_num_seqs >= 1 && config_.max_num_batched_tokens >= 1 &&
                config_.max_steps_in_flight >= 1);
  if (!is_paged()) buddies_.emplace(config_.num_blocks);
}

void Scheduler::submit(Request request, TimePoint now) {
  if (auto error = refusal(request, now)) {
    events_.push_back(RequestRejected{request.id, std::move(*error)});
    return;
  }
  OCTAVO_ASSERT(groups_.count(request.id) == 0);
  events_.push_back(RequestAccepted{request.id});
  enqueue(std::move(request), now);
}

void Scheduler::enqueue(Request request, TimePoint now) {
  auto group = std::make_unique<SequenceGroup>();
  group->id = request.id;
  group->order = next_order_++;
  group->num_choices = request.sampling.n;
  group->max_num_seats = config_.max_num_seqs;
  group->priority = request.priority;
  group->tenant = request.tenant;
  group->cache_namespace = request.cache_namespace;
  group->arrival = now;
  group->last_token = now;
  group->deadline = request.deadline;
  group->usage.num_prompt_tokens = static_cast<std::int64_t>(request.prompt.size());
  group->stop_token_ids = request.sampling.stop_token_ids;
  if (!request.sampling.ignore_eos) {
    group->stop_token_ids.insert(group->stop_token_ids.end(), config_.eos_token_ids.begin(),
                                 config_.eos_token_ids.end());
  }
  num_deadlines_ += request.deadline ? 1 : 0;
  num_waiting_tokens_ += group->usage.num_prompt_tokens;

  SamplingParams& sampling = request.sampling;
  const std::int32_t room = completion_room(request);
  sampling.max_tokens = sampling.max_tokens == 0 ? room : std::min(sampling.max_tokens, room);
  const bool is_beam = sampling.is_beam_search();
  if (is_beam) group->beams = std::make_unique<BeamSearch>(sampling, group->stop_token_ids);
  const std::uint64_t base_seed = sampling.seed.value_or(mix(config_.seed ^ mix(next_sequence_)));
  for (std::int32_t choice = 0; choice < (is_beam ? 1 : sampling.n); ++choice)
    group->sequences.push_back(make_sequence(*group, request, choice, base_seed));
  num_waiting_ += static_cast<std::int32_t>(group->sequences.size());
  tenants_.arrive(group->tenant);
  waiting_.push_back(group.get());
  groups_.emplace(request.id, std::move(group));
}

std::unique_ptr<Sequence> Scheduler::make_sequence(SequenceGroup& group, const Request& request,
                                                   std::int32_t choice, std::uint64_t base_seed) {
  auto sequence = std::make_unique<Sequence>();
  sequence->id = SequenceId{next_sequence_++};
  sequence->group = &group;
  sequence->choice = choice;
  sequence->tokens = request.prompt;
  sequence->num_prompt_tokens = static_cast<std::int32_t>(request.prompt.size());
  sequence->sampling = request.sampling;
  sequence->sampling.seed =
      choice == 0 ? base_seed : mix(base_seed + static_cast<std::uint64_t>(choice));
  return sequence;
}

SequenceGroup* Scheduler::find(RequestId request) {
  const auto found = groups_.find(request);
  return found == groups_.end() ? nullptr : found->second.get();
}

void Scheduler::cancel(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice) {
  SequenceGroup* group = find(request);
  if (group == nullptr) return;
  FinishReason finished = FinishReason::kCancelled;
  if (reason == CancelReason::kStopMatched) finished = FinishReason::kStop;
  if (reason == CancelReason::kDeadline) finished = FinishReason::kDeadline;
  if (reason == CancelReason::kSteered) finished = FinishReason::kSteered;
  if (group->beams != nullptr) {
    for (std::int32_t each = 0; each < group->num_choices; ++each)
      events_.push_back(TokensGenerated{request, each, {}, finished, {}});
    return finish_group(*group, finished, now, {});
  }
  std::vector<Sequence*> ending;  // finish() changes the group.
  for (const auto& each : group->sequences) {
    if (choice < 0 || each->choice == choice) ending.push_back(each.get());
  }
  for (Sequence* each : ending) {
    events_.push_back(TokensGenerated{request, each->choice, {}, finished, {}});
    finish(*each, finished, now);
  }
}

void Scheduler::append(Sequence& sequence, const SampledToken& sampled, TimePoint now) {
  sequence.tokens.push_back(sampled.token);
  if (sequence.status != SequenceStatus::kOutside)
    appended_.push_back({sequence.id, sampled.token});
  SequenceGroup& group = *sequence.group;
  ++group.usage.num_completion_tokens;
  if (!group.first_token) group.first_token = now;
  group.last_token = now;
  const auto reason = finish_reason(sequence, sampled.token);
  events_.push_back(TokensGenerated{group.id, sequence.choice, {sampled}, reason, {}});
  if (reason) finish(sequence, *reason, now);
}

std::optional<FinishReason> Scheduler::finish_reason(const Sequence& sequence,
                                                     TokenId token) const {
  const auto& stops = sequence.group->stop_token_ids;
  const bool may_stop = sequence.num_completion_tokens() > sequence.sampling.min_tokens;
  if (may_stop && std::find(stops.begin(), stops.end(), token) != stops.end())
    return FinishReason::kStop;
  if (sequence.num_completion_tokens() >= sequence.sampling.max_tokens)
    return FinishReason::kLength;
  return std::nullopt;
}

void Scheduler::finish(Sequence& sequence, FinishReason reason, TimePoint now,
                       const std::optional<Error>& error) {
  SequenceGroup& group = *sequence.group;
  leave_engine(sequence);
  const std::int32_t num_seats = group.num_seats();
  const auto own = std::find_if(group.sequences.begin(), group.sequences.end(),
                                [&](const auto& each) { return each.get() == &sequence; });
  std::unique_ptr<Sequence> ended = std::move(*own);
  group.sequences.erase(own);
  bury(std::move(ended));
  if (group.status == GroupStatus::kWaiting) --num_waiting_;
  if (group.status == GroupStatus::kRunning) num_running_ -= num_seats - group.num_seats();
  if (group.sequences.empty()) finish_group(group, reason, now, error);
}

void Scheduler::finish_group(SequenceGroup& group, FinishReason reason, TimePoint now,
                             const std::optional<Error>& error) {
  if (!group.sequences.empty() && group.status == GroupStatus::kWaiting)
    num_waiting_ -= static_cast<std::int32_t>(group.sequences.size());
  if (!group.sequences.empty() && group.status == GroupStatus::kRunning)
    num_running_ -= group.num_seats();
  for (auto& each : group.sequences) {
    leave_engine(*each);
    bury(std::move(each));
  }
  group.sequences.clear();
  leave_queues(group);
  Timings timings;
  const TimePoint scheduled = group.first_scheduled.value_or(now);
  timings.queue = scheduled - group.arrival;
  if (group.first_token) {
    timings.prefill = *group.first_token - scheduled;
    timings.ttft = *group.first_token - group.arrival;
    timings.decode = group.last_token - *group.first_token;
  }
  events_.push_back(RequestFinished{group.id, reason, error, group.usage, timings,
                                    group.num_preemptions, group.num_shared_blocks});
  num_deadlines_ -= group.deadline ? 1 : 0;
  tenants_.leave(group.tenant);
  groups_.erase(group.id);
}

void Scheduler::leave_engine(Sequence& sequence) {
  leave_tail(sequence);
  if (sequence.reservation) buddies_->release(*sequence.reservation);
  sequence.reservation.reset();
  if (sequence.status != SequenceStatus::kOutside) {
    released_.push_back(sequence.id);
    const SequenceGroup& group = *sequence.group;
    if (group.status == GroupStatus::kRunning) num_blocks_released_ += sequence.num_blocks;
  }
  sequence.status = SequenceStatus::kFinished;
}

void Scheduler::leave_tail(Sequence& sequence) {
  if (sequence.tail_sharers != nullptr) --*sequence.tail_sharers;
  sequence.tail_sharers.reset();
}

void Scheduler::leave_queues(SequenceGroup& group) {
  switch (group.status) {
    case GroupStatus::kWaiting:
      num_waiting_tokens_ -= group.usage.num_prompt_tokens;
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
  group.status = GroupStatus::kFinished;
}

// Steps in flight still point to it.
void Scheduler::bury(std::unique_ptr<Sequence> sequence) {
  sequence->group = nullptr;
  if (sequence->num_steps_in_flight > 0) buried_.push_back(std::move(sequence));
}

std::vector<RequestEvent> Scheduler::take_events() { return std::exchange(events_, {}); }

SchedulerStatus Scheduler::status() const {
  SchedulerStatus status;
  status.num_running = num_running_;
  status.num_waiting = num_waiting_;
  for (const SequenceGroup* group : preempted_) {
    const auto num_sequences = static_cast<std::int32_t>(group->sequences.size());
    status.num_preempted += num_sequences;
    if (group->is_on_host()) status.num_swapped += num_sequences;
  }
  status.num_steps_in_flight = static_cast<std::int32_t>(in_flight_.size());
  status.num_free_blocks = credits_;
  status.num_blocks = config_.num_blocks;
  status.num_preemptions_recompute = num_preemptions_recompute_;
  status.num_preemptions_swap = num_preemptions_swap_;
  return status;
}

}  // namespace octavo
