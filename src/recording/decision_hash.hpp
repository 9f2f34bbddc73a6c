// One number for all that a scheduler decided: every field of every plan, in order, each plan's
// hash seeded with the one before (XXH3). Two runs that agree in it agree in every step before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/core/step.hpp"

namespace octavo {

class DecisionHash {
 public:
  /// O(plan). Allocates only while plans get larger.
  void add(const StepPlan& plan);

  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
  std::vector<std::uint64_t> words_;  ///< The plan at hand; kept for its room.
};

/// Sixteen hexadecimal digits.
std::string hash_text(std::uint64_t hash);

}  // namespace octavo
