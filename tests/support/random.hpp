// Random draws that mean the same everywhere. The standard leaves the arithmetic of its
// distributions to each library, and C++ leaves the order of a call's arguments to each compiler: a
// seed that fails on one machine would be other traffic on the next. So the arithmetic stands here,
// and every draw is a statement of its own.
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace octavo::testing {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// The draws are these bytes, one for each small draw, and the highest values once they are used
  /// up: for a fuzzer, which learns what a byte does. They must outlive it.
  explicit Random(std::span<const std::uint8_t> bytes) : bytes_(bytes), has_bytes_(true) {}

  /// One of low, low + 1, ... high.
  int pick(int low, int high) {
    const auto num_values = static_cast<std::uint64_t>(std::int64_t{high} - low + 1);
    if (has_bytes_ && bytes_.empty()) return high;
    const std::uint64_t drawn = has_bytes_ ? take(num_values > 256 ? 2 : 1) : engine_();
    return static_cast<int>(low + static_cast<std::int64_t>(drawn % num_values));
  }
  bool one_in(int count) { return pick(1, count) == 1; }
  std::uint64_t bits() { return has_bytes_ ? take(1) : engine_(); }

 private:
  std::uint64_t take(int count) {
    std::uint64_t drawn = 0;
    for (; count > 0 && !bytes_.empty(); --count, bytes_ = bytes_.subspan(1))
      drawn = drawn << 8 | bytes_.front();
    return drawn;
  }

  std::mt19937_64 engine_;
  std::span<const std::uint8_t> bytes_;
  bool has_bytes_ = false;
};

/// A running hash of words (FNV-1a over their bytes), for traffic and decisions that must repeat.
class WordHash {
 public:
  void add(std::uint64_t word) {
    for (int shift = 0; shift < 64; shift += 8)
      value_ = (value_ ^ ((word >> shift) & 0xFF)) * 0x100000001B3ULL;
  }
  void add_signed(std::int64_t word) { add(static_cast<std::uint64_t>(word)); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

}  // namespace octavo::testing
