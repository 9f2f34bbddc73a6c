// One sequence of a response on its way from tokens to text: the only place where tokens become
// characters, stop strings are looked for, and the reason for the end is decided. The server's
// sessions and `octavo generate` use it alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/core/request.hpp"
#include "src/text/completion_text.hpp"

namespace octavo {

/// A token's log-probability, and those of the best beside it, with the bytes that each stands for.
struct LogprobEntry {
  std::string bytes;  ///< What the token stands for; perhaps not UTF-8 by itself.
  float logprob = 0.0F;
  std::vector<std::pair<std::string, float>> top;  ///< (bytes, logprob), best first
};

class CompletionChoice {
 public:
  /// tokenizer: outlives the choice; null for a model without one, whose choices have no text.
  CompletionChoice(const Tokenizer* tokenizer, const SamplingParams& sampling,
                   TextOptions options = {});

  /// Takes what the scheduler says of this choice; after the end nothing. True when a stop string
  /// has ended the choice and the scheduler does not know yet: cancel it there.
  bool append(const TokensGenerated& event);

  bool has_begun() const { return has_begun_; }
  const std::optional<FinishReason>& finished() const { return finished_; }
  /// A stop string has cut the text: the tokens say more than it does.
  bool is_cut() const { return is_cut_; }
  /// Without the token that stopped it.
  const std::vector<TokenId>& tokens() const { return tokens_; }
  /// The one that stopped it, where it was a token that did.
  const std::optional<TokenId>& stop_token() const { return stop_token_; }
  /// What its client pays for: up to the token that ended it, that one included. An engine that ran
  /// ahead of a stop string has made more.
  std::int64_t num_tokens() const { return num_tokens_; }
  /// Whole characters only, and nothing that may yet become a stop string.
  const std::string& text() const { return text_; }
  const std::vector<LogprobEntry>& logprobs() const { return logprobs_; }
  /// The score of a beam search's hypothesis, once it has ended.
  const std::optional<float>& score() const { return score_; }

  /// The text and the log-probabilities that were not taken yet.
  std::string take_text();
  std::vector<LogprobEntry> take_logprobs();
  bool has_new_text() const { return num_bytes_taken_ < text_.size(); }
  bool has_news() const { return has_new_text() || num_logprobs_taken_ < logprobs_.size(); }

 private:
  bool take(const SampledToken& token);
  void finish(FinishReason reason);

  const Tokenizer* tokenizer_;
  std::optional<CompletionText> completion_;  ///< Nothing without a tokenizer.
  std::vector<TokenId> tokens_;
  std::optional<TokenId> stop_token_;
  std::int64_t num_tokens_ = 0;
  std::string text_;
  std::vector<LogprobEntry> logprobs_;
  std::size_t num_bytes_taken_ = 0;
  std::size_t num_logprobs_taken_ = 0;
  bool has_begun_ = false;
  bool is_cut_ = false;
  std::optional<FinishReason> finished_;
  std::optional<float> score_;
};

}  // namespace octavo
