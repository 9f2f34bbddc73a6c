#include "src/scheduler/step_outcome.hpp"

#include <algorithm>
#include <utility>

#include "src/core/block_count.hpp"
#include "src/core/error.hpp"
#include "src/scheduler/batch_planner.hpp"

namespace octavo {
namespace {

/// Charges tenants for tokens; neighbours in a batch mostly have the same one, so that it is
/// charged once for all of them.
class Charges {
 public:
  explicit Charges(RequestQueues& queues) : queues_(queues) {}
  ~Charges() { flush(); }
  Charges(const Charges&) = delete;
  Charges& operator=(const Charges&) = delete;

  void add(std::uint64_t tenant, std::size_t num_tokens) {
    if (tenant != tenant_) flush();
    tenant_ = tenant;
    num_tokens_ += static_cast<std::int64_t>(num_tokens);
  }
  void flush() {
    if (num_tokens_ > 0) queues_.charge(tenant_, 0, std::exchange(num_tokens_, 0));
  }

 private:
  RequestQueues& queues_;
  std::uint64_t tenant_ = 0;
  std::int64_t num_tokens_ = 0;
};

}  // namespace

StepOutcome::StepOutcome(const SchedulerConfig& config, StepCost& cost, BlockCredits& credits,
                         RequestQueues& queues, Requests& requests, StepBuilder& builder,
                         std::vector<RequestEvent>& events)
    : config_(config),
      cost_(cost),
      credits_(credits),
      queues_(queues),
      requests_(requests),
      builder_(builder),
      events_(events),
      beams_(requests, builder, events) {}

void StepOutcome::end_failed(const StepInFlight& step, const std::vector<FailedSequence>& failed,
                             TimePoint now) {
  for (const FailedSequence& each : failed) {
    for (const auto* sequences : {&step.scheduled, &step.started}) {
      const auto found =
          std::find_if(sequences->begin(), sequences->end(),
                       [&](const Sequence* sequence) { return sequence->id == each.id; });
      if (found == sequences->end() || (*found)->group == nullptr) continue;
      requests_.end_request(*(*found)->group, FinishReason::kError, now, each.error);
    }
  }
}

void StepOutcome::end(const StepInFlight& step) {
  for (Sequence* sequence : step.scheduled) --sequence->num_steps_in_flight;
  for (Sequence* sequence : step.started) --sequence->num_steps_in_flight;
}

void StepOutcome::apply_started(const StepInFlight& step,
                                const std::vector<StartedSequence>& started) {
  OCTAVO_ASSERT(step.started.size() == started.size());
  for (std::size_t i = 0; i < started.size(); ++i) {
    Sequence& sequence = *step.started[i];
    OCTAVO_ASSERT(sequence.id == started[i].id);
    const bool is_current =
        sequence.status == SequenceStatus::kStarting && sequence.started_in == step.id;
    if (started[i].promotes && step.request_of[i].value != 0) {
      const TransferId id{step.id, step.request_of[i], TransferDirection::kPromote};
      credits_.begin_transfer(id, 0);
      if (is_current) sequence.group->transfer = id;
    }
    if (started[i].num_scheduled_tokens == 0) sequence.num_samples_in_flight = 0;
    if (is_current) begin(sequence, started[i]);  // Else preempted or ended meanwhile.
  }
}

void StepOutcome::begin(Sequence& sequence, const StartedSequence& started) {
  sequence.status = started.promotes ? SequenceStatus::kArriving : SequenceStatus::kRunning;
  sequence.num_planned_tokens = started.num_cached_tokens + started.num_scheduled_tokens;
  if (config_.is_paged()) {
    sequence.num_blocks = blocks_for(sequence.num_planned_tokens, config_.block_size);
    builder_.adopt(sequence, started.num_cached_tokens / config_.block_size);
  }
  SequenceGroup& group = *sequence.group;
  if (group.has_started) return;
  group.has_started = true;
  group.usage.num_cached_tokens = started.num_cached_tokens;
  group.num_shared_blocks = started.num_cached_tokens / config_.block_size;
  const std::int32_t num_prompt = sequence.num_prompt_tokens;
  cost_.observe_prompt(started.num_cached_tokens, num_prompt);
  queues_.charge(group.tenant, num_prompt - started.num_cached_tokens, 0);
}

void StepOutcome::finish_transfers(const std::vector<TransferId>& finished) {
  for (const TransferId& id : finished) {
    builder_.finish_transfer(id);
    if (!credits_.finish_transfer(id)) continue;
    SequenceGroup* group = requests_.find(id.request);
    if (group == nullptr || group->transfer != id) continue;
    group->transfer.reset();
    if (group->status != GroupStatus::kRunning) continue;
    for (const auto& each : group->sequences) {
      if (each->status == SequenceStatus::kArriving) each->status = SequenceStatus::kRunning;
    }
    announce_return(*group, events_);
  }
}

void StepOutcome::tell_prompt_logprobs(const StepInFlight& step,
                                       const std::vector<PromptLogprobs>& computed) {
  for (const PromptLogprobs& each : computed) {
    const auto found = std::ranges::find(step.scheduled, each.sequence, &Sequence::id);
    if (found == step.scheduled.end() || (*found)->status == SequenceStatus::kFinished) continue;
    events_.push_back(
        PromptLogprobsComputed{(*found)->group->id, each.first_position, each.tokens});
  }
}

void StepOutcome::append_samples(const StepInFlight& step, const std::vector<SampledToken>& sampled,
                                 TimePoint now) {
  std::vector<std::pair<SequenceGroup*, std::vector<std::vector<TokenLogprob>>>> beams;
  Charges charges(queues_);
  std::size_t at = 0;
  events_.reserve(events_.size() + sampled.size());
  builder_.expect_tokens(sampled.size());
  for (const SampledToken& each : sampled) {
    while (at < step.scheduled.size() && step.scheduled[at]->id != each.sequence) ++at;
    OCTAVO_ASSERT(at < step.scheduled.size());
    const std::int32_t position = step.ends[at];
    Sequence& sequence = *step.scheduled[at++];
    if (sequence.status == SequenceStatus::kFinished) continue;
    --sequence.num_samples_in_flight;
    if (position < sequence.num_tokens()) continue;  // Forced since the step was planned.
    SequenceGroup& group = *sequence.group;
    charges.add(group.tenant, 1 + each.forced.size());
    ++num_samples_;
    if (group.beams == nullptr) {
      requests_.append(sequence, each, now);
      continue;
    }
    if (beams.empty() || beams.back().first != &group) beams.push_back({&group, {}});
    beams.back().second.push_back(each.top);
  }
  charges.flush();
  for (const auto& [group, rows] : beams) beams_.advance(*group, rows, now);
}

void StepOutcome::end_begun(const StepInFlight& step, const Error& error, TimePoint now) {
  std::vector<SequenceGroup*> begun = queues_.running();
  for (SequenceGroup* group : queues_.preempted()) {
    const bool was_moving = group->transfer && group->transfer->step == step.id;
    if (group->num_steps_in_flight() > 0 || was_moving) begun.push_back(group);
  }
  for (const Sequence* sequence : step.scheduled) {
    const bool is_known = sequence->group == nullptr ||
                          std::find(begun.begin(), begun.end(), sequence->group) != begun.end();
    if (!is_known) begun.push_back(sequence->group);
  }
  // Perhaps it was preempted, and its hypotheses stand still without the tokens of this step.
  for (RequestId each : step.extended) {
    SequenceGroup* group = requests_.find(each);
    if (group != nullptr && std::find(begun.begin(), begun.end(), group) == begun.end())
      begun.push_back(group);
  }
  for (SequenceGroup* group : begun)
    requests_.end_request(*group, FinishReason::kError, now, error);
}

}  // namespace octavo
