// Tokenizers cut text of any length where an expression matches: one way to walk over the matches,
// whatever finds them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/text/byte_range.hpp"
#include "src/text/matcher.hpp"

namespace octavo::text {

/// Immutable; safe to use from several threads.
class Regex {
 public:
  /// pattern: in Oniguruma's syntax. Errors: kInvalidFile.
  [[nodiscard]] static Result<Regex> compile(const std::string& pattern);
  /// Matches exactly text; one without text matches between all characters.
  static Regex literal(std::string_view text);
  /// Matches each character of the class by itself.
  static Regex characters(bool (*is_member)(char32_t));
  /// Rust's `\w+|[^\w\s]+`.
  static Regex words();

  explicit Regex(std::shared_ptr<const Matcher> matcher) : matcher_(std::move(matcher)) {}

  /// Calls on_match for each match, left to right, as the `find_iter` of Rust's binding to
  /// Oniguruma does: a match may be empty, but not where the match before it ended. An empty text
  /// has none. False where the pattern gave up: it would need more steps than a text of that length
  /// may take.
  [[nodiscard]] bool for_each_match(std::string_view valid_utf8,
                                    const std::function<void(ByteRange)>& on_match) const;

 private:
  std::shared_ptr<const Matcher> matcher_;
};

/// What a text is refused with that a pattern gave up: kInvalidValue.
Error took_too_long();

/// The pattern in PCRE2's syntax, when it is one that PCRE2 is known to match as Oniguruma does;
/// else an empty text.
std::string known_pattern(std::string_view pattern);

}  // namespace octavo::text
