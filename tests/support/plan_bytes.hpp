// A plan as bytes, for "same seed, same plans".
#pragma once

#include <string>

#include "src/core/step.hpp"

namespace octavo::testing {

inline void put(std::string& bytes, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
}

inline std::string plan_bytes(const StepPlan& plan) {
  std::string bytes;
  put(bytes, plan.id.value);
  for (const TransferId& each : plan.transfers_finished)
    put(bytes, each.step.value), put(bytes, each.request.value);
  for (const Fork& each : plan.forks) put(bytes, each.parent.value), put(bytes, each.child.value);
  for (const AppendedToken& each : plan.appended)
    put(bytes, each.sequence.value), put(bytes, static_cast<std::uint64_t>(each.token));
  for (SequenceId id : plan.released) put(bytes, id.value);
  for (const Preemption& each : plan.preempted)
    put(bytes, each.id.value), put(bytes, static_cast<std::uint64_t>(each.mode));
  put(bytes, static_cast<std::uint64_t>(plan.num_demotions));
  for (const SequenceStart& each : plan.starts) {
    put(bytes, each.id.value);
    put(bytes, each.sampling.seed.value_or(0));
    for (TokenId token : each.tokens) put(bytes, static_cast<std::uint64_t>(token));
  }
  for (SequenceId id : plan.promotions) put(bytes, id.value);
  for (const ScheduledSequence& each : plan.scheduled) {
    put(bytes, each.id.value);
    put(bytes, static_cast<std::uint64_t>(each.first_position));
    put(bytes, static_cast<std::uint64_t>(each.num_tokens) * 2 + (each.samples ? 1 : 0));
  }
  return bytes;
}

}  // namespace octavo::testing
