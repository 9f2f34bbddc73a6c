// Python's notions of characters: their cases, which may be several characters, and their kinds.
#pragma once

#include <string>

namespace octavo::jinja {

std::u32string upper_of(char32_t character);
std::u32string title_of(char32_t character);
/// Without the final sigma, which depends on its neighbours.
std::u32string lower_of(char32_t character);
std::u32string folded(char32_t character);

bool is_cased(char32_t character);
/// Looked over where a cased neighbour is looked for.
bool is_case_ignorable(char32_t character);
bool is_upper_case(char32_t character);
bool is_lower_case(char32_t character);
bool is_title_case(char32_t character);

bool is_letter(char32_t character);
bool is_decimal(char32_t character);
bool is_digit(char32_t character);
bool is_numeric(char32_t character);
/// Python also counts the four separators of ASCII.
bool is_blank(char32_t character);
bool is_printable(char32_t character);
/// Unicode's XID_Start, with the underscore, and XID_Continue: what a name is made of.
bool is_name_start(char32_t character);
bool is_name_part(char32_t character);

}  // namespace octavo::jinja
