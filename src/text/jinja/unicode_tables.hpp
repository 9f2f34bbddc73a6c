// What Unicode says of characters and utf8proc does not: the cases of a character that are more than
// one character, and who has a numeric value.
#pragma once

#include <string_view>
#include <vector>

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
const std::vector<SpecialCase>& special_cases();
/// Numeric type Digit: superscripts, and digits in circles.
const std::vector<CharacterRange>& digits_that_are_not_decimal();
/// Ideographs that mean a number.
const std::vector<CharacterRange>& letters_with_a_number();

}  // namespace octavo::jinja
