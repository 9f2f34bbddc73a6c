// Which characters separate words and which make them, as tokenizers and templates need it.
#pragma once

#include "src/core/utf8.hpp"

namespace octavo::text {

/// Unicode's White_Space property.
bool is_white_space(char32_t character);
/// What `\w` matches in Rust: Alphabetic, a mark, a decimal digit, a connector, or one that joins
/// (Unicode's technical standard 18, annex C).
bool is_word_character(char32_t character);
/// Unicode's category N.
bool is_number(char32_t character);
/// Unicode's category P, and the symbols of ASCII.
bool is_punctuation(char32_t character);
/// Unicode's category M: accents, but vowel signs and enclosing circles too.
bool is_mark(char32_t character);

}  // namespace octavo::text
