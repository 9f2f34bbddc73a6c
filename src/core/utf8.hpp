// Text comes from clients and from byte tokens, so it may be broken anywhere: one place that reads
// UTF-8 and says what is whole, what is cut short and what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace octavo {

enum class Utf8Kind : std::uint8_t { kWhole, kCutShort, kBroken };

/// What stands at the front of some bytes: a character, the beginning of one that the bytes end
/// in, or a maximal broken part (Unicode 15, section 3.9, "substitution of maximal subparts").
struct Utf8Unit {
  Utf8Kind kind = Utf8Kind::kBroken;
  std::uint32_t length = 1;     ///< Bytes of it, at least 1.
  char32_t character = 0xFFFD;  ///< U+FFFD unless whole.
};

/// bytes must not be empty.
Utf8Unit read_utf8(std::string_view bytes);
void append_utf8(std::string& out, char32_t character);
/// The same text with U+FFFD for each broken part.
std::string replace_broken_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);
/// The same text for a message that quotes it: on one line, without broken parts, and cut at the
/// border of a character when it is longer than max_bytes.
std::string quotable(std::string_view bytes, std::size_t max_bytes);
std::size_t count_characters(std::string_view valid_utf8);
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

}  // namespace octavo
