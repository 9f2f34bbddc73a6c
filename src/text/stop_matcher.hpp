// A stop string may begin in one token and end in another: lets text through only when no stop can
// begin in it any more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octavo {

/// Amortized O(1) per byte and state kept for each stop. The stop that is whole first
/// wins, as it would if text came byte by byte; among those whole together, the longest.
class StopMatcher {
 public:
  /// Empty stops are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  /// Takes the next text and appends to out what may be shown. Once a stop has matched, text is
  /// swallowed. True when a stop has matched, now or before.
  bool append(std::string_view delta, std::string& out);
  /// Appends what is still held back: nothing can become a stop any more.
  void finish(std::string& out);

  bool has_matched() const { return matched_ != nullptr; }
  /// The stop that ended the text, null when none has.
  const std::string* matched() const { return matched_; }

 private:
  struct Pattern {
    std::string text;
    std::vector<std::uint32_t> fallback;  ///< Length of the longest border of each prefix.
    std::size_t num_matched = 0;          ///< How long a prefix the text ends in.
    bool advance(char c);
  };

  void settle(std::string& out);

  std::vector<Pattern> patterns_;
  std::string held_;
  const std::string* matched_ = nullptr;
};

}  // namespace octavo
