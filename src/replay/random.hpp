// Random numbers that are the same on every machine and for every standard library, whose
// distributions are not specified bit for bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace octavo {

/// SplitMix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all 64 bits.
constexpr std::uint64_t spread(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// In (0, 1).
constexpr double unit_of(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(spread(seed)) {}
  std::uint64_t bits() { return spread(state_++); }
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
