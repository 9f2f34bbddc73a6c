#include "src/replay/report/report_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

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
  const double size = std::fabs(seconds);
  if (size >= 100) return decimal(seconds, 0) + " s";
  if (size >= 1) return decimal(seconds, size >= 10 ? 1 : 2) + " s";
  if (size >= 0.01) return decimal(seconds * 1e3, size >= 0.1 ? 0 : 1) + " ms";
  return decimal(seconds * 1e3, 2) + " ms";
}

}  // namespace octavo
