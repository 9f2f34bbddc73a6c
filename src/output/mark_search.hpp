// A model's text arrives in pieces, and a piece may end inside of a mark. These functions find the
// marks in a text, and say how much of its end must wait because it may be the beginning of one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace octavo {

struct FoundMark {
  std::size_t begin = std::string_view::npos;  ///< Where the first of them stands.
  std::string_view mark{};                     ///< The longest that stands there.
  bool is_found() const { return begin != std::string_view::npos; }
};

inline FoundMark find_first(std::string_view text, std::span<const std::string_view> marks) {
  FoundMark first;
  for (const std::string_view mark : marks) {
    const std::size_t begin = mark.empty() ? std::string_view::npos : text.find(mark);
    const bool is_first = begin < first.begin;
    const bool is_longer = begin == first.begin && mark.size() > first.mark.size();
    if (begin != std::string_view::npos && (is_first || is_longer)) first = {begin, mark};
  }
  return first;
}

/// A mark that must come soon, as the one that ends a name must.
struct BoundedMark {
  FoundMark found{};
  bool may_come = false;  ///< Not found, and there is too little text yet to say that it will not.
};

/// The first mark, if it begins within the first max_bytes of the text. However a text is cut, the
/// answer is in the end the same: the bound counts bytes of the text, not of what has come so far.
inline BoundedMark find_within(std::string_view text, std::span<const std::string_view> marks,
                               std::size_t max_bytes) {
  std::size_t longest = 0;
  for (const std::string_view mark : marks) longest = std::max(longest, mark.size());
  const FoundMark found = find_first(text.substr(0, max_bytes + longest), marks);
  if (found.begin <= max_bytes) return {found, false};
  return {{}, text.size() < max_bytes + longest};
}

/// How many bytes at the end of the text may be the beginning of a mark.
inline std::size_t num_begun(std::string_view text, std::span<const std::string_view> marks) {
  std::size_t longest = 0;
  for (const std::string_view mark : marks) {
    std::size_t length = mark.empty() ? 0 : std::min(text.size(), mark.size() - 1);
    while (length > longest && !mark.starts_with(text.substr(text.size() - length))) --length;
    longest = std::max(longest, length);
  }
  return longest;
}

enum class Starts : std::uint8_t { kYes, kNo, kPerhaps };

/// Whether the text starts with the mark. kPerhaps: the text is too short to say.
inline Starts starts_with(std::string_view text, std::string_view mark) {
  if (text.size() >= mark.size()) return text.starts_with(mark) ? Starts::kYes : Starts::kNo;
  return mark.starts_with(text) ? Starts::kPerhaps : Starts::kNo;
}

inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline std::size_t num_leading_blanks(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_blank) - text.begin());
}

constexpr std::string_view kBlanks = " \t\n\v\f\r";

}  // namespace octavo
