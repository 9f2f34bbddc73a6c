#include "src/text/jinja/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// The digits of every script come in rows of ten.
char ascii_digit(char32_t character) {
  char32_t zero = character;
  while (zero > 0 && character - zero < 9 && is_decimal(zero - 1)) --zero;
  // Some rows follow one another without a gap: mathematical digits, which end on a border.
  const bool is_mathematical = character >= 0x1D7CE && character <= 0x1D7FF;
  const char32_t value = is_mathematical ? (character - 0x1D7CE) % 10 : character - zero;
  return static_cast<char>('0' + value);
}

/// Without blanks around it, lower case, in ASCII's digits; other characters become '?'.
std::string plain_number(const Text& text) {
  std::string out;
  strip_blanks(text, true, true).for_each_character([&out](std::string_view bytes, bool) {
    const char32_t character = octavo::read_utf8(bytes).character;
    if (character < 0x80) {
      out.push_back(
          static_cast<char>(character >= 'A' && character <= 'Z' ? character + 32 : character));
    } else {
      out.push_back(is_decimal(character) ? ascii_digit(character) : '?');
    }
  });
  return out;
}

/// Takes underscores out; false where one does not stand between two digits or letters.
bool take_underscores(std::string& digits) {
  const auto is_part = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') continue;
    if (i == 0 || i + 1 == digits.size() || !is_part(digits[i - 1]) || !is_part(digits[i + 1])) {
      return false;
    }
  }
  std::erase(digits, '_');
  return true;
}

bool take_sign(std::string& digits) {
  const bool is_negative = digits.starts_with('-');
  if (is_negative || digits.starts_with('+')) digits.erase(0, 1);
  return is_negative;
}

/// Takes `0x`, `0o` or `0b` where it goes with base, and settles a base of 0.
bool take_prefix(std::string& digits, std::int64_t& base) {
  std::int64_t named = 0;
  if (digits.starts_with("0x")) named = 16;
  if (digits.starts_with("0o")) named = 8;
  if (digits.starts_with("0b")) named = 2;
  if (named != 0 && (base == 0 || base == named)) {
    base = named;
    digits.erase(0, 2);
    if (digits.starts_with('_')) digits.erase(0, 1);
    return true;
  }
  if (base != 0) return true;
  base = 10;
  return !digits.starts_with('0') || digits.find_first_not_of("0_") == std::string::npos;
}

/// digits[.digits][e[sign]digits], with one of both digits.
bool is_decimal_number(std::string_view text) {
  const auto take_digits = [&text] {
    const std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
    text.remove_prefix(end);
    return end > 0;
  };
  bool has_digits = take_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    has_digits = take_digits() || has_digits;
  }
  if (!has_digits) return false;
  if (text.starts_with('e')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (!take_digits()) return false;
  }
  return text.empty();
}

/// An underscore stands between digits alone.
bool has_lone_underscore(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    const bool is_between = i > 0 && i + 1 < text.size() &&
                            kDigits.find(text[i - 1]) != std::string_view::npos &&
                            kDigits.find(text[i + 1]) != std::string_view::npos;
    if (!is_between) return true;
  }
  return false;
}

double read_decimal(const std::string& digits) {
  double number = 0.0;
  const char* end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, number).ec == std::errc{}) return number;
  // Out of range: below where the exponent is negative or there is no whole part.
  const bool is_tiny = digits.find("e-") != std::string::npos ||
                       digits.find_first_of("123456789") > digits.find('.');
  return is_tiny ? 0.0 : std::numeric_limits<double>::infinity();
}

Integer round_integer(Integer number, std::int64_t num_digits) {
  if (num_digits >= 0) return number;
  constexpr std::int64_t kMostDigits = 37;
  if (num_digits < -kMostDigits) return 0;
  Integer unit = 1;
  for (std::int64_t i = num_digits; i < 0; ++i) unit *= 10;
  const Integer rest = number % unit;
  Integer rounded = number - rest;
  const Integer size = rest < 0 ? -rest : rest;
  const bool is_odd = rounded / unit % 2 != 0;
  const Integer away = unit - size;
  if (size > away || (size == away && is_odd)) {
    if (__builtin_add_overflow(rounded, number < 0 ? -unit : unit, &rounded)) {
      fail("A number is too large.");
    }
  }
  return rounded;
}

