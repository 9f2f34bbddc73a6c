#include "src/replay/run/cost_executor.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "src/replay/trace/random.hpp"

namespace octavo {
namespace {

constexpr std::uint64_t kVocabMask = 0x7FFF;
// Mean distance in nats from the i-th best token to the next; the rest are as far as the last.
constexpr std::array<double, 11> kMeanGaps{2.85, 0.93, 0.64, 0.41, 0.33, 0.29,
                                           0.24, 0.22, 0.20, 0.19, 0.18};

}  // namespace

std::vector<TokenLogprob> beam_candidates(std::uint64_t history, std::int32_t width) {
  Random random(history);
  const auto count = static_cast<std::size_t>(2 * width);
  std::vector<TokenLogprob> candidates(count);
  std::vector<double> logits(count, 0.0);
  const auto first = static_cast<std::int32_t>(random.bits() & kVocabMask);
  double sum = 1.0;
  for (std::size_t i = 1; i < count; ++i) {
    const double mean_gap = kMeanGaps[std::min(i, kMeanGaps.size()) - 1];
    logits[i] = logits[i - 1] - random.exponential(mean_gap);
    sum += std::exp(logits[i]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    candidates[i].id =
        (first + static_cast<std::int32_t>(i)) & static_cast<std::int32_t>(kVocabMask);
    candidates[i].logprob = static_cast<float>(logits[i] - std::log(sum));
  }
  return candidates;
}

void CostExecutor::follow_beams(const StepBatch& batch) {
  for (const Fork& fork : batch.forks) {
    const auto parent = beams_.find(fork.parent);
    if (parent == beams_.end()) continue;
    const Beam child = parent->second;
    beams_[fork.child] = child;
  }
  for (const AppendedToken& each : batch.appended) {
    const auto beam = beams_.find(each.sequence);
    if (beam == beams_.end()) continue;
    beam->second.history =
        split_mix(beam->second.history + static_cast<std::uint64_t>(each.token) + 1);
  }
  if (!beams_.empty()) {
    for (const SequenceId id : batch.released) beams_.erase(id);
  }
  for (const SequenceStart& start : batch.starts) {
    if (!start.sampling.is_beam_search()) continue;
    // A beam that returns after a preemption goes on as it would have.
    std::uint64_t history = split_mix(seed_ ^ *start.sampling.seed);
    for (auto i = static_cast<std::size_t>(start.num_prompt_tokens); i < start.tokens.size(); ++i)
      history = split_mix(history + static_cast<std::uint64_t>(start.tokens[i]) + 1);
    beams_[start.id] = {start.sampling.beam_width, history};
  }
}

// The first sequence of a request that starts is its first choice, also when it starts again.
void CostExecutor::follow_first_choices(const StepBatch& batch) {
  for (const SequenceId id : batch.released) first_choices_.erase(id);
  for (const SequenceStart& start : batch.starts) {
    if (first_of_.emplace(start.request, start.id).first->second == start.id)
      first_choices_[start.id] = start.request;
  }
}

SampledToken CostExecutor::sample(const ScheduledSequence& scheduled) const {
  SampledToken sampled;
  sampled.sequence = scheduled.id;
  const auto position = static_cast<std::uint64_t>(scheduled.first_position + scheduled.num_tokens);
  if (const auto beam = beams_.find(scheduled.id); beam != beams_.end()) {
    sampled.top = beam_candidates(beam->second.history, beam->second.width);
    sampled.token = sampled.top.front().id;
    return sampled;
  }
  if (const auto first = first_choices_.find(scheduled.id); first != first_choices_.end()) {
    sampled.token = known_token_(first->second, static_cast<std::int64_t>(position));
    if (sampled.token >= 0) return sampled;
  }
  sampled.token =
      static_cast<TokenId>(split_mix(seed_ + scheduled.id.value * 0x10001 + position) & kVocabMask);
  return sampled;
}

Result<StepResult> CostExecutor::execute(const StepBatch& batch) {
  follow_beams(batch);
  if (known_token_) follow_first_choices(batch);
  StepResult result;
  result.id = batch.id;
  for (const auto* transfers : {&batch.demotions, &batch.promotions}) {  // Over when the step is.
    for (const Transfer& each : *transfers) {
      result.transfers_finished.push_back(each.id);
      result.num_blocks_transferred += static_cast<std::int32_t>(each.copies.size());
    }
  }
  result.sampled.reserve(batch.scheduled.size());
  for (const ScheduledSequence& scheduled : batch.scheduled) {
    if (scheduled.samples) result.sampled.push_back(sample(scheduled));
  }
  if (!batch.scheduled.empty()) result.elapsed = cost_.step_time(batch);
  result.transfer_elapsed =
      cost_.transfer_time(std::int64_t{result.num_blocks_transferred} * block_size_);
  result.elapsed = std::max(result.elapsed, result.transfer_elapsed);
  return result;
}

}  // namespace octavo
