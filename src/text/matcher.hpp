// What finds the next place in a text: an expression, a word, a class of characters.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/text/byte_range.hpp"

namespace octavo::text {

enum class FindResult : std::uint8_t { kMatch, kNothing, kGaveUp };

/// Immutable; safe to use from several threads.
class Matcher {
 public:
  Matcher() = default;
  virtual ~Matcher() = default;
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// The first match that begins at byte `from` of valid_utf8 or later. What stands before `from`
  /// is seen. `patience`: how much of the thread's processor time slow searches of this text may
  /// take together; it gets less, and kGaveUp says that it does not suffice.
  virtual FindResult find(std::string_view valid_utf8, std::size_t from,
                          std::chrono::nanoseconds& patience, ByteRange& match) const = 0;
};

}  // namespace octavo::text
