// Some pre-tokenizers cut by classes of characters alone: no expression is needed.
#pragma once

#include "src/text/matcher.hpp"

namespace octavo::text {

/// Each character of a class by itself.
class CharacterMatcher : public Matcher {
 public:
  explicit CharacterMatcher(bool (*is_member)(char32_t)) : is_member_(is_member) {}
  FindResult find(std::string_view valid_utf8, std::size_t from, std::chrono::nanoseconds& patience,
                  ByteRange& match) const override;

 private:
  bool (*is_member_)(char32_t);
};

/// A run of the characters of words, or of those that are neither that nor white space.
class WordMatcher : public Matcher {
 public:
  FindResult find(std::string_view valid_utf8, std::size_t from, std::chrono::nanoseconds& patience,
                  ByteRange& match) const override;
};

}  // namespace octavo::text
