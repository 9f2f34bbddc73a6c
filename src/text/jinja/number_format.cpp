#include "src/text/jinja/number_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "src/text/jinja/numbers.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr std::int64_t kMaxWidth = 1'000'000;
constexpr std::int64_t kMaxPrecision = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_one_of(char c, std::string_view all) {
  return c != '\0' && all.find(c) != std::string_view::npos;
}

/// Walks over a format; the character at its end is 0.
class SpecReader {
 public:
  explicit SpecReader(std::string_view text) : text_(text) {}
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool is_at_end() const { return at_ >= text_.size(); }
  void pass(std::size_t num_bytes) { at_ += num_bytes; }
  bool take(char c) {
    const bool found = !is_at_end() && peek() == c;
    at_ += found ? 1 : 0;
    return found;
  }
  char take_one_of(std::string_view all) {
    const char c = peek();
    if (!is_one_of(c, all)) return '\0';
    ++at_;
    return c;
  }
  std::optional<std::int64_t> number(std::int64_t most) {
    if (!is_digit(peek())) return {};
    std::int64_t number = 0;
    for (; is_digit(peek()); ++at_) number = std::min(number * 10 + (peek() - '0'), most + 1);
    if (number > most) fail("A width or precision of a format is too large.");
    return number;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string printed(const char* format, std::int64_t precision, double number) {
  const int length = std::snprintf(nullptr, 0, format, static_cast<int>(precision), number);
  std::string out(static_cast<std::size_t>(length) + 1, '\0');
  std::snprintf(out.data(), out.size(), format, static_cast<int>(precision), number);
  out.pop_back();
  return out;
}

/// The digits of a float without its sign.
std::string float_digits(double number, const FormatSpec& spec) {
  const bool is_upper = is_one_of(spec.type, "EFG");
  if (!std::isfinite(number)) {
    const std::string name =
        std::isnan(number) ? (is_upper ? "NAN" : "nan") : (is_upper ? "INF" : "inf");
    return spec.type == '%' ? name + "%" : name;
  }
  const std::int64_t precision = spec.precision.value_or(6);
  switch (spec.type) {
    case 'e':
      return printed(spec.is_alternate ? "%#.*e" : "%.*e", precision, number);
    case 'E':
      return printed(spec.is_alternate ? "%#.*E" : "%.*E", precision, number);
    case 'f':
    case 'F':
      return printed(spec.is_alternate ? "%#.*f" : "%.*f", precision, number);
    case '%':
      return printed(spec.is_alternate ? "%#.*f" : "%.*f", precision, number * 100) + "%";
    case 'G':
      return printed(spec.is_alternate ? "%#.*G" : "%.*G", precision, number);
    case 'g':
    case 'n':
      return printed(spec.is_alternate ? "%#.*g" : "%.*g", precision, number);
    default:
      break;
  }
  if (!spec.precision) return float_repr(number);
  // As `g`, but with a digit after the point, and sooner with an exponent.
  std::string exponent = printed("%.*e", std::max<std::int64_t>(precision, 1) - 1, number);
  const int power = std::atoi(exponent.c_str() + exponent.find('e') + 1);
  const bool is_fixed = power >= -4 && power < std::max<std::int64_t>(precision, 1) - 1;
  if (!is_fixed) {
    const std::string general = printed("%.*g", precision, number);
    if (general.find('e') != std::string::npos) return general;
    const std::size_t end = exponent.find('e');
    std::string digits = exponent.substr(0, end);
    if (digits.find('.') != std::string::npos) {
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.back() == '.') digits.pop_back();
    }
    return digits + exponent.substr(end);
  }
  const std::string general = printed("%.*g", precision, number);
  return general.find('.') == std::string::npos ? general + ".0" : general;
}

std::string integer_digits(UnsignedInteger number, char type) {
  const unsigned base = is_one_of(type, "xX") ? 16 : type == 'o' ? 8 : type == 'b' ? 2 : 10;
  const char* const all = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), all[static_cast<std::size_t>(number % base)]);
    number /= base;
  } while (number > 0);
  return out;
}

std::string grouped(const std::string& digits, char group, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out.push_back(group);
    out.push_back(digits[i]);
  }
  return out;
}

/// Sign, prefix and digits, with zeros up to the width where they are asked for.
Text joined(bool is_negative, const std::string& prefix, std::string digits, const FormatSpec& spec,
            std::size_t group_size) {
  const std::string sign = is_negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  const bool fills_zeros =
      spec.align == '=' && spec.fill.bytes() == "0" && is_digit(digits.empty() ? '\0' : digits[0]);
  std::size_t num_whole = 0;
  while (num_whole < digits.size() &&
         std::isxdigit(static_cast<unsigned char>(digits[num_whole]))) {
    if (digits[num_whole] == 'e' && group_size == 3) break;
    ++num_whole;
  }
  std::string whole = digits.substr(0, num_whole);
  const std::string rest = digits.substr(num_whole);
  if (spec.group != '\0') {
    const auto length = [&](std::size_t num) { return num + (num - 1) / group_size; };
    const std::size_t others = sign.size() + prefix.size() + rest.size();
    while (fills_zeros && !whole.empty() &&
           static_cast<std::int64_t>(length(whole.size()) + others) < spec.width) {
      whole.insert(0, "0");
    }
    whole = grouped(whole, spec.group, group_size);
  }
  const std::string body = whole + rest;
  if (spec.align != '=') return Text(sign + prefix + body);
  FormatSpec rest_spec = spec;
  rest_spec.align = '>';
  rest_spec.width -= static_cast<std::int64_t>(sign.size() + prefix.size());
  Text out(sign + prefix);
  out.append(pad(Text(body), rest_spec, '>'));
  return out;
}

}  // namespace

