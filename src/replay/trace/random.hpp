// Random numbers that are the same on every machine and for every standard library, whose
// distributions are not specified bit for bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "src/core/split_mix.hpp"

namespace octavo {

/// In (0, 1).
constexpr double unit_of(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(split_mix(seed)) {}
  std::uint64_t bits() { return split_mix(state_++); }
  double unit() { return unit_of(bits()); }
  double exponential(double mean) { return -mean * std::log(unit()); }
  /// Box-Muller.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(unit()));
    return radius * std::cos(2.0 * std::numbers::pi * unit());
  }

 private:
  std::uint64_t state_;
};

}  // namespace octavo
