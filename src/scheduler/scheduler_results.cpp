// The half of the scheduler that hears what became of its plans.
#include <algorithm>
#include <utility>

#include "src/core/error.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {

void Scheduler::complete(const StepResult& result, TimePoint now) {
  OCTAVO_ASSERT(!in_flight_.empty() && in_flight_.front().id == result.id);
  const StepInFlight step = std::move(in_flight_.front());
  in_flight_.pop_front();
  cost_.observe(step.num_tokens, result.elapsed);
  cost_.observe_transfer(result.num_blocks_transferred, result.transfer_elapsed);
  credits_ = result.credits.num_free;
  num_cached_ = result.credits.num_cached;
  host_credits_ = result.credits.num_host_free;
  for (const StepInFlight& later : in_flight_) {
    credits_ -= later.num_blocks_promised;
    host_credits_ -= later.num_host_blocks_promised;
  }
  end_failed(result, step, now);  // While the step still keeps its sequences.
  end_step(step);
  hear_started(step, result);
  finish_transfers(result.transfers_finished);
  hear_samples(result, step, now);
  std::erase_if(buried_, [](const auto& each) { return each->num_steps_in_flight == 0; });
}

void Scheduler::end_step(const StepInFlight& step) {
  for (Sequence* sequence : step.sequences) --sequence->num_steps_in_flight;
  for (Sequence* sequence : step.started) --sequence->num_steps_in_flight;
}

// What was found in the cache is known now: the sequence goes on behind it.
void Scheduler::hear_started(const StepInFlight& step, const StepResult& result) {
  OCTAVO_ASSERT(step.started.size() == result.started.size());
  for (std::size_t i = 0; i < step.started.size(); ++i) {
    const StartedSequence& started = result.started[i];
    Sequence& sequence = *step.started[i];
    OCTAVO_ASSERT(sequence.id == started.id);
    SequenceGroup* group = sequence.group;
    const bool is_current =
        sequence.status == SequenceStatus::kStarting && sequence.started_in == step.id;
    if (started.promotes && step.request_of[i].value != 0) {
      const TransferId id{step.id, step.request_of[i], TransferDirection::kPromote};
      transfers_.emplace(id, 0);
      if (is_current) group->transfer = id;
    }
    if (started.num_scheduled_tokens == 0) sequence.num_samples_in_flight = 0;
    if (!is_current) continue;  // Preempted or finished meanwhile.
    sequence.status = started.promotes ? SequenceStatus::kArriving : SequenceStatus::kRunning;
    sequence.num_planned_tokens = started.num_cached_tokens + started.num_scheduled_tokens;
    if (is_paged()) {
      sequence.num_blocks =
          (sequence.num_planned_tokens + config_.block_size - 1) / config_.block_size;
    }
    if (group->has_started) continue;
    group->has_started = true;
    group->usage.num_cached_tokens = started.num_cached_tokens;
    group->num_shared_blocks = started.num_cached_tokens / config_.block_size;
    const std::int32_t num_prompt = sequence.num_prompt_tokens;
    hit_share_ += 0.05 * (static_cast<double>(started.num_cached_tokens) / num_prompt - hit_share_);
    tenants_.charge(group->tenant, num_prompt - started.num_cached_tokens, 0);
  }
}

void Scheduler::finish_transfers(const std::vector<TransferId>& finished) {
  for (const TransferId& id : finished) {
    transfers_finished_.push_back(id);
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) continue;
    num_blocks_moved_ += found->second;
    transfers_.erase(found);
    SequenceGroup* group = find(id.request);
    if (group == nullptr || group->transfer != id) continue;
    group->transfer.reset();
    if (group->status != GroupStatus::kRunning) continue;
    for (const auto& each : group->sequences) {
      if (each->status == SequenceStatus::kArriving) each->status = SequenceStatus::kRunning;
    }
    announce_return(*group);
  }
}

