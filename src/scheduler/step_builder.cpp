#include "src/scheduler/step_builder.hpp"

#include <algorithm>
#include <utility>

#include "src/core/block_count.hpp"
#include "src/core/error.hpp"
#include "src/scheduler/block_needs.hpp"

namespace octavo {

StepBuilder::StepBuilder(const SchedulerConfig& config, BlockCredits& credits)
    : config_(config), credits_(credits) {
  plan_.id = StepId{1};
}

bool StepBuilder::has_decisions() const {
  return !plan_.released.empty() || !plan_.transfers_finished.empty() || !plan_.failed.empty() ||
         !plan_.forks.empty();
}

void StepBuilder::begin(TimePoint now, std::int32_t num_running) {
  now_ = now;
  token_budget_ = prefill_budget_ = config_.max_num_batched_tokens;
  prompt_logprobs_budget_ = kMaxPromptLogprobs;
  step_.id = plan_.id;
  plan_.scheduled.reserve(static_cast<std::size_t>(num_running));
  step_.scheduled.reserve(static_cast<std::size_t>(num_running));
  step_.ends.reserve(static_cast<std::size_t>(num_running));
}

std::int32_t StepBuilder::chunk_within_logits(const Sequence& sequence,
                                              std::int32_t num_tokens) const {
  return sequence.computes_prompt_logprobs() ? std::min(num_tokens, prompt_logprobs_budget_)
                                             : num_tokens;
}

bool StepBuilder::schedule(Sequence& sequence, std::int32_t num_tokens) {
  const std::int32_t num_new_blocks = blocks_missing(sequence, num_tokens, config_.block_size);
  OCTAVO_ASSERT(num_tokens <= token_budget_);
  credits_.promise(num_new_blocks);
  sequence.tail.leave();
  token_budget_ -= num_tokens;
  prefill_budget_ -= num_tokens;
  if (sequence.computes_prompt_logprobs()) prompt_logprobs_budget_ -= num_tokens;
  const std::int32_t first = sequence.num_planned_tokens;
  const std::int32_t end = first + num_tokens;
  const bool samples = end == sequence.num_expected_tokens();
  plan_.scheduled.push_back(
      {.id = sequence.id, .first_position = first, .num_tokens = num_tokens, .samples = samples});
  sequence.num_blocks = std::max(sequence.num_blocks, blocks_for(end, config_.block_size));
  sequence.num_planned_tokens = end;
  sequence.num_samples_in_flight += samples ? 1 : 0;
  ++sequence.num_steps_in_flight;
  step_.scheduled.push_back(&sequence);
  step_.ends.push_back(end);
  return samples;
}

void StepBuilder::start(Sequence& sequence, const Sequence* sibling, std::int32_t max_blocks) {
  SequenceGroup& group = *sequence.group;
  const std::int32_t num_tokens = sequence.num_tokens();
  const bool is_limited = max_blocks < blocks_for(num_tokens, config_.block_size);
  sequence.num_blocks = std::min(max_blocks, blocks_for(num_tokens, config_.block_size));
  std::int32_t num_new = sequence.num_blocks;
  adopt(sequence, config_.enable_prefix_caching || sibling != nullptr ? sequence.num_blocks : 0);
  if (sibling != nullptr) num_new -= group.num_prompt_blocks(config_.block_size);
  if (sequence.reservation) num_new = sequence.num_blocks = sequence.reservation->num_blocks;
  credits_.promise(num_new);
  // What is found on the host is pinned there while it is copied.
  if (config_.num_host_blocks > 0) credits_.promise_on_host(num_new);
  plan_.starts.push_back({.id = sequence.id,
                          .request = group.id,
                          .tokens = sequence.tokens,
                          .num_prompt_tokens = sequence.num_prompt_tokens,
                          .sampling = sequence.sampling,
                          .cache_namespace = group.cache_namespace,
                          .sibling = sibling != nullptr ? std::optional(sibling->id) : std::nullopt,
                          .is_twin = false,
                          .reservation = sequence.reservation});
  step_.started.push_back(&sequence);
  step_.request_of.push_back(group.id);
  ++sequence.num_steps_in_flight;
  sequence.started_in = plan_.id;
  sequence.num_planned_tokens = 0;
  // Choices and hypotheses sample together: none of them in the step that finds out what is cached.
  const bool is_beam = group.beams != nullptr;
  const bool may_sample = group.sequences.size() == 1 || (!config_.is_paged() && !is_beam) ||
                          (sequence.num_completion_tokens() > 0 && !is_beam);
  std::int32_t chunk = std::min(num_tokens - (may_sample ? 0 : 1), prefill_budget_);
  chunk = chunk_within_logits(sequence, chunk);
  if (is_limited) {
    chunk = std::min(chunk, max_blocks * config_.block_size);
    plan_.starts.back().max_blocks = max_blocks;
  }
  if (chunk > 0) schedule(sequence, chunk);
  sequence.status = SequenceStatus::kStarting;
}

void StepBuilder::start_twin(Sequence& twin, Sequence& leader, std::int32_t leader_index) {
  plan_.starts.push_back({.id = twin.id,
                          .request = twin.group->id,
                          .tokens = twin.tokens,
                          .num_prompt_tokens = twin.num_prompt_tokens,
                          .sampling = twin.sampling,
                          .cache_namespace = twin.group->cache_namespace,
                          .sibling = std::nullopt,
                          .is_twin = true,
                          .reservation = std::nullopt});
  plan_.scheduled.push_back({.id = twin.id,
                             .first_position = leader.num_planned_tokens,
                             .num_tokens = 0,
                             .samples = true,
                             .twin_of = leader_index});
  twin.status = SequenceStatus::kRunning;
  twin.num_planned_tokens = leader.num_planned_tokens;
  twin.num_blocks = leader.num_blocks;
  adopt(twin, twin.num_blocks);
  twin.num_samples_in_flight = 1;
  ++twin.num_steps_in_flight;
  leader.tail.share_with(twin.tail);
  step_.scheduled.push_back(&twin);
  step_.ends.push_back(twin.num_planned_tokens);
}

void StepBuilder::preempt(Sequence& sequence, PreemptionMode mode) {
  plan_.preempted.push_back({sequence.id, mode});
  if (mode == PreemptionMode::kSwap) return;
  sequence.tail.leave();
  sequence.status = SequenceStatus::kOutside;
  adopt(sequence, 0);
  sequence.num_blocks = 0;
  sequence.num_planned_tokens = 0;
}

void StepBuilder::promote(Sequence& sequence) {
  plan_.promotions.push_back(sequence.id);
  adopt(sequence, sequence.num_blocks);  // Its copies on the device may be others' by now.
  sequence.status = SequenceStatus::kArriving;
}

void StepBuilder::adopt(Sequence& sequence, std::int32_t num_blocks) {
  credits_.adopt(std::exchange(sequence.num_adopted, num_blocks), num_blocks);
}

void StepBuilder::demote_cached(std::int32_t num_blocks) {
  plan_.num_demotions = num_blocks;
  credits_.demote_cached({plan_.id, RequestId{}, TransferDirection::kDemote}, num_blocks);
}

bool StepBuilder::is_empty() const {
  return !has_decisions() && plan_.scheduled.empty() && plan_.preempted.empty() &&
         plan_.starts.empty() && plan_.promotions.empty() && plan_.num_demotions == 0;
}

StepPlan StepBuilder::take(StepInFlight& step) {
  credits_.launch();
  step_.num_tokens = num_scheduled_tokens();
  step = std::exchange(step_, {});
  StepPlan plan = std::exchange(plan_, {});
  plan_.id = StepId{plan.id.value + 1};
  return plan;
}

}  // namespace octavo
