#include "src/replay/report/report_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace octavo {

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t sign = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > sign + 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string duration_text(double seconds) {
  if (seconds == 0 || !std::isfinite(seconds)) return decimal(seconds, 2) + " ms";
  // The power of ten after rounding to three digits: 0.9996 s are 1.00 s.
  std::array<char, 32> rounded{};
  std::snprintf(rounded.data(), rounded.size(), "%.2e", seconds);
  const int power = std::atoi(std::strchr(rounded.data(), 'e') + 1);
  if (power >= 0) return decimal(seconds, std::max(0, 2 - power)) + " s";
  constexpr std::array kUnits{" ms", " us", " ns"};
  const int unit = std::min((-power - 1) / 3, 2);
  const int digits = std::max(0, -power - 1 - 3 * unit);
  return decimal(seconds * std::pow(1e3, unit + 1), std::min(digits, 2)) + kUnits[unit];
}

}  // namespace octavo
