// Control tokens stand in text as strings such as "<|im_end|>". They are found before anything
// else is done to the text, and never in what a user wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/ids.hpp"
#include "src/text/regex.hpp"

namespace octavo::text {

struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool is_special = false;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = true;

  /// Special, or written like markup (`<think>`, `[INST]`): steers the model, so that it counts
  /// only in trusted text. What is left are words such as runs of blanks.
  bool is_control() const;
};

/// Finds added tokens in text: leftmost first, then longest, as Hugging Face's library does. The
/// blanks that one takes may belong to the next as well. O(text * longest token).
class AddedTokenMatcher {
 public:
  struct Match {
    ByteRange range;  ///< With the blanks that lstrip and rstrip take.
    TokenId id = 0;
  };

  /// The content of a token with no text is ignored.
  void add(const AddedToken& token, std::string_view content);
  bool is_empty() const { return tokens_.empty(); }

  /// trusted_until(i): the end of the trusted run that byte i lies in, or i when it is untrusted.
  std::vector<Match> find_all(std::string_view valid_utf8,
                              const std::function<std::size_t(std::size_t)>& trusted_until) const;

 private:
  static constexpr std::int32_t kNoToken = -1;
  struct Node {
    std::int32_t token = kNoToken;  ///< Index into tokens_.
  };

  const AddedToken* longest_at(std::string_view text, std::size_t at, std::size_t trusted_end,
                               std::size_t& length) const;
  static Match widen(const AddedToken& token, std::string_view text, ByteRange found,
                     std::size_t done);

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_ = {Node{}};
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;  ///< (node, byte) -> node
};

}  // namespace octavo::text
