#include "src/app/cli/flags/number.hpp"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxQuoted = 40;

/// Reads the whole text as a number. Answers no error, result_out_of_range, or invalid_argument for
/// a text that is not a number to its end.
template <class Number>
std::errc read(std::string_view text, Number& value) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return rest == text.data() + text.size() ? error : std::errc::invalid_argument;
}

template <class Number>
bool is_largest(std::uint64_t value) {
  return value == static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
}

std::string digits_of(double value) {
  std::array<char, 32> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

std::string refusal(const std::string& expected, const std::string& text) {
  return "must be " + expected + " (it is `" + quotable(text, kMaxQuoted) + "`)";
}

}  // namespace

CLI::Validator integer(std::int64_t low, std::uint64_t high) {
  const bool is_open = is_largest<std::int32_t>(high) || is_largest<std::int64_t>(high) ||
                       is_largest<std::uint64_t>(high);
  const std::string from = std::to_string(low);
  const std::string to = std::to_string(high);
  const auto check = [=](std::string& text) -> std::string {
    const std::string kind = is_open ? "an integer of " + from + " or more"
                                     : "an integer between " + from + " and " + to;
    std::int64_t small = 0;
    if (text.starts_with('-')) {
      if (read(text, small) != std::errc{} || small < low) return refusal(kind, text);
      text = std::to_string(small);
      return "";
    }
    std::uint64_t value = 0;
    const std::errc error = read(text, value);
    const bool is_above = error == std::errc::result_out_of_range || value > high;
    if (is_above && is_open) return refusal("at most " + to, text);
    if (is_above || error != std::errc{} || std::cmp_less(value, low)) return refusal(kind, text);
    text = std::to_string(value);  // The parser would take a leading 0 for octal.
    return "";
  };
  return {check, is_open ? from + " or more" : from + " to " + to};
}

CLI::Validator number(double low, double high, LowEnd low_end) {
  const bool is_above = low_end == LowEnd::kExcluded;
  const std::string from = digits_of(low);
  const std::string to = digits_of(high);
  const auto check = [=](std::string& text) -> std::string {
    double value = 0;
    const bool is_number = read(text, value) == std::errc{};
    if (is_number && value <= high && (is_above ? value > low : value >= low)) return "";
    return refusal(is_above ? "a number above " + from + " and at most " + to
                            : "a number between " + from + " and " + to,
                   text);
  };
  return {check, (is_above ? "above " : "") + from + " to " + to};
}

}  // namespace octavo
