// A number written in a given format: Python's format specification, which also serves `%`.
#pragma once

#include <optional>
#include <string>

#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

struct FormatSpec {
  Text fill = Text(" ");
  char align = '\0';  ///< < > ^ =; 0: that of the value's type.
  char sign = '-';    ///< - + or a blank.
  bool is_alternate = false;
  bool has_zeros = false;
  std::int64_t width = 0;
  char group = '\0';  ///< , or _ between groups of digits; 0: none.
  std::optional<std::int64_t> precision;
  std::int64_t min_digits = 0;  ///< The least digits of an integer.
  char type = '\0';
};

/// [[fill]align][sign][#][0][width][group][.precision][type]
FormatSpec read_format_spec(const Text& spec);

/// type: 0 d n b o x X, or one of a float's.
Text format_number(const Value& number, const FormatSpec& spec);
/// The character of that number; a number does not tell who wrote it, so it is untrusted.
Text character_of(std::int64_t code);
/// Fills body up to the width.
Text pad(const Text& body, const FormatSpec& spec, char default_align);
/// format(value, spec); text_spec is what spec was read from.
Text format_value(const Value& value, const Text& text_spec);

}  // namespace octavo::jinja
