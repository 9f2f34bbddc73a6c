#include "src/scheduler/scheduler.hpp"

#include <algorithm>
#include <string>

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

template <class Queue>
void erase_value(Queue& queue, SequenceId id) {
  queue.erase(std::remove(queue.begin(), queue.end(), id), queue.end());
}

}  // namespace

Scheduler::Scheduler(SchedulerConfig config)
    : config_(std::move(config)), credits_(config_.num_blocks) {
  OCTAVO_ASSERT(config_.block_size >= 1 && config_.num_blocks >= 0);
  OCTAVO_ASSERT(config_.max_num_seqs >= 1 && config_.max_num_batched_tokens >= 1 &&
                config_.max_steps_in_flight >= 1);
}

std::int32_t Scheduler::max_tokens_per_sequence() const {
  const std::int64_t slots = std::int64_t{config_.num_blocks} * config_.block_size;
  return static_cast<std::int32_t>(std::min<std::int64_t>(config_.max_model_len, slots));
}

std::optional<Error> Scheduler::refusal(const Request& request) const {
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  if (num_prompt == 0) return Error{Errc::kInvalidValue, "the prompt has no tokens", "input"};
  if (num_prompt >= config_.max_model_len) {
    return Error{Errc::kContextLengthExceeded,
                 "the prompt has " + std::to_string(num_prompt) +
                     " tokens and the context length is " + std::to_string(config_.max_model_len) +
                     ": shorten the prompt",
                 "input"};
  }
  const std::int64_t slots = std::int64_t{config_.num_blocks} * config_.block_size;
  const std::int64_t wanted = num_prompt + std::max(1, request.sampling.max_tokens);
  if (num_prompt >= slots || std::min<std::int64_t>(wanted, config_.max_model_len) > slots) {
    return Error{Errc::kContextLengthExceeded,
                 "the request needs " +
                     std::to_string(std::min<std::int64_t>(wanted, config_.max_model_len)) +
                     " tokens of cache and the whole cache holds " + std::to_string(slots),
                 "max_output_tokens"};
  }
  if (static_cast<std::int64_t>(waiting_.size()) + request.sampling.n > config_.max_num_waiting) {
    return Error{Errc::kQueueFull,
                 std::to_string(waiting_.size()) + " requests are waiting; try again later", ""};
  }
  return std::nullopt;
}

