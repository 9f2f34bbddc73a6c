// A message may quote what a template raises or what stands in a file, line breaks and all; an
// error is one line of a terminal or of a log.
#pragma once

#include <string>
#include <string_view>

namespace octavo {

/// The same text with a blank for each run of blanks and control characters; none at its ends.
inline std::string one_line(std::string_view text) {
  std::string line;
  bool is_apart = false;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
    if (!is_blank && is_apart && !line.empty()) line += ' ';
    if (!is_blank) line += c;
    is_apart = is_blank;
  }
  return line;
}

}  // namespace octavo
