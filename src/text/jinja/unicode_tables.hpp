// What Unicode says of characters and utf8proc does not: the cases of a character that are more
// than one character, and who has a numeric value.
#pragma once

#include <span>
#include <string_view>

namespace octavo::jinja {

struct SpecialCase {
  char32_t character;
  std::u32string_view title;
  std::u32string_view upper;
};

struct CharacterRange {
  char32_t first;
  char32_t last;
};

/// In the order of their characters, as the ranges below.
std::span<const SpecialCase> special_cases();
/// Numeric type Digit: superscripts, and digits in circles.
std::span<const CharacterRange> digits_that_are_not_decimal();
/// Ideographs that mean a number.
std::span<const CharacterRange> letters_with_a_number();

}  // namespace octavo::jinja
