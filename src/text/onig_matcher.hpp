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

  Found find(std::string_view valid_utf8, std::size_t from, std::uint64_t& effort,
             ByteRange& match) const override;

 private:
  struct Free {
    void operator()(re_pattern_buffer* pattern) const;
  };
  using Pattern = std::unique_ptr<re_pattern_buffer, Free>;

  explicit OnigMatcher(Pattern pattern) : pattern_(std::move(pattern)) {}

  Pattern pattern_;
};

}  // namespace octavo::text
