// Pre-tokenizers are regular expressions over user text of any length: PCRE2 with its compiler,
// limits that grow with the text, and no failure that the caller must handle.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "src/core/result.hpp"

struct pcre2_real_code_8;

namespace octavo::text {

struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
};

/// Immutable; safe to use from several threads.
class Regex {
 public:
  /// pattern is in the syntax that PCRE2 and Oniguruma share. Errors: kInvalidFile.
  [[nodiscard]] static Result<Regex> compile(const std::string& pattern);
  /// A pattern that matches exactly text.
  [[nodiscard]] static Result<Regex> literal(std::string_view text);

  /// Calls on_match for each non-empty match, left to right. valid_utf8 must be valid. Where a
  /// pattern exceeds its limits the rest of the text counts as unmatched.
  void for_each_match(std::string_view valid_utf8,
                      const std::function<void(ByteRange)>& on_match) const;

 private:
  explicit Regex(pcre2_real_code_8* code);
  std::shared_ptr<const pcre2_real_code_8> code_;
};

}  // namespace octavo::text
