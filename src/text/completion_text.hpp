// The text of one completion as its tokens come in: whole characters only, cut at the first stop
// string, nothing held back longer than it must be.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/detokenizer.hpp"
#include "src/text/stop_matcher.hpp"

namespace octavo {

/// What of the tokens is text that a client is given.
struct TextOptions {
  bool skip_special_tokens = true;   ///< Control tokens are no text.
  bool include_stop = false;         ///< The stop string that ends the text is its end.
  std::span<const TokenId> shown{};  ///< Control tokens that are text all the same; sorted.
};

class CompletionText {
 public:
  /// The tokenizer must outlive it. Stop strings count from token min_tokens + 1 on.
  CompletionText(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                 std::int32_t min_tokens, TextOptions options = {})
      : detokenizer_(tokenizer, options.skip_special_tokens, TextStart::kContinuesText,
                     options.shown),
        stop_matcher_(stops),
        min_tokens_(min_tokens),
        include_stop_(options.include_stop) {}

  /// Appends to `out` what the token releases. True when a stop string ends the completion with it.
  bool append(TokenId token, std::string& out) {
    std::string text;
    detokenizer_.append(token, text);
    if (++num_tokens_ <= min_tokens_) {
      out += text;
      return false;
    }
    return match(text, out);
  }
  /// Appends what is still held back, unless a stop string has cut it off. True when the rest holds
  /// a stop string.
  bool finish(std::string& out) {
    if (stop_matcher_.has_matched()) return true;
    std::string rest;
    detokenizer_.finish(rest);
    if (match(rest, out)) return true;
    stop_matcher_.finish(out);
    return false;
  }

 private:
  bool match(std::string_view text, std::string& out) {
    const bool has_matched = stop_matcher_.append(text, out);
    if (has_matched && include_stop_) out += *stop_matcher_.matched();
    return has_matched;
  }

  Detokenizer detokenizer_;
  StopMatcher stop_matcher_;
  std::int32_t min_tokens_;
  std::int32_t num_tokens_ = 0;
  bool include_stop_;
};

}  // namespace octavo