Text character_of(std::int64_t code) {
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < 0 || code > 0x10FFFF || is_surrogate) fail("There is no character of that number.");
  std::string bytes;
  octavo::append_utf8(bytes, static_cast<char32_t>(code));
  return Text(bytes, false);
}

FormatSpec read_format_spec(const Text& text) {
  FormatSpec spec;
  const std::string& bytes = text.bytes();
  SpecReader reader(bytes);
  constexpr std::string_view kAligns = "<>=^";
  const std::size_t first = bytes.empty() ? 0 : octavo::read_utf8(bytes).length;
  const bool has_fill = first < bytes.size() && first > 0 && is_one_of(bytes[first], kAligns);
  if (has_fill) {
    spec.fill = text.part(0, first);
    reader.pass(first);
  }
  spec.align = reader.take_one_of(kAligns);
  if (const char sign = reader.take_one_of("+- "); sign != '\0') spec.sign = sign;
  spec.is_alternate = reader.take('#');
  if (reader.take('0')) {
    spec.has_zeros = true;
    if (!has_fill) spec.fill = Text("0");
    if (spec.align == '\0') spec.align = '=';
  }
  spec.width = reader.number(kMaxWidth).value_or(0);
  spec.group = reader.take_one_of(",_");
  if (reader.take('.')) {
    spec.precision = reader.number(kMaxPrecision);
    if (!spec.precision) fail("A format has a point without a precision.");
  }
  if (!reader.is_at_end()) {
    spec.type = reader.peek();
    reader.pass(1);
  }
  if (!reader.is_at_end()) fail("The format '" + bytes + "' is not one of Python's.");
  return spec;
}

Text format_number(const Value& number, const FormatSpec& spec) {
  const bool is_float_type = is_one_of(spec.type, "eEfFgG%");
  if (number.is_float() || is_float_type) {
    const bool is_known = spec.type == '\0' || spec.type == 'n' || is_float_type;
    if (!is_known) fail(std::string("A float has no format '") + spec.type + "'.");
    const double value = number.as_float();
    const bool is_negative = std::signbit(value) && !std::isnan(value);
    return joined(is_negative, "", float_digits(std::fabs(value), spec), spec, 3);
  }
  if (spec.type != '\0' && !is_one_of(spec.type, "dnboxX")) {
    fail(std::string("An integer has no format '") + spec.type + "'.");
  }
  if (spec.precision) fail("The format of an integer has no precision.");
  if (spec.group == ',' && is_one_of(spec.type, "boxX")) fail("Only '_' groups these digits.");
  const Integer value = number.as_integer();
  std::string digits = integer_digits(size_of(value), spec.type);
  while (static_cast<std::int64_t>(digits.size()) < spec.min_digits) digits.insert(0, "0");
  const bool has_prefix = spec.is_alternate && is_one_of(spec.type, "boxX");
  return joined(value < 0, has_prefix ? std::string("0") + spec.type : "", std::move(digits), spec,
                is_one_of(spec.type, "boxX") ? 4 : 3);
}

Text pad(const Text& body, const FormatSpec& spec, char default_align) {
  const auto length = static_cast<std::int64_t>(body.character_offsets().size()) - 1;
  const std::int64_t missing = std::max<std::int64_t>(spec.width, length) - length;
  const char align = spec.align == '\0' ? default_align : spec.align;
  const std::int64_t left = align == '>' ? missing : align == '^' ? missing / 2 : 0;
  Text out;
  for (std::int64_t i = 0; i < left; ++i) out.append(spec.fill);
  out.append(body);
  for (std::int64_t i = left; i < missing; ++i) out.append(spec.fill);
  return out;
}

Text format_value(const Value& value, const Text& text_spec) {
  if (text_spec.empty()) return to_text(value);
  FormatSpec spec = read_format_spec(text_spec);
  if (value.is_text()) {
    const bool is_numeric = spec.sign != '-' || spec.is_alternate || spec.group != '\0' ||
                            (spec.align == '=' && !spec.has_zeros) ||
                            !(spec.type == '\0' || spec.type == 's');
    if (is_numeric) fail("A string has no format '" + text_spec.bytes() + "'.");
    if (spec.align == '=') spec.align = '<';
    Text text = value.as_text();
    const auto offsets = text.character_offsets();
    const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
    if (spec.precision && *spec.precision < length) {
      text = text.part(0, offsets[static_cast<std::size_t>(*spec.precision)]);
    }
    return pad(text, spec, '<');
  }
  if (!value.is_number()) {
    fail("A value of type '" + std::string(value.type_name()) + "' takes no format.");
  }
  if (spec.type == 'c') {
    return pad(character_of(value.as_int()), spec, '<');
  }
  return pad(format_number(value, spec), spec, '>');
}

}  // namespace octavo::jinja
