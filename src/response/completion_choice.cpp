#include "src/response/completion_choice.hpp"

namespace octavo {
namespace {

LogprobEntry entry_of(const Tokenizer& tokenizer, const SampledToken& token) {
  LogprobEntry entry;
  entry.bytes = std::string(tokenizer.token_bytes(token.token));
  entry.logprob = *token.logprob;
  for (const TokenLogprob& each : token.top)
    entry.top.emplace_back(std::string(tokenizer.token_bytes(each.id)), each.logprob);
  return entry;
}

}  // namespace

CompletionChoice::CompletionChoice(const Tokenizer* tokenizer, const SamplingParams& sampling,
                                   TextOptions options)
    : tokenizer_(tokenizer) {
  if (tokenizer_ != nullptr)
    completion_.emplace(*tokenizer_, sampling.stop, sampling.min_tokens, options);
}

bool CompletionChoice::append(const TokensGenerated& event) {
  if (finished_) return false;
  has_begun_ = true;
  score_ = event.score;
  bool stop_matched = false;
  for (std::size_t i = 0; i < event.tokens.size() && !stop_matched; ++i) {
    const bool stops = event.finished == FinishReason::kStop && i + 1 == event.tokens.size();
    ++num_tokens_;
    if (stops)
      stop_token_ = event.tokens[i].token;  // It is no text.
    else
      stop_matched = take(event.tokens[i]);
  }
  if (stop_matched || event.finished) finish(event.finished.value_or(FinishReason::kStop));
  return stop_matched && !event.finished;
}

bool CompletionChoice::take(const SampledToken& token) {
  tokens_.push_back(token.token);
  if (!completion_) return false;
  if (token.logprob) logprobs_.push_back(entry_of(*tokenizer_, token));
  return completion_->append(token.token, text_);
}

void CompletionChoice::finish(FinishReason reason) {
  is_cut_ = completion_ && completion_->finish(text_);
  finished_ = is_cut_ ? FinishReason::kStop : reason;
}

std::string CompletionChoice::take_text() {
  return text_.substr(std::exchange(num_bytes_taken_, text_.size()));
}

std::vector<LogprobEntry> CompletionChoice::take_logprobs() {
  const auto first = logprobs_.begin() + static_cast<std::ptrdiff_t>(num_logprobs_taken_);
  num_logprobs_taken_ = logprobs_.size();
  return {first, logprobs_.end()};
}

}  // namespace octavo
