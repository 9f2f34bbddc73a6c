// One sequence of a response on its way from tokens to text and to what the text says: the only
// place where tokens become characters, stop strings are looked for, and the reason for the end is
// decided. The server's sessions and `octavo generate` use it alike.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/core/request.hpp"
#include "src/output/output_parser.hpp"
#include "src/text/completion_text.hpp"

namespace octavo {

/// A token's log-probability, and those of the best beside it, with the bytes that each stands for.
struct LogprobEntry {
  std::string bytes;  ///< What the token stands for; perhaps not UTF-8 by itself.
  float logprob = 0.0F;
  std::vector<std::pair<std::string, float>> top;  ///< (bytes, logprob), best first
};

/// What has come of one item since it was last asked for.
struct ItemNews {
  std::int32_t item = 0;
  bool begins = false;
  std::string text;
  std::vector<LogprobEntry> logprobs;
  bool ends = false;
};

class CompletionChoice {
 public:
  /// tokenizer: outlives the choice; null for a model without one, whose choices have no text.
  /// parser: tells the items of the text; null where all of it is one message. max_calls: further
  /// calls of functions are left out.
  CompletionChoice(const Tokenizer* tokenizer, const SamplingParams& sampling,
                   TextOptions options = {}, std::unique_ptr<OutputParser> parser = nullptr,
                   std::size_t max_calls = SIZE_MAX);

  /// Takes what the scheduler says of this choice; after the end nothing. True when a stop string
  /// has ended the choice and the scheduler does not know yet: cancel it there.
  bool append(const TokensGenerated& event);

  bool has_begun() const { return has_begun_; }
  /// Its text may hold more than one item.
  bool has_parser() const { return parser_ != nullptr; }
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
  /// Those of them that were thought, not said.
  std::int64_t num_reasoning_tokens() const { return num_reasoning_tokens_; }
  /// All of it, marks included. Whole characters only, and nothing that may yet become a stop
  /// string.
  const std::string& text() const { return text_; }
  /// What the text says, in its order; of a choice that has begun at least one.
  const std::vector<OutputItem>& items() const { return items_.all(); }
  /// A whole call is among them.
  bool has_call() const;
  const std::vector<LogprobEntry>& logprobs() const { return logprobs_; }
  /// Those that came with the item's text, marks before it included.
  std::span<const LogprobEntry> logprobs_of(std::int32_t item) const;
  /// The score of a beam search's hypothesis, once it has ended.
  const std::optional<float>& score() const { return score_; }

  /// What was not taken yet, item by item.
  std::vector<ItemNews> take_news();
  /// The same as text alone.
  std::string take_text();

 private:
  /// What of an item was taken.
  struct Taken {
    std::size_t num_bytes = 0;
    std::size_t first_logprob = 0;
    std::size_t last_logprob = 0;
    bool has_ended = false;
  };

  bool take(const SampledToken& token);
  void add_text(std::string_view text);
  void finish(FinishReason reason);
  std::vector<LogprobEntry> take_logprobs(Taken& taken);

  const Tokenizer* tokenizer_;
  std::optional<CompletionText> completion_;  ///< Nothing without a tokenizer.
  std::unique_ptr<OutputParser> parser_;
  std::vector<TokenId> tokens_;
  std::optional<TokenId> stop_token_;
  std::int64_t num_tokens_ = 0;
  std::int64_t num_reasoning_tokens_ = 0;
  std::string text_;
  OutputItems items_;
  std::vector<Taken> taken_;  ///< One for each item that was told of.
  std::vector<LogprobEntry> logprobs_;
  std::size_t num_logprobs_taken_ = 0;
  bool has_begun_ = false;
  bool is_cut_ = false;
  std::optional<FinishReason> finished_;
  std::optional<float> score_;
};

}  // namespace octavo
