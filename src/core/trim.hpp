// Text as people and programs write it has characters around it that carry no meaning.
#pragma once

#include <string_view>

namespace octavo {

/// The text without any of `characters` at its ends.
inline std::string_view trim(std::string_view text, std::string_view characters) {
  const std::size_t begin = text.find_first_not_of(characters);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(characters) - begin + 1);
}

}  // namespace octavo
