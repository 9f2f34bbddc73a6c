#include "src/scheduler/requests.hpp"

#include <algorithm>
#include <utility>

#include "src/core/error.hpp"
#include "src/core/split_mix.hpp"
#include "src/scheduler/admission.hpp"

namespace octavo {
namespace {

Timings timings_of(const SequenceGroup& group, TimePoint now) {
  Timings timings;
  const TimePoint scheduled = group.first_scheduled.value_or(now);
  timings.queue = scheduled - group.arrival;
  if (group.first_token) {
    timings.prefill = *group.first_token - scheduled;
    timings.ttft = *group.first_token - group.arrival;
    timings.decode = group.last_token - *group.first_token;
  }
  return timings;
}

}  // namespace

Requests::Requests(const SchedulerConfig& config, BlockCredits& credits, RequestQueues& queues,
                   ReservationPool& reservations, StepBuilder& builder,
                   std::vector<RequestEvent>& events)
    : config_(config),
      credits_(credits),
      queues_(queues),
      reservations_(reservations),
      builder_(builder),
      events_(events) {}

void Requests::add(Request request, TimePoint now) {
  OCTAVO_ASSERT(groups_.count(request.id) == 0);
  auto group = std::make_unique<SequenceGroup>();
  group->id = request.id;
  group->order = next_order_++;
  group->num_choices = request.sampling.n;
  group->max_num_seats = config_.max_num_seqs;
  group->priority = request.priority;
  group->tenant = request.tenant;
  group->share = request.share;
  group->cache_namespace = request.cache_namespace;
  group->wants_progress = request.wants_progress;
  group->arrival = now;
  group->last_token = now;
  group->deadline = request.deadline;
  group->usage.num_prompt_tokens = static_cast<std::int64_t>(request.prompt.size());
  group->stop_token_ids = request.sampling.stop_token_ids;
  if (!request.sampling.ignore_eos) {
    group->stop_token_ids.insert(group->stop_token_ids.end(), config_.eos_token_ids.begin(),
                                 config_.eos_token_ids.end());
  }
  if (request.deadline) deadlines_.emplace(*request.deadline, request.id);

  SamplingParams& sampling = request.sampling;
  const std::int32_t room = completion_room(config_, request);
  sampling.max_tokens = sampling.max_tokens == 0 ? room : std::min(sampling.max_tokens, room);
  const bool is_beam = sampling.is_beam_search();
  if (is_beam) group->beams = std::make_unique<BeamSearch>(sampling, group->stop_token_ids);
  const std::uint64_t base_seed =
      sampling.seed.value_or(split_mix(config_.seed ^ split_mix(next_sequence_)));
  for (std::int32_t choice = 0; choice < (is_beam ? 1 : sampling.n); ++choice)
    group->sequences.push_back(make_sequence(*group, request, choice, base_seed));
  queues_.add(*group);
  groups_.emplace(request.id, std::move(group));
}

std::unique_ptr<Sequence> Requests::make_sequence(SequenceGroup& group, const Request& request,
                                                  std::int32_t choice, std::uint64_t base_seed) {
  auto sequence = std::make_unique<Sequence>();
  sequence->id = next_sequence_id();
  sequence->group = &group;
  sequence->choice = choice;
  sequence->tokens = request.prompt;
  sequence->num_prompt_tokens = static_cast<std::int32_t>(request.prompt.size());
  sequence->sampling = request.sampling;
  if (choice > 0) sequence->sampling.num_prompt_logprobs = -1;  // They have one prompt.
  sequence->sampling.seed =
      choice == 0 ? base_seed : split_mix(base_seed + static_cast<std::uint64_t>(choice));
  return sequence;
}

SequenceGroup* Requests::find(RequestId request) const {
  const auto found = groups_.find(request);
  return found == groups_.end() ? nullptr : found->second.get();
}

std::vector<RequestId> Requests::expired(TimePoint now) const {
  std::vector<RequestId> expired;
  for (const auto& [deadline, request] : deadlines_) {
    if (deadline > now) break;
    expired.push_back(request);
  }
  std::ranges::sort(expired);
  return expired;
}

void Requests::append(Sequence& sequence, const SampledToken& sampled, TimePoint now) {
  sequence.sampling.num_prompt_logprobs = -1;  // Told; a preemption need not tell them again.
  SequenceGroup& group = *sequence.group;
  if (!group.first_token) group.first_token = now;
  group.last_token = now;
  TokensGenerated event{group.id, sequence.choice, {}, append(sequence, sampled.token), {}};
  event.tokens.reserve(1 + sampled.forced.size());
  event.tokens.push_back(sampled);
  event.tokens.front().forced.clear();
  sequence.num_forced = 0;
  for (const TokenId token : sampled.forced) {
    if (event.finished) break;
    event.finished = append(sequence, token);
    event.tokens.push_back({sampled.sequence, token, std::nullopt, {}});
    ++sequence.num_forced;
    ++num_forced_tokens_;
  }
  const auto reason = event.finished;
  events_.emplace_back(std::move(event));
  if (reason) finish(sequence, *reason, now);
}

// Answers why the sequence ends with it, if it does.
std::optional<FinishReason> Requests::append(Sequence& sequence, TokenId token) {
  sequence.tokens.push_back(token);
  if (sequence.status != SequenceStatus::kOutside) builder_.append(sequence.id, token);
  ++sequence.group->usage.num_completion_tokens;
  return finish_reason(sequence, token);
}

std::optional<FinishReason> Requests::finish_reason(const Sequence& sequence, TokenId token) const {
  const auto& stops = sequence.group->stop_token_ids;
  const bool may_stop = sequence.num_completion_tokens() > sequence.sampling.min_tokens;
  if (may_stop && std::find(stops.begin(), stops.end(), token) != stops.end())
    return FinishReason::kStop;
  if (sequence.num_completion_tokens() >= sequence.sampling.max_tokens)
    return FinishReason::kLength;
  return std::nullopt;
}

void Requests::end_choice(Sequence& sequence, FinishReason reason, TimePoint now) {
  events_.push_back(TokensGenerated{sequence.group->id, sequence.choice, {}, reason, {}});
  finish(sequence, reason, now);
}

void Requests::end_request(SequenceGroup& group, FinishReason reason, TimePoint now,
                           const std::optional<Error>& error) {
  std::vector<std::int32_t> choices;
  if (group.beams != nullptr) {
    for (std::int32_t i = 0; i < group.num_choices; ++i) choices.push_back(i);
  } else {
    for (const auto& each : group.sequences) choices.push_back(each->choice);
  }
  for (std::int32_t choice : choices)
    events_.push_back(TokensGenerated{group.id, choice, {}, reason, {}});
  finish(group, reason, now, error);
}

void Requests::finish(Sequence& sequence, FinishReason reason, TimePoint now) {
  SequenceGroup& group = *sequence.group;
  const auto own = std::find_if(group.sequences.begin(), group.sequences.end(),
                                [&](const auto& each) { return each.get() == &sequence; });
  std::unique_ptr<Sequence> ended = std::move(*own);
  group.sequences.erase(own);
  retire(std::move(ended));
  queues_.recount(group);
  if (group.sequences.empty()) finish(group, reason, now);
}

void Requests::finish(SequenceGroup& group, FinishReason reason, TimePoint now,
                      const std::optional<Error>& error) {
  for (auto& each : group.sequences) retire(std::move(each));
  group.sequences.clear();
  queues_.remove(group);
  events_.push_back(RequestFinished{group.id, reason, error, group.usage, timings_of(group, now),
                                    group.num_preemptions, group.num_shared_blocks});
  if (group.deadline) deadlines_.erase({*group.deadline, group.id});
  groups_.erase(group.id);
}

void Requests::retire(std::unique_ptr<Sequence> sequence) {
  sequence->tail.leave();
  reservations_.release(*sequence);
  if (sequence->status != SequenceStatus::kOutside) {
    builder_.release(sequence->id);
    if (sequence->group->status == GroupStatus::kRunning) give_back(*sequence);
  }
  builder_.adopt(*sequence, 0);
  sequence->status = SequenceStatus::kFinished;
  sequence->group = nullptr;
  if (sequence->num_steps_in_flight > 0) retired_.push_back(std::move(sequence));
}

// Of a sequence that is only starting, or whose blocks are on their way, it is not known which it
// has.
void Requests::give_back(const Sequence& sequence) {
  if (sequence.status == SequenceStatus::kRunning && !sequence.group->transfer)
    credits_.release(sequence.num_blocks);
  else
    credits_.give_back(sequence.num_blocks);
}

void Requests::forget_retired() {
  std::erase_if(retired_, [](const auto& each) { return each->num_steps_in_flight == 0; });
}

}  // namespace octavo