// The whole request ends, since its sequences have their prompt in common.
void Scheduler::end_failed(const StepResult& result, const StepInFlight& step, TimePoint now) {
  for (const FailedSequence& failed : result.failed) {
    for (const auto* sequences : {&step.sequences, &step.started}) {
      const auto found = std::find_if(sequences->begin(), sequences->end(),
                                      [&](const Sequence* each) { return each->id == failed.id; });
      if (found == sequences->end() || (*found)->group == nullptr) continue;
      end_by_error(*(*found)->group, failed.error, now);
    }
  }
}

void Scheduler::end_by_error(SequenceGroup& group, const Error& error, TimePoint now) {
  for (std::int32_t choice : choices_left(group))
    events_.push_back(TokensGenerated{group.id, choice, {}, FinishReason::kError, {}});
  finish_group(group, FinishReason::kError, now, error);
}

// The samples stand in the order of those that were scheduled to sample. A sequence that ended
// while this step was in flight drops its token; one that was preempted keeps it.
void Scheduler::hear_samples(const StepResult& result, const StepInFlight& step, TimePoint now) {
  std::vector<std::pair<SequenceGroup*, std::vector<std::vector<TokenLogprob>>>> beams;
  // Neighbours mostly have the same tenant: it is charged once for all of them.
  std::uint64_t tenant = 0;
  std::int64_t num_tokens = 0;
  const auto charge = [&] {
    if (num_tokens > 0) tenants_.charge(tenant, 0, std::exchange(num_tokens, 0));
  };
  std::size_t at = 0;
  events_.reserve(events_.size() + result.sampled.size());
  appended_.reserve(appended_.size() + result.sampled.size());
  for (const SampledToken& sampled : result.sampled) {
    while (at < step.sequences.size() && step.sequences[at]->id != sampled.sequence) ++at;
    OCTAVO_ASSERT(at < step.sequences.size());
    Sequence& sequence = *step.sequences[at++];
    if (sequence.status == SequenceStatus::kFinished) continue;
    --sequence.num_samples_in_flight;
    SequenceGroup& group = *sequence.group;
    if (group.tenant != tenant) charge();
    tenant = group.tenant;
    ++num_tokens;
    if (group.beams == nullptr) {
      append(sequence, sampled, now);
      continue;
    }
    if (beams.empty() || beams.back().first != &group) beams.push_back({&group, {}});
    beams.back().second.push_back(sampled.top);
  }
  charge();
  for (auto& [group, rows] : beams) advance_beams(*group, std::move(rows), now);
}

void Scheduler::fail(StepId step, const Error& error, TimePoint now) {
  OCTAVO_ASSERT(!in_flight_.empty() && in_flight_.front().id == step);
  const StepInFlight failed = std::move(in_flight_.front());
  in_flight_.pop_front();
  end_step(failed);
  failed_.push_back(step);
  std::vector<SequenceGroup*> begun = running_;
  for (SequenceGroup* group : preempted_) {
    const bool was_moving = group->transfer && group->transfer->step == step;
    if (group->num_steps_in_flight() > 0 || was_moving) begun.push_back(group);
  }
  for (const Sequence* sequence : failed.sequences) {
    const bool is_known = sequence->group == nullptr ||
                          std::find(begun.begin(), begun.end(), sequence->group) != begun.end();
    if (!is_known) begun.push_back(sequence->group);
  }
  std::erase_if(transfers_, [&](const auto& each) {
    if (each.first.step != step) return false;
    num_blocks_moved_ += each.second;
    return true;
  });
  for (SequenceGroup* group : begun) end_by_error(*group, error, now);
  std::erase_if(buried_, [](const auto& each) { return each->num_steps_in_flight == 0; });
}

std::vector<std::int32_t> Scheduler::choices_left(const SequenceGroup& group) const {
  std::vector<std::int32_t> choices;
  if (group.beams != nullptr) {
    for (std::int32_t i = 0; i < group.num_choices; ++i) choices.push_back(i);
  } else {
    for (const auto& each : group.sequences) choices.push_back(each->choice);
  }
  return choices;
}

}  // namespace octavo
