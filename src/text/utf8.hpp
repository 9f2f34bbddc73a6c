// Text comes from clients and from byte tokens, so it may be broken anywhere: one place that reads
// UTF-8 and says what is whole, what is cut short and what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace octavo::text {

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
std::size_t count_characters(std::string_view valid_utf8);
/// Unicode's White_Space property.
bool is_white_space(char32_t character);
/// A letter, mark, number or connector: what `\w` matches.
bool is_word_character(char32_t character);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

}  // namespace octavo::text