void Scheduler::submit(Request request, TimePoint now) {
  if (auto error = refusal(request)) {
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

  const std::int32_t room =
      max_tokens_per_sequence() - static_cast<std::int32_t>(request.prompt.size());
  SamplingParams& sampling = request.sampling;
  sampling.max_tokens = sampling.max_tokens == 0 ? room : std::min(sampling.max_tokens, room);
  const std::uint64_t base_seed = sampling.seed.value_or(mix(config_.seed ^ mix(next_sequence_)));
  for (std::int32_t choice = 0; choice < request.sampling.n; ++choice) {
    Sequence sequence;
    sequence.id = SequenceId{next_sequence_++};
    sequence.group = group.get();
    sequence.choice = choice;
    sequence.tokens = request.prompt;
    sequence.num_prompt_tokens = static_cast<std::int32_t>(request.prompt.size());
    sequence.sampling = request.sampling;
    sequence.sampling.seed =
        choice == 0 ? base_seed : mix(base_seed + static_cast<std::uint64_t>(choice));
    group->sequences.push_back(sequence.id);
    waiting_.push_back(sequence.id);
    sequences_.emplace(sequence.id, std::move(sequence));
  }
  groups_.emplace(request.id, std::move(group));
}

void Scheduler::cancel(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice) {
  const auto found = groups_.find(request);
  if (found == groups_.end()) return;
  FinishReason finished = FinishReason::kCancelled;
  if (reason == CancelReason::kStopMatched) finished = FinishReason::kStop;
  if (reason == CancelReason::kDeadline) finished = FinishReason::kDeadline;
  const std::vector<SequenceId> ids = found->second->sequences;  // finish() changes the original.
  for (SequenceId id : ids) {
    Sequence& sequence = *find(id);
    if (choice >= 0 && sequence.choice != choice) continue;
    events_.push_back(TokensGenerated{request, sequence.choice, {}, finished});
    finish(sequence, finished, now);
  }
}

void Scheduler::complete(const StepResult& result, TimePoint now) {
  OCTAVO_ASSERT(!in_flight_.empty() && in_flight_.front().id == result.id);
  const StepInFlight step = std::move(in_flight_.front());
  in_flight_.pop_front();
  cost_.observe(step.num_tokens, result.elapsed);
  credits_ = result.free_blocks;
  for (const StepInFlight& later : in_flight_) credits_ += later.net_blocks;
  for (SequenceId id : step.sequences) {
    if (Sequence* sequence = find(id)) --sequence->num_steps_in_flight;
  }
  for (const SampledToken& sampled : result.sampled) {
    // A sequence that ended while this step was in flight is gone: its token is dropped.
    if (Sequence* sequence = find(sampled.sequence)) append(*sequence, sampled, now);
  }
}

void Scheduler::append(Sequence& sequence, const SampledToken& sampled, TimePoint now) {
  --sequence.num_samples_in_flight;
  sequence.tokens.push_back(sampled.token);
  SequenceGroup& group = *sequence.group;
  ++group.usage.num_completion_tokens;
  if (!group.first_token) group.first_token = now;
  group.last_token = now;
  const auto reason = finish_reason(sequence, sampled.token);
  events_.push_back(TokensGenerated{group.id, sequence.choice, {sampled}, reason});
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
  if (sequence.status == SequenceStatus::kRunning)
    released_.emplace_back(sequence.id, sequence.num_blocks);
  leave_queues(sequence);
  SequenceGroup& group = *sequence.group;
  erase_value(group.sequences, sequence.id);
  sequences_.erase(sequence.id);
  if (!group.sequences.empty()) return;

  Timings timings;
  const TimePoint scheduled = group.first_scheduled.value_or(now);
  timings.queue = scheduled - group.arrival;
  if (group.first_token) {
    timings.prefill = *group.first_token - scheduled;
    timings.ttft = *group.first_token - group.arrival;
    timings.decode = group.last_token - *group.first_token;
  }
  events_.push_back(
      RequestFinished{group.id, reason, error, group.usage, timings, group.num_preemptions});
  num_deadlines_ -= group.deadline ? 1 : 0;
  groups_.erase(group.id);
}

void Scheduler::leave_queues(Sequence& sequence) {
  switch (sequence.status) {
    case SequenceStatus::kWaiting:
      erase_value(waiting_, sequence.id);
      break;
    case SequenceStatus::kRunning:
      erase_value(running_, sequence.id);
      break;
    case SequenceStatus::kPreempted:
      erase_value(preempted_, sequence.id);
      break;
    case SequenceStatus::kFinished:
      break;
  }
  sequence.status = SequenceStatus::kFinished;
}

void Scheduler::fail(StepId step, const Error& error, TimePoint now) {
  OCTAVO_ASSERT(!in_flight_.empty() && in_flight_.front().id == step);
  in_flight_.pop_front();
  std::vector<SequenceId> begun = running_;
  for (SequenceId id : preempted_) {
    if (find(id)->num_steps_in_flight > 0) begun.push_back(id);
  }
  for (SequenceId id : begun) {
    Sequence* sequence = find(id);
    events_.push_back(
        TokensGenerated{sequence->group->id, sequence->choice, {}, FinishReason::kError});
    finish(*sequence, FinishReason::kError, now, error);
  }
}

std::vector<RequestEvent> Scheduler::take_events() { return std::exchange(events_, {}); }

SchedulerStatus Scheduler::status() const {
  SchedulerStatus status;
  status.num_running = static_cast<std::int32_t>(running_.size());
  status.num_waiting = static_cast<std::int32_t>(waiting_.size());
  status.num_preempted = static_cast<std::int32_t>(preempted_.size());
  status.num_steps_in_flight = static_cast<std::int32_t>(in_flight_.size());
  status.num_free_blocks = credits_;
  status.num_blocks = config_.num_blocks;
  status.num_preemptions = num_preemptions_;
  return status;
}

Sequence* Scheduler::find(SequenceId id) {
  const auto found = sequences_.find(id);
  return found == sequences_.end() ? nullptr : &found->second;
}

}  // namespace octavo
