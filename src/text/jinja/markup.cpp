#include "src/text/jinja/markup.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "src/text/jinja/builtins.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

/// Takes out every part from open to close.
Text without(const Text& text, std::string_view open, std::string_view close) {
  const std::string& bytes = text.bytes();
  Text out;
  std::size_t begin = 0;
  while (true) {
    const std::size_t from = bytes.find(open, begin);
    const std::size_t to = from == std::string::npos ? from : bytes.find(close, from);
    if (to == std::string::npos) break;
    out.append(text.part(begin, from));
    begin = to + close.size();
  }
  out.append(text.part(begin, bytes.size()));
  return out;
}

/// What HTML makes of a number: some old ones mean characters of Windows.
std::string numbered_character(std::uint64_t number) {
  constexpr std::array<char16_t, 32> kWindows{
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  if (number >= 0x80 && number < 0xA0) number = kWindows[number - 0x80];
  const bool is_none = number == 0 || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF);
  if (is_none) return std::string(octavo::kReplacementCharacter);
  const bool is_control =
      number < 0x20 && number != '\t' && number != '\n' && number != '\f' && number != '\r';
  const bool is_invalid = is_control || number == 0x7F || (number & 0xFFFE) == 0xFFFE ||
                          (number >= 0xFDD0 && number <= 0xFDEF);
  std::string out;
  if (!is_invalid) octavo::append_utf8(out, static_cast<char32_t>(number));
  return out;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct Reference {
  std::size_t num_bytes = 0;  ///< With `&`; 0: it is none.
  std::string character;
};

Reference read_numbered(std::string_view text) {
  const bool is_hex = text.size() > 2 && (text[2] | 0x20) == 'x';
  const std::size_t begin = is_hex ? 3 : 2;
  const std::string_view digits =
      is_hex ? std::string_view("0123456789abcdefABCDEF") : std::string_view("0123456789");
  std::size_t end = std::min(text.find_first_not_of(digits, begin), text.size());
  if (end <= begin) return {};
  std::uint64_t number = 0x110000;
  // What does not fit is no character either.
  std::from_chars(text.data() + begin, text.data() + end, number, is_hex ? 16 : 10);
  if (end < text.size() && text[end] == ';') ++end;
  return {end, numbered_character(number)};
}

Reference read_reference(std::string_view text) {
  if (text.size() > 1 && text[1] == '#') return read_numbered(text);
  std::size_t end = 1;
  while (end < text.size() && is_name_character(text[end])) ++end;
  Reference reference;
  const bool is_closed = end < text.size() && text[end] == ';';
  if (is_closed) {
    if (const char32_t c = html_character(text.substr(1, end - 1))) {
      octavo::append_utf8(reference.character, c);
      reference.num_bytes = end + 1;
      return reference;
    }
  }
  // The oldest names, those of Latin 1 and of the signs of HTML itself, need no semicolon.
  for (std::size_t length = end - 1; length > 1; --length) {
    const char32_t c = html_character(text.substr(1, length));
    const bool is_old = c != 0 && c <= 0xFF && text.substr(1, length) != "apos";
    if (!is_old) continue;
    octavo::append_utf8(reference.character, c);
    reference.num_bytes = length + 1;
    return reference;
  }
  return reference;
}

}  // namespace

Text escape_html(const Text& text) {
  Text out;
  text.for_each_character([&out](std::string_view character, bool trusted) {
    const char c = character[0];
    out.append(c == '&'    ? "&amp;"
               : c == '<'  ? "&lt;"
               : c == '>'  ? "&gt;"
               : c == '"'  ? "&#34;"
               : c == '\'' ? "&#39;"
                           : character,
               trusted);
  });
  return out;
}

Text shown(const Value& value, Quoting quoting) {
  const Text text = to_text(value);
  return quoting == Quoting::kNone || value.is_safe() ? text : escape_html(text);
}

Value as_safe_as(const Value& value, Text text) {
  Value out(std::move(text));
  if (value.is_safe()) out.mark_safe();
  return out;
}

Text unescape_html(const Text& text) {
  const std::string& bytes = text.bytes();
  Text out;
  std::size_t begin = 0;
  for (std::size_t at = bytes.find('&'); at != std::string::npos; at = bytes.find('&', at)) {
    const Reference reference = read_reference(std::string_view(bytes).substr(at, 40));
    if (reference.num_bytes == 0) {
      ++at;
      continue;
    }
    out.append(text.part(begin, at));
    begin = at + reference.num_bytes;
    // The character is trusted only where all of its reference is.
    out.append(reference.character, text.part(at, begin).is_trusted());
    at = begin;
  }
  out.append(text.part(begin, bytes.size()));
  return out;
}

Text strip_tags(const Text& text) {
  const Text plain = without(without(text, "<!--", "-->"), "<", ">");
  Text out;
  for (const Text& word : split_words(plain, -1, false)) {
    if (!out.empty()) out.append(" ", true);
    out.append(word);
  }
  return unescape_html(out);
}

}  // namespace octavo::jinja
