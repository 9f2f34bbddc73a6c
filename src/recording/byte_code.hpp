// Numbers as few bytes: unsigned ones in groups of seven bits, the lowest first (LEB128), signed
// ones folded onto them (zigzag), so that small steps between neighbours take a byte.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace octavo {

/// Appends to a string that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}

  void put(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  void put_signed(std::int64_t value) {
    put(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// Little-endian; for what looks random.
  void put_fixed(std::uint64_t value, int num_bytes = 8) {
    for (int i = 0; i < num_bytes; ++i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void put_float(float value) { put_fixed(std::bit_cast<std::uint32_t>(value), 4); }

 private:
  std::string& bytes_;
};

/// Reads what ByteWriter wrote. What does not fit reads as 0 and makes is_good() false for good.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t get() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return fail();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) return fail();
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  std::int64_t get_signed() {
    const std::uint64_t folded = get();
    return static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
  }
  std::uint64_t get_fixed(int num_bytes = 8) {
    std::uint64_t value = 0;
    if (rest_.size() < static_cast<std::size_t>(num_bytes)) return fail();
    for (int i = 0; i < num_bytes; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)])}
               << (8 * i);
    rest_.remove_prefix(static_cast<std::size_t>(num_bytes));
    return value;
  }
  float get_float() { return std::bit_cast<float>(static_cast<std::uint32_t>(get_fixed(4))); }

  /// Within [low, high], or else a failure.
  std::int32_t get_int(std::int32_t low,
                       std::int32_t high = std::numeric_limits<std::int32_t>::max()) {
    const std::int64_t value = get_signed();
    if (value >= low && value <= high) return static_cast<std::int32_t>(value);
    fail();
    return low;
  }
  /// How many entries follow; each takes a byte at least.
  std::size_t get_count() {
    const std::uint64_t count = get();
    return count <= rest_.size() ? static_cast<std::size_t>(count) : fail();
  }
  bool get_bool() {
    const std::uint64_t value = get();
    return value <= 1 ? value == 1 : fail() != 0;
  }

  std::size_t num_left() const { return rest_.size(); }
  bool is_good() const { return is_good_; }
  std::uint64_t fail() {
    is_good_ = false;
    rest_ = {};
    return 0;
  }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace octavo
