// The half of the scheduler that carries out what a beam search decides: hypotheses become
// sequences that share blocks.
#include <algorithm>
#include <utility>

#include "src/core/error.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {

void Scheduler::advance_beams(SequenceGroup& group, std::vector<std::vector<TokenLogprob>> rows,
                              TimePoint now) {
  OCTAVO_ASSERT(rows.size() == group.sequences.size());
  if (!group.first_token) group.first_token = now;
  group.last_token = now;
  const std::vector<BeamSearch::Extension> extensions = group.beams->advance(rows);
  if (group.beams->is_over()) return finish_beams(group, now);
  extend_beams(group, extensions);
  tell_settled(group);
}

// The first child of a hypothesis goes on in its parent's place, the others fork from it; a
// hypothesis without children is released.
void Scheduler::extend_beams(SequenceGroup& group,
                             const std::vector<BeamSearch::Extension>& extensions) {
  std::vector<std::unique_ptr<Sequence>> parents = std::exchange(group.sequences, {});
  std::int32_t num_shared = 0;
  std::vector<Sequence*> heirs(parents.size(), nullptr);  // The child in the parent's place.
  for (const BeamSearch::Extension& each : extensions) {
    Sequence*& heir = heirs[each.parent];
    if (heir == nullptr) {
      heir = parents[each.parent].get();
      group.sequences.push_back(std::move(parents[each.parent]));
      continue;
    }
    const bool is_inside = heir->status != SequenceStatus::kOutside;
    if (is_inside && heir->tail_sharers == nullptr)
      heir->tail_sharers = std::make_shared<std::int32_t>(1);
    if (is_inside) ++*heir->tail_sharers;
    group.sequences.push_back(std::make_unique<Sequence>(*heir));
    Sequence& child = *group.sequences.back();
    child.id = SequenceId{next_sequence_++};
    if (is_inside) forks_.push_back({heir->id, child.id});
    if (is_inside) num_shared += child.num_blocks;
  }
  group.num_shared_blocks = std::max(group.num_shared_blocks, num_shared);
  for (auto& each : parents) {
    if (each == nullptr) continue;
    leave_engine(*each);
    bury(std::move(each));
  }
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    Sequence& sequence = *group.sequences[i];
    sequence.tokens.push_back(extensions[i].token);
    if (sequence.status != SequenceStatus::kOutside)
      appended_.push_back({sequence.id, extensions[i].token});
  }
}

// What every hypothesis begins with is certain, whichever wins.
void Scheduler::tell_settled(SequenceGroup& group) {
  const std::size_t num_common = group.beams->num_common(group.num_settled);
  if (num_common <= group.num_settled) return;
  const std::vector<TokenId>& tokens = group.beams->running(0);
  for (std::int32_t choice = 0; choice < group.num_choices; ++choice) {
    TokensGenerated event{group.id, choice, {}, {}, {}};
    for (std::size_t i = group.num_settled; i < num_common; ++i)
      event.tokens.push_back({SequenceId{}, tokens[i], std::nullopt, {}});
    events_.push_back(std::move(event));
  }
  group.num_settled = num_common;
}

void Scheduler::finish_beams(SequenceGroup& group, TimePoint now) {
  const std::vector<BeamSearch::Ended>& ended = group.beams->ended();
  FinishReason last = FinishReason::kLength;
  for (std::int32_t choice = 0; choice < group.num_choices; ++choice) {
    TokensGenerated event{group.id, choice, {}, FinishReason::kLength, {}};
    if (const auto index = static_cast<std::size_t>(choice); index < ended.size()) {
      const BeamSearch::Ended& best = ended[index];
      for (std::size_t i = group.num_settled; i < best.tokens.size(); ++i)
        event.tokens.push_back({SequenceId{}, best.tokens[i], std::nullopt, {}});
      group.usage.num_completion_tokens += static_cast<std::int64_t>(best.tokens.size());
      event.score = static_cast<float>(best.score);
      if (best.by_stop_token) event.finished = FinishReason::kStop;
    }
    last = *event.finished;
    events_.push_back(std::move(event));
  }
  finish_group(group, last, now, {});
}

}  // namespace octavo
