// A line cut into lines of a width, between words, at hyphens, and within a word that is too long.
#include <algorithm>
#include <deque>

#include "src/text/jinja/filters.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

/// A part of a line that is not cut if it fits; places count characters.
struct Chunk {
  std::size_t begin;
  std::size_t end;
  std::size_t length() const { return end - begin; }
  /// Also of nothing.
  bool is_blank_in(std::u32string_view line) const {
    return std::ranges::all_of(line.substr(begin, length()), is_blank);
  }
};

/// What separates words; a word of other blanks is one all the same.
bool is_wrap_blank(char32_t c) { return c == ' ' || (c >= 0x09 && c <= 0x0D); }
bool is_word(char32_t c) { return is_letter(c) || is_digit(c) || is_numeric(c) || c == '_'; }
bool is_word_letter(char32_t c) { return is_word(c) && !is_decimal(c); }
bool is_word_or_mark(char32_t c) {
  return is_word(c) || std::u32string_view(U"!\"'&.,?").find(c) != std::u32string_view::npos;
}

class Chunks {
 public:
  Chunks(const std::u32string& line, bool at_hyphens) : line_(line), at_hyphens_(at_hyphens) {}

  std::deque<Chunk> run() {
    std::deque<Chunk> chunks;
    for (std::size_t at = 0; at < line_.size();) {
      const std::size_t end = is_wrap_blank(line_[at]) ? end_of_blanks(at) : end_of_word(at);
      chunks.push_back({at, end});
      at = end;
    }
    return chunks;
  }

 private:
  char32_t at(std::size_t place) const { return place < line_.size() ? line_[place] : U'\0'; }

  std::size_t end_of_blanks(std::size_t place) const {
    while (place < line_.size() && is_wrap_blank(line_[place])) ++place;
    return place;
  }

  std::size_t count_hyphens(std::size_t place) const {
    std::size_t count = 0;
    while (at(place + count) == U'-') ++count;
    return count;
  }

  /// Two hyphens or more after a word and before one are a dash, and a chunk of their own.
  bool is_dash(std::size_t place) const {
    const std::size_t count = count_hyphens(place);
    return count >= 2 && place > 0 && is_word_or_mark(line_[place - 1]) &&
           is_word(at(place + count));
  }

  /// Behind the hyphen at place a word may be cut: letters stand on both sides of it.
  bool is_cut(std::size_t place, std::size_t begin) const {
    if (at(place) != U'-' || place == begin) return false;
    const bool has_two =
        place >= 2 && is_word_letter(line_[place - 1]) && is_word_letter(line_[place - 2]);
    // A hyphen between: `e-mail-`.
    const bool has_hyphenated = place >= 3 && is_word_or_mark(line_[place - 1]) &&
                                line_[place - 2] == U'-' && is_word_letter(line_[place - 3]);
    if (!has_two && !has_hyphenated) return false;
    const std::size_t next = place + 1;
    if (!is_word_letter(at(next))) return false;
    return is_word_letter(at(next + 1)) || (at(next + 1) == U'-' && is_word_letter(at(next + 2)));
  }

  std::size_t end_of_word(std::size_t begin) const {
    if (at_hyphens_ && is_dash(begin)) return begin + count_hyphens(begin);
    std::size_t place = begin;
    while (place < line_.size() && !is_wrap_blank(line_[place])) {
      if (at_hyphens_ && is_cut(place, begin)) return place + 1;
      ++place;
      if (at_hyphens_ && is_dash(place)) return place;
    }
    return place;
  }

  const std::u32string& line_;
  bool at_hyphens_;
};

/// Where a word that is longer than the room for it is cut.
std::size_t cut_of(const std::u32string& line, const Chunk& chunk, std::size_t room,
                   bool at_hyphens) {
  if (!at_hyphens) return room;
  for (std::size_t i = room; i-- > 1;) {
    if (line[chunk.begin + i] != U'-') continue;
    const auto before = std::u32string_view(line).substr(chunk.begin, i);
    return before.find_first_not_of(U'-') != std::u32string_view::npos ? i + 1 : room;
  }
  return room;
}

}  // namespace

std::vector<Text> wrap_line(const Text& text, const WrapOptions& options) {
  std::u32string line;
  text.for_each_character([&line](std::string_view bytes, bool) {
    line.push_back(octavo::read_utf8(bytes).character);
  });
  const auto offsets = text.character_offsets();
  std::deque<Chunk> chunks = Chunks(line, options.breaks_on_hyphens).run();
  const auto width = static_cast<std::size_t>(options.width);
  std::vector<Text> lines;
  while (!chunks.empty()) {
    if (chunks.front().is_blank_in(line) && !lines.empty()) chunks.pop_front();
    std::vector<Chunk> taken;
    std::size_t length = 0;
    while (!chunks.empty() && length + chunks.front().length() <= width) {
      length += chunks.front().length();
      taken.push_back(chunks.front());
      chunks.pop_front();
    }
    if (!chunks.empty() && chunks.front().length() > width) {
      Chunk& chunk = chunks.front();
      if (options.breaks_long_words) {
        if (!options.is_width_whole) fail("'width' must be an integer.");
        const std::size_t room = std::max<std::size_t>(width - length, 0);
        const std::size_t cut =
            room == 0 ? 0 : cut_of(line, chunk, room, options.breaks_on_hyphens);
        // Without room Python takes nothing of the word, which saves the blank before it.
        taken.push_back({chunk.begin, chunk.begin + cut});
        chunk.begin += cut;
      } else if (taken.empty()) {
        taken.push_back(chunk);
        chunks.pop_front();
      }
    }
    if (!taken.empty() && taken.back().is_blank_in(line)) taken.pop_back();
    if (taken.empty()) continue;
    lines.push_back(text.part(offsets[taken.front().begin], offsets[taken.back().end]));
  }
  return lines;
}

}  // namespace octavo::jinja
