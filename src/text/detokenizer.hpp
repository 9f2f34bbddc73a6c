// Tokens end anywhere, also inside a character: gives out text as soon as it is whole. The deltas
// put together are what `Tokenizer::decode` gives for all the tokens.
#pragma once

#include <string>
#include <string_view>

#include "src/core/ids.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

/// Where the first token stands: a vocabulary with blanks before its words drops the first blank of
/// a text, but not that of a continuation.
enum class TextStart : std::uint8_t { kBeginsText, kContinuesText };

/// The tokenizer must outlive it. Amortized O(1) per byte.
class Detokenizer {
 public:
  Detokenizer(const Tokenizer& tokenizer, bool skip_special,
              TextStart start = TextStart::kBeginsText);

  /// Appends to out the characters that id makes whole; none that are still cut short.
  void append(TokenId id, std::string& out);
  /// Appends what is held back, as U+FFFD: the tokens ended inside a character.
  void finish(std::string& out);

 private:
  void release(std::string_view text, std::string& out);

  const Tokenizer* tokenizer_;
  bool skip_special_;
  int num_strips_left_;
  std::string held_;  ///< The beginning of a character, at most 3 bytes between calls.
};

}  // namespace octavo
