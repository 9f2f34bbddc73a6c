#include "src/text/jinja/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "src/text/jinja/character_names.hpp"
#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/numbers.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";
constexpr std::array<std::string_view, 6> kLongOperators{"==", "!=", "<=", ">=", "//", "**"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_digit_of(char c, int base) {
  const char lower = static_cast<char>(c | 0x20);
  return is_digit(c) ? c - '0' < base : base == 16 && lower >= 'a' && lower <= 'f';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) read_data();
    add(TokenKind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return source_.substr(at_); }
  bool looks_at(std::string_view text) const { return rest().starts_with(text); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  void advance(std::size_t num_bytes) {
    const std::string_view passed = source_.substr(at_, num_bytes);
    line_ += static_cast<int>(std::ranges::count(passed, '\n'));
    at_ += passed.size();
  }
  void skip_blanks() {
    const std::size_t end = source_.find_first_not_of(kBlanks, at_);
    advance((end == std::string_view::npos ? source_.size() : end) - at_);
  }
  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  /// Text up to the next tag, then the tag.
  void read_data() {
    std::size_t tag = source_.find('{', at_);
    while (tag != std::string_view::npos &&
           (tag + 1 >= source_.size() ||
            std::string_view("{%#").find(source_[tag + 1]) == std::string_view::npos)) {
      tag = source_.find('{', tag + 1);
    }
    if (tag == std::string_view::npos) tag = source_.size();
    std::string_view data = source_.substr(at_, tag - at_);
    const bool has_tag = tag < source_.size();
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (has_tag) data = trim_before_tag(data, source_[tag + 1], sign);
    if (!data.empty()) add(TokenKind::kData, std::string(data));
    advance(tag - at_);
    if (!has_tag) return;
    const char kind = source_[tag + 1];
    advance(sign == '-' || (sign == '+' && kind != '{') ? 3 : 2);
    if (kind == '#') {
      read_comment();
    } else if (kind == '{') {
      read_output();
    } else {
      read_block();
    }
  }

  std::string_view trim_before_tag(std::string_view data, char kind, char sign) const {
    if (sign == '-') {
      const std::size_t last = data.find_last_not_of(kBlanks);
      return data.substr(0, last == std::string_view::npos ? 0 : last + 1);
    }
    if (sign == '+' || kind == '{') return data;
    const std::size_t newline = data.rfind('\n');
    const bool has_newline = newline != std::string_view::npos;
    if (!has_newline && !at_line_start_) return data;
    const std::size_t line = has_newline ? newline + 1 : 0;
    const bool is_blank = data.find_first_not_of(kBlanks, line) == std::string_view::npos;
    return is_blank ? data.substr(0, line) : data;
  }

  /// After the end of a tag: `-` takes all blanks, a block or comment its newline.
  void pass_end(char sign, bool takes_newline) {
    at_line_start_ = false;
    if (sign == '-') {
      const std::size_t begin = at_;
      skip_blanks();
      at_line_start_ = at_ > begin && source_[at_ - 1] == '\n';
    } else if (takes_newline && sign != '+' && peek() == '\n') {
      advance(1);
      at_line_start_ = true;
    }
  }

  void read_comment() {
    if (at_ == source_.size()) return;  // Jinja looks for an end only where something follows.
    const std::size_t end = source_.find("#}", at_);
    if (end == std::string_view::npos) fail("A comment has no end.", line_);
    const char sign = end > at_ ? source_[end - 1] : '\0';
    advance(end + 2 - at_);
    pass_end(sign, true);
  }

  void read_output() {
    add(TokenKind::kOutputBegin, "");
    const char sign = read_expression("}}");
    add(TokenKind::kOutputEnd, "");
    pass_end(sign, false);
  }

  void read_block() {
    if (read_raw()) return;
    add(TokenKind::kBlockBegin, "");
    const char sign = read_expression("%}");
    add(TokenKind::kBlockEnd, "");
    pass_end(sign, true);
  }

  /// Passes `word` and the tag's end, with one of the signs or none, when the tag is only that
  /// word. Gives the end's sign.
  bool read_bare_tag(std::string_view word, std::string_view signs, char& sign) {
    std::size_t at = source_.find_first_not_of(kBlanks, at_);
    if (at == std::string_view::npos || !source_.substr(at).starts_with(word)) return false;
    at = source_.find_first_not_of(kBlanks, at + word.size());
    if (at == std::string_view::npos) return false;
    sign = source_[at];
    const std::size_t sign_bytes = signs.find(sign) != std::string_view::npos ? 1 : 0;
    if (!source_.substr(at + sign_bytes).starts_with("%}")) return false;
    advance(at + sign_bytes + 2 - at_);
    return true;
  }

  bool read_raw() {
    char sign = '\0';
    if (!read_bare_tag("raw", "-", sign)) return false;
    pass_end(sign, false);
    const std::size_t begin = at_;
    for (std::size_t tag = source_.find("{%", at_); tag != std::string_view::npos;
         tag = source_.find("{%", tag + 2)) {
      const char open_sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
      advance(tag + (open_sign == '-' || open_sign == '+' ? 3 : 2) - at_);
      if (!read_bare_tag("endraw", "-+", sign)) continue;
      const std::string_view data =
          trim_before_tag(source_.substr(begin, tag - begin), '%', open_sign);
      if (!data.empty()) add(TokenKind::kData, std::string(data));
      pass_end(sign, true);
      return true;
    }
    fail("'raw' has no 'endraw'.", line_);
  }

  /// Tokens up to end, which is passed. Gives the sign before it.
  char read_expression(std::string_view end) {
    int num_open = 0;
    while (true) {
      skip_blanks();
      if (at_ >= source_.size()) fail("A tag has no end.", line_);
      const char c = peek();
      const bool has_sign = c == '-' || (c == '+' && end == "%}");
      if (num_open == 0 && looks_at(end)) {
        advance(end.size());
        return '\0';
      }
      if (num_open == 0 && has_sign && source_.substr(at_ + 1).starts_with(end)) {
        advance(end.size() + 1);
        return c;
      }
      if (c == '(' || c == '[' || c == '{') ++num_open;
      if (c == ')' || c == ']' || c == '}') num_open = std::max(num_open - 1, 0);
      read_token(c);
    }
  }

  void read_token(char c) {
    if (is_name_start(c)) {
      std::size_t length = 1;
      while (is_name_start(peek(length)) || is_digit(peek(length))) ++length;
      add(TokenKind::kName, std::string(rest().substr(0, length)));
      advance(length);
    } else if (is_digit(c)) {
      read_number();
    } else if (c == '\'' || c == '"') {
      read_string(c);
    } else {
      const auto it = std::ranges::find_if(kLongOperators, [&](auto op) { return looks_at(op); });
      const std::size_t length = it == kLongOperators.end() ? 1 : 2;
      if (length == 1 && std::string_view("+-*/%~<>=.,:|()[]{};!").find(c) == std::string::npos) {
        fail(std::string("The character '") + c + "' has no meaning here.", line_);
      }
      add(TokenKind::kOperator, std::string(rest().substr(0, length)));
      advance(length);
    }
  }

  /// Digits of base from at on, with underscores between them; how many bytes.
  std::size_t count_digits(std::size_t at, int base, std::string* digits = nullptr) const {
    std::size_t end = at;
    while (true) {
      const std::size_t next = end > at && peek(end) == '_' ? end + 1 : end;
      if (!is_digit_of(peek(next), base)) return end - at;
      if (digits != nullptr) digits->push_back(peek(next));
      end = next + 1;
    }
  }

  void read_number() {
    const char mark = static_cast<char>(peek(1) | 0x20);
    const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    // An underscore may follow the base's mark.
    const std::size_t begin = peek(2) == '_' ? 3 : 2;
    if (peek() == '0' && base != 10 && count_digits(begin, base) > 0) {
      std::string digits;
      const std::size_t length = count_digits(begin, base, &digits);
      return add_number(TokenKind::kInteger, decimal(digits, base), begin + length);
    }
    std::string digits;
    std::size_t end = count_digits(0, 10, &digits);
    const std::size_t num_whole = end;
    // What follows a point is an index, never a fraction.
    const bool follows_point = at_ > 0 && source_[at_ - 1] == '.';
    if (!follows_point && peek(end) == '.' && is_digit(peek(end + 1))) {
      digits.push_back('.');
      end += 1 + count_digits(end + 1, 10, &digits);
    }
    const bool has_sign = peek(end + 1) == '-' || peek(end + 1) == '+';
    const std::size_t exponent = end + (has_sign ? 2 : 1);
    if (!follows_point && (peek(end) | 0x20) == 'e' && is_digit(peek(exponent))) {
      digits.append(has_sign && peek(end + 1) == '-' ? "e-" : "e");
      end = exponent + count_digits(exponent, 10, &digits);
    }
    if (end > num_whole) return add_number(TokenKind::kFloat, digits, end);
    if (digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) {
      fail("A number must not begin with a zero.", line_);
    }
    add_number(TokenKind::kInteger, digits, end);
  }

  void add_number(TokenKind kind, std::string digits, std::size_t num_bytes) {
    add(kind, std::move(digits));
    advance(num_bytes);
  }

  std::string decimal(const std::string& digits, int base) const {
    const auto value = integer_of(digits, base);
    if (!value) fail("The number '" + digits + "' is too large.", line_);
    return digits_of(*value);
  }

  void read_string(char quote) {
    const int line = line_;
    std::string text;
    advance(1);
    while (peek() != quote || at_ >= source_.size()) {
      if (at_ >= source_.size()) fail("A string has no end.", line);
      if (peek() == '\\' && at_ + 1 < source_.size()) {
        advance(1);
        read_escape(text);
      } else {
        text.push_back(peek());
        advance(1);
      }
    }
    advance(1);
    add(TokenKind::kString, octavo::replace_broken_utf8(text));
  }

  /// Up to three digits, of which one is read.
  void read_octal(std::string& text, char first) {
    auto value = static_cast<char32_t>(first - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
      value = value * 8 + static_cast<char32_t>(peek() - '0');
      advance(1);
    }
    octavo::append_utf8(text, value);
  }

  void read_named(std::string& text) {
    const std::size_t end = peek() == '{' ? rest().find('}') : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail("An escape '\\N' has no character's name in braces after it.", line_);
    }
    const std::string_view name = rest().substr(1, end - 1);
    const auto character = character_named(name);
    if (!character) fail("No character has the name '" + std::string(name) + "'.", line_);
    octavo::append_utf8(text, *character);
    advance(end + 1);
  }

  /// A backslash that begins no escape stays, with the character after it. Jinja replaces
  /// characters beyond ASCII by escapes before it looks for any: so in front of such a character
  /// the backslash takes the one of its escape along, and the escape is written as it is spelled.
  void read_no_escape(std::string& text, char first) {
    if (static_cast<unsigned char>(first) < 0x80) {
      text.append(1, '\\').append(1, first);
      return;
    }
    const octavo::Utf8Unit unit = octavo::read_utf8(source_.substr(at_ - 1));
    advance(unit.length - 1);
    const auto number = static_cast<unsigned>(unit.character);
    char spelled[12];
    const char* form = number < 0x100 ? "\\x%02x" : number < 0x10000 ? "\\u%04x" : "\\U%08x";
    std::snprintf(spelled, sizeof(spelled), form, number);
    text += spelled;
  }

  void read_escape(std::string& text) {
    constexpr std::string_view kNames = "abfnrtv\\'\"";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\'\"";
    const char c = peek();
    advance(1);
    if (const std::size_t i = kNames.find(c); i != std::string_view::npos) {
      text.push_back(kValues[i]);
      return;
    }
    if (c == '\n') return;
    if (c >= '0' && c <= '7') return read_octal(text, c);
    if (c == 'N') return read_named(text);
    const std::size_t num_digits = c == 'x' ? 2 : (c == 'u' ? 4 : (c == 'U' ? 8 : 0));
    if (num_digits == 0) return read_no_escape(text, c);
    std::uint32_t value = 0;
    const std::string_view digits = rest().substr(0, num_digits);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || end != digits.data() + num_digits || value > 0x10FFFF) {
      fail(std::string("An escape '\\") + c + "' has no character's number behind it.", line_);
    }
    octavo::append_utf8(text, value);
    advance(num_digits);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool at_line_start_ = true;
  std::vector<Token> tokens_;
};

/// Python reads every kind of line end as one; the last newline of a template does not count.
std::string unify_newlines(std::string_view source) {
  std::string out;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out.push_back(source[i]);
    } else if (i + 1 >= source.size() || source[i + 1] != '\n') {
      out.push_back('\n');
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  const std::string text = unify_newlines(source);
  return Lexer(text).run();
}

}  // namespace octavo::jinja
