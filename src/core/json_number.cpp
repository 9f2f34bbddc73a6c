#include "src/core/json_number.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace octavo {
namespace {

constexpr double kImpossible = -9999.0;

}  // namespace

boost::json::value json_number(double number) {
  if (!std::isfinite(number)) return nullptr;
  return number;
}

boost::json::value json_number(float number) {
  if (!std::isfinite(number)) return nullptr;
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
  double value = 0;
  std::from_chars(text.data(), written.ptr, value);
  return value;
}

boost::json::value json_logprob(float logprob) {
  if (!std::isfinite(logprob)) return kImpossible;
  return json_number(logprob);
}

}  // namespace octavo
