#include "src/scheduler/beam_steps.hpp"

#include <algorithm>
#include <utility>

#include "src/core/error.hpp"

namespace octavo {

void BeamSteps::advance(SequenceGroup& group, const std::vector<std::vector<TokenLogprob>>& rows,
                        TimePoint now) {
  OCTAVO_ASSERT(rows.size() == group.sequences.size());
  if (!group.first_token) group.first_token = now;
  group.last_token = now;
  const std::vector<BeamSearch::Extension> extensions = group.beams->advance(rows);
  if (group.beams->is_over()) return finish(group, now);
  extend(group, extensions);
  announce_settled(group);
}

// The first child of a hypothesis goes on in its parent's place, the others fork from it; a
// hypothesis without children is retired.
void BeamSteps::extend(SequenceGroup& group, const std::vector<BeamSearch::Extension>& extensions) {
  std::vector<std::unique_ptr<Sequence>> parents = std::exchange(group.sequences, {});
  std::vector<Sequence*> heirs(parents.size(), nullptr);  // The child in the parent's place.
  std::int32_t num_shared = 0;
  for (const BeamSearch::Extension& each : extensions) {
    Sequence*& heir = heirs[each.parent];
    if (heir == nullptr) {
      heir = parents[each.parent].get();
      group.sequences.push_back(std::move(parents[each.parent]));
      continue;
    }
    group.sequences.push_back(fork(*heir, group));
    if (heir->status != SequenceStatus::kOutside) num_shared += heir->num_blocks;
  }
  group.num_shared_blocks = std::max(group.num_shared_blocks, num_shared);
  for (auto& each : parents) {
    if (each != nullptr) requests_.retire(std::move(each));
  }
  builder_.extend(group);
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    Sequence& sequence = *group.sequences[i];
    sequence.tokens.push_back(extensions[i].token);
    if (sequence.status != SequenceStatus::kOutside)
      builder_.append(sequence.id, extensions[i].token);
  }
}

std::unique_ptr<Sequence> BeamSteps::fork(Sequence& parent, SequenceGroup& group) {
  auto child = std::make_unique<Sequence>(parent);
  child->id = requests_.next_sequence_id();
  child->group = &group;
  child->num_adopted = 0;
  builder_.adopt(*child, child->num_blocks);
  if (parent.status == SequenceStatus::kOutside) return child;
  parent.tail.share_with(child->tail);
  builder_.fork(parent.id, child->id);
  return child;
}

// What every hypothesis begins with is certain, whichever wins.
void BeamSteps::announce_settled(SequenceGroup& group) {
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

void BeamSteps::finish(SequenceGroup& group, TimePoint now) {
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
  requests_.finish(group, last, now);
}

}  // namespace octavo
