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
  for (SequenceId id : plan.released) put(bytes, id.value);
  for (const Preemption& each : plan.preempted)
    put(bytes, each.id.value), put(bytes, static_cast<std::uint64_t>(each.mode));
  for (const SequenceStart& each : plan.starts) {
    put(bytes, each.id.value);
    put(bytes, each.sampling.seed.value_or(0));
    for (TokenId token : each.tokens) put(bytes, static_cast<std::uint64_t>(token));
  }
  for (const ScheduledSequence& each : plan.scheduled) {
    put(bytes, each.id.value);
    put(bytes, static_cast<std::uint64_t>(each.first_position));
    put(bytes, static_cast<std::uint64_t>(each.num_tokens) * 2 + (each.samples ? 1 : 0));
  }
  return bytes;
}

}  // namespace octavo::testing
