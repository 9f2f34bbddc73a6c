#include "src/core/bytes.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace octavo {

Result<std::uint64_t> parse_bytes(std::string_view text) {
  const Error bad{
      Errc::kInvalidValue,
      "`" + std::string(text) + "` is not a size: write for instance 4GiB, 512MB or 65536", ""};
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || !std::isfinite(number)) return bad;
  std::string_view unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  int power = 0;
  if (!unit.empty()) {
    const auto place = std::string_view("KMGT").find(static_cast<char>(unit.front() & ~0x20));
    if (place != std::string_view::npos) {
      power = static_cast<int>(place) + 1;
      unit.remove_prefix(1);
    }
  }
  const bool decimal = unit == "B" && power > 0;
  if (!unit.empty() && unit != "B" && !(power > 0 && (unit == "iB" || unit == "i"))) return bad;
  const double bytes = number * std::pow(decimal ? 1000.0 : 1024.0, power);
  if (bytes > 1e18) return bad;
  return static_cast<std::uint64_t>(bytes);
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // With two decimals 1023.996 KiB would be written as 1024.00 KiB, so the next unit is taken.
  while (value >= (unit == 0 ? 1024 : 1023.995) && unit + 1 < kUnits.size()) value /= 1024, ++unit;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.2f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace octavo
