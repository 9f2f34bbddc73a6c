// Patterns in tokenizer.json are written for Oniguruma: other libraries take the same text and mean
// something else.
#pragma once

#include <memory>
#include <string>

#include "src/core/result.hpp"
#include "src/text/matcher.hpp"

struct re_pattern_buffer;

namespace octavo::text {

class OnigMatcher : public Matcher {
 public:
  /// Oniguruma's own syntax without options, on UTF-8: what Hugging Face's library compiles with.
  /// Source: Oniguruma's doc/RE. Errors: kInvalidFile, with what Oniguruma says.
  [[nodiscard]] static Result<std::shared_ptr<const Matcher>> compile(const std::string& pattern);

  FindResult find(std::string_view valid_utf8, std::size_t from, std::chrono::nanoseconds& patience,
                  ByteRange& match) const override;

 private:
  struct Free {
    void operator()(re_pattern_buffer* pattern) const;
  };
  using Pattern = std::unique_ptr<re_pattern_buffer, Free>;

  struct Scratch;

  OnigMatcher(Pattern pattern, bool has_search_start)
      : pattern_(std::move(pattern)), has_search_start_(has_search_start) {}
  int walk(std::string_view text, std::size_t from, Scratch& scratch,
           std::chrono::nanoseconds& patience) const;

  Pattern pattern_;
  bool has_search_start_;  ///< The pattern asks where a search begins.
};

}  // namespace octavo::text
