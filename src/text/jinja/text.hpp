// A rendered prompt must still know which bytes a user wrote: a string that carries, through every
// operation, where its parts came from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/text_span.hpp"

namespace octavo::jinja {

/// Valid UTF-8 with provenance. Results of operations keep it byte by byte, or are untrusted.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view bytes, bool trusted = true) { append(bytes, trusted); }

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool is_trusted() const { return runs_.empty() || (runs_.size() == 1 && runs_[0].trusted); }

  void append(std::string_view bytes, bool trusted);
  void append(const Text& other);
  /// Bytes [begin, end); both at borders of characters.
  Text part(std::size_t begin, std::size_t end) const;

  /// Calls visit(character's bytes, trusted) for each character.
  void for_each_character(const std::function<void(std::string_view, bool)>& visit) const;
  /// Byte offsets of all characters, and the size at the end.
  std::vector<std::size_t> character_offsets() const;

  std::vector<TextSpan> spans() const;

 private:
  struct Run {
    std::size_t end;
    bool trusted;
  };
  std::string bytes_;
  std::vector<Run> runs_;  ///< Neighbours differ; the last ends where the bytes end.
};

/// Pieces of text between separator (not empty); at most max_splits cuts, from the left or right.
std::vector<Text> split(const Text& text, std::string_view separator, std::int64_t max_splits,
                        bool from_right);
/// Python's split without a separator: words between runs of white space.
std::vector<Text> split_words(const Text& text, std::int64_t max_splits, bool from_right);
Text replace(const Text& text, const Text& from, const Text& to, std::int64_t max_count);

/// Takes off what is_dropped says, on the left, the right or both.
Text strip(const Text& text, const std::function<bool(char32_t)>& is_dropped, bool left,
           bool right);
Text strip_blanks(const Text& text, bool left, bool right);
Text strip_any_of(const Text& text, std::string_view characters, bool left, bool right);

/// Python's upper(), lower(), casefold(), swapcase(), title() and capitalize().
Text to_upper(const Text& text);
Text to_lower(const Text& text);
Text fold_case(const Text& text);
Text swap_case(const Text& text);
/// The first letter of each word upper case, the rest lower; a word follows what has no case.
Text to_title(const Text& text);
Text capitalize(const Text& text);

}  // namespace octavo::jinja
