#include "src/text/character_matcher.hpp"

#include "src/text/utf8.hpp"

namespace octavo::text {

FindResult CharacterMatcher::find(std::string_view text, std::size_t from,
                                  std::chrono::nanoseconds&, ByteRange& match) const {
  while (from < text.size()) {
    const Utf8Unit unit = read_utf8(text.substr(from));
    match = {from, from + unit.length};
    if (is_member_(unit.character)) return FindResult::kMatch;
    from = match.end;
  }
  return FindResult::kNothing;
}

FindResult WordMatcher::find(std::string_view text, std::size_t from, std::chrono::nanoseconds&,
                             ByteRange& match) const {
  Utf8Unit unit;
  const auto read = [&] { unit = read_utf8(text.substr(from)); };
  for (; from < text.size(); from += unit.length) {
    read();
    if (!is_white_space(unit.character)) break;
  }
  if (from == text.size()) return FindResult::kNothing;
  match.begin = from;
  const bool is_word = is_word_character(unit.character);
  for (from += unit.length; from < text.size(); from += unit.length) {
    read();
    if (is_white_space(unit.character) || is_word_character(unit.character) != is_word) break;
  }
  match.end = from;
  return FindResult::kMatch;
}

}  // namespace octavo::text
