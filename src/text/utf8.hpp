// Which characters separate words and which make them, as tokenizers and templates need it.
#pragma once

#include "src/core/utf8.hpp"

namespace octavo::text {

/// Unicode's White_Space property.
bool is_white_space(char32_t character);
/// A letter, mark, number or connector: what `\w` matches.
bool is_word_character(char32_t character);

}  // namespace octavo::text
