#include "src/recording/decision_hash.hpp"

#include <xxhash.h>

#include <array>
#include <cstdio>
#include <vector>

namespace octavo {
namespace {

/// Every field is a word: quick, and no two lists of fields look alike.
class Words {
 public:
  explicit Words(std::vector<std::uint64_t>& words) : words_(words) {}
  void put(std::uint64_t value) { words_.push_back(value); }
  void put_signed(std::int64_t value) { words_.push_back(static_cast<std::uint64_t>(value)); }

 private:
  std::vector<std::uint64_t>& words_;
};

void put_sequence(Words& out, SequenceId id) { out.put(id.value); }

void put(Words& out, const std::vector<SequenceId>& sequences) {
  out.put(sequences.size());
  for (SequenceId id : sequences) put_sequence(out, id);
}

// What the scheduler settles of the sampling; the rest passes through it.
void put(Words& out, const SamplingParams& sampling) {
  out.put(sampling.seed.has_value() ? 1 : 0);
  out.put(sampling.seed.value_or(0));
  out.put_signed(sampling.max_tokens);
  out.put_signed(sampling.n);
  out.put_signed(sampling.beam_width);
}

void put(Words& out, const SequenceStart& start) {
  put_sequence(out, start.id);
  out.put(start.request.value);
  out.put(start.tokens.size());
  for (TokenId token : start.tokens) out.put_signed(token);
  out.put_signed(start.num_prompt_tokens);
  put(out, start.sampling);
  out.put(start.cache_namespace);
  out.put(start.sibling ? 1 + start.sibling->value : 0);
  out.put(start.is_twin ? 1 : 0);
  out.put(start.reservation ? 1 : 0);
  if (start.reservation) {
    out.put_signed(start.reservation->first.value);
    out.put_signed(start.reservation->num_blocks);
  }
  // Only where there is a limit: recordings made before there was one keep their hashes.
  if (start.max_blocks != SequenceStart::kUnlimited) out.put_signed(start.max_blocks);
}

void put(Words& out, const ScheduledSequence& scheduled) {
  put_sequence(out, scheduled.id);
  out.put_signed(scheduled.first_position);
  out.put_signed(scheduled.num_tokens);
  out.put(scheduled.samples ? 1 : 0);
  out.put_signed(scheduled.twin_of);
}

void put(Words& out, const StepPlan& plan) {
  out.put(plan.id.value);
  out.put(plan.transfers_finished.size());
  for (const TransferId& each : plan.transfers_finished) {
    out.put(each.step.value);
    out.put(each.request.value);
    out.put(static_cast<std::uint64_t>(each.direction));
  }
  out.put(plan.failed.size());
  for (StepId step : plan.failed) out.put(step.value);
  out.put(plan.forks.size());
  for (const Fork& each : plan.forks) {
    put_sequence(out, each.parent);
    put_sequence(out, each.child);
  }
  out.put(plan.appended.size());
  for (const AppendedToken& each : plan.appended) {
    put_sequence(out, each.sequence);
    out.put_signed(each.token);
  }
  put(out, plan.released);
  out.put(plan.preempted.size());
  for (const Preemption& each : plan.preempted) {
    put_sequence(out, each.id);
    out.put(static_cast<std::uint64_t>(each.mode));
  }
  out.put_signed(plan.num_demotions);
  out.put(plan.starts.size());
  for (const SequenceStart& each : plan.starts) put(out, each);
  put(out, plan.promotions);
  out.put(plan.scheduled.size());
  for (const ScheduledSequence& each : plan.scheduled) put(out, each);
}

}  // namespace

void DecisionHash::add(const StepPlan& plan) {
  words_.clear();
  Words out(words_);
  put(out, plan);
  value_ = XXH3_64bits_withSeed(words_.data(), words_.size() * sizeof(std::uint64_t), value_);
}

std::string hash_text(std::uint64_t hash) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

}  // namespace octavo