double round_float(double number, std::int64_t num_digits) {
  constexpr std::int64_t kMostDigits = 330;
  if (!std::isfinite(number) || num_digits > kMostDigits) return number;
  if (num_digits >= 0) {
    // The C library prints the exact value, and rounds it to even.
    char buffer[700];
    const int length =
        std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(num_digits), number);
    double rounded = 0.0;
    std::from_chars(buffer, buffer + length, rounded);
    return rounded;
  }
  if (num_digits < -kMostDigits) return std::copysign(0.0, number);
  const double unit = std::pow(10.0, static_cast<double>(-num_digits));
  if (!std::isfinite(unit)) return std::copysign(0.0, number);
  const double rest = std::fmod(number, unit);
  const double below = number - rest;
  const double half = std::fabs(rest) * 2;
  const bool is_odd = std::fmod(below / unit, 2.0) != 0.0;
  const double rounded =
      half > unit || (half == unit && is_odd) ? below + std::copysign(unit, number) : below;
  return rounded == 0.0 ? std::copysign(0.0, number) : rounded;
}

}  // namespace

std::optional<Integer> read_integer(const Text& text, std::int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) return {};
  std::string digits = plain_number(text);
  const bool is_negative = take_sign(digits);
  if (!take_prefix(digits, base) || !take_underscores(digits)) return {};
  if (digits.empty() || digits[0] == '-') return {};
  if (is_negative) digits.insert(0, "-");
  const auto is_digit = [base](char c) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : 36;
    return value < base;
  };
  const std::size_t begin = is_negative ? 1 : 0;
  if (!std::all_of(digits.begin() + static_cast<std::ptrdiff_t>(begin), digits.end(), is_digit))
    return {};
  const auto number = integer_of(digits, static_cast<int>(base));
  if (!number) fail("A number is too large.");
  return number;
}

std::optional<Integer> integer_of(std::string_view digits, int base) {
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.remove_prefix(1);
  if (digits.empty()) return {};
  Integer number = 0;  // Below zero, where there is one number more.
  for (const char c : digits) {
    int value = 36;
    if (std::from_chars(&c, &c + 1, value, base).ec != std::errc{}) return {};
    if (__builtin_mul_overflow(number, Integer{base}, &number)) return {};
    if (__builtin_sub_overflow(number, Integer{value}, &number)) return {};
  }
  if (!is_negative && __builtin_sub_overflow(Integer{0}, number, &number)) return {};
  return number;
}

UnsignedInteger size_of(Integer number) {
  const auto bits = static_cast<UnsignedInteger>(number);
  return number < 0 ? ~bits + 1 : bits;
}

std::string digits_of(Integer number) {
  std::string digits;
  UnsignedInteger rest = size_of(number);
  do digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  while ((rest /= 10) != 0);
  if (number < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<double> read_float(const Text& text) {
  std::string digits = plain_number(text);
  const bool is_negative = take_sign(digits);
  std::optional<double> number;
  if (digits == "inf" || digits == "infinity") number = std::numeric_limits<double>::infinity();
  if (digits == "nan") number = std::numeric_limits<double>::quiet_NaN();
  if (!number) {
    if (has_lone_underscore(digits)) return {};
    std::erase(digits, '_');
    if (!is_decimal_number(digits)) return {};
    number = read_decimal(digits);
  }
  return is_negative ? -*number : *number;
}

Value round_number(const Value& number, std::int64_t num_digits) {
  if (number.is_float()) return Value(round_float(number.as_float(), num_digits));
  if (!number.is_number()) fail("'round' needs a number.");
  return Value(round_integer(number.as_integer(), num_digits));
}

Value round_to_integer(const Value& number) {
  if (number.is_float() && !std::isfinite(number.as_float())) {
    fail("Only a finite number can be rounded to an integer.");
  }
  return Value(round_number(number, 0).as_integer());
}

}  // namespace octavo::jinja
