// Tokens end anywhere, also inside a character: gives out text as soon as it is whole. The deltas
// put together are what `Tokenizer::decode` gives for all the tokens.
#pragma once

#include <span>
#include <string>

#include "src/core/ids.hpp"
#include "src/text/decode_stream.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

/// Where the first token stands: a vocabulary with blanks before its words drops the first blank of
/// a text, but not that of a continuation. The first token is the first that is not left out.
enum class TextStart : std::uint8_t { kBeginsText, kContinuesText };

/// The tokenizer must outlive it. Amortized O(1) per byte. Ids that are no tokens are left out.
class Detokenizer {
 public:
  /// shown: control tokens that are text even where the others are skipped; sorted, and outlives
  /// the detokenizer.
  Detokenizer(const Tokenizer& tokenizer, bool skip_special,
              TextStart start = TextStart::kBeginsText, std::span<const TokenId> shown = {});

  /// Appends to out the characters that id makes whole; none that are still cut short.
  void append(TokenId id, std::string& out);
  /// Appends what is held back: U+FFFD where the tokens ended inside a character.
  void finish(std::string& out);

 private:
  const Tokenizer* tokenizer_;
  bool skip_special_;
  std::span<const TokenId> shown_;
  text::DecodeStream stream_;
};

}  // namespace octavo
