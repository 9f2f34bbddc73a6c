// Numbers as Python reads and rounds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

/// int(text, base), base 0 or 2 to 36: blanks around it, a sign, the base's prefix, underscores
/// between digits, digits of any script. None where Python finds no integer; a fault where it has
/// more than 64 bits.
std::optional<std::int64_t> read_integer(const Text& text, std::int64_t base);
/// float(text), with `inf` and `nan`.
std::optional<double> read_float(const Text& text);

/// round(number, num_digits), to even where the exact value lies in the middle.
Value round_number(const Value& number, std::int64_t num_digits);
/// The same without num_digits: always an integer.
Value round_to_integer(const Value& number);

}  // namespace octavo::jinja
