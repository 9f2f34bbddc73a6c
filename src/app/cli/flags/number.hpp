// The parser's own conversions wrap what does not fit, take `nan` for a number and read `010` as 8,
// and its ranges are told with hundreds of digits. So every number on the command line is read here
// first: the whole text, in decimal, within bounds that are told in words.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

namespace octavo {

/// For CLI::Option::transform: what is given is an integer, and the bounds belong to the range. A
/// high end that is the largest of its type goes untold while a text is not above it.
CLI::Validator integer(std::int64_t low,
                       std::uint64_t high = std::numeric_limits<std::int32_t>::max());

enum class LowEnd : std::uint8_t { kIncluded, kExcluded };

/// For CLI::Option::transform: what is given is a finite number, and the high end belongs to the
/// range.
CLI::Validator number(double low, double high, LowEnd low_end = LowEnd::kIncluded);

}  // namespace octavo
