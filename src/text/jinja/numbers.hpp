// Numbers as Python reads and rounds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

/// int(text, base), base 0 or 2 to 36: blanks around it, a sign, the base's prefix, underscores
/// between digits, digits of any script. None where Python finds no integer; a fault where it has
/// more than 128 bits.
std::optional<Integer> read_integer(const Text& text, std::int64_t base);
/// [-]digits in this base, 2 to 36, and nothing else. None where they are not that, or too many.
std::optional<Integer> integer_of(std::string_view digits, int base);
/// In base ten.
std::string digits_of(Integer number);
__extension__ using UnsignedInteger = unsigned __int128;
/// Its absolute value.
UnsignedInteger size_of(Integer number);
/// float(text), with `inf` and `nan`.
std::optional<double> read_float(const Text& text);

/// round(number, num_digits), to even where the exact value lies in the middle.
Value round_number(const Value& number, std::int64_t num_digits);
/// The same without num_digits: always an integer.
Value round_to_integer(const Value& number);

}  // namespace octavo::jinja
