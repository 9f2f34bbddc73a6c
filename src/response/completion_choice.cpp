#include "src/response/completion_choice.hpp"

#include <algorithm>

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
                                   TextOptions options, std::unique_ptr<OutputParser> parser,
                                   std::size_t max_calls)
    : tokenizer_(tokenizer), parser_(std::move(parser)), items_(max_calls) {
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
  // Where all is one message, it begins with the first token, whatever that says.
  if (parser_ == nullptr) add_text("");
  if (stop_matched || event.finished) finish(event.finished.value_or(FinishReason::kStop));
  return stop_matched && !event.finished;
}

bool CompletionChoice::take(const SampledToken& token) {
  tokens_.push_back(token.token);
  if (!completion_) return false;
  if (token.logprob) logprobs_.push_back(entry_of(*tokenizer_, token));
  const std::size_t before = text_.size();
  const bool stop_matched = completion_->append(token.token, text_);
  add_text(std::string_view(text_).substr(before));
  if (items_.is_open(ItemKind::kReasoning)) ++num_reasoning_tokens_;
  return stop_matched;
}

void CompletionChoice::add_text(std::string_view text) {
  if (parser_ == nullptr)
    items_.add(ItemKind::kMessage, text);
  else
    parser_->append(text, items_);
}

void CompletionChoice::finish(FinishReason reason) {
  const std::size_t before = text_.size();
  is_cut_ = completion_ && completion_->finish(text_);
  finished_ = is_cut_ ? FinishReason::kStop : reason;
  add_text(std::string_view(text_).substr(before));
  if (parser_ != nullptr) parser_->finish(items_);
  if (items_.is_empty()) items_.begin(ItemKind::kMessage);
  items_.end(*finished_ != FinishReason::kStop);
}

bool CompletionChoice::has_call() const {
  return std::ranges::any_of(items(), [](const OutputItem& item) {
    return item.kind == ItemKind::kFunctionCall && item.has_ended && !item.is_broken;
  });
}

std::span<const LogprobEntry> CompletionChoice::logprobs_of(std::int32_t item) const {
  const auto index = static_cast<std::size_t>(item);
  if (index >= taken_.size()) return {};
  const Taken& taken = taken_[index];
  return std::span(logprobs_).subspan(taken.first_logprob,
                                      taken.last_logprob - taken.first_logprob);
}

std::vector<ItemNews> CompletionChoice::take_news() {
  std::vector<ItemNews> all;
  const std::vector<OutputItem>& items = items_.all();
  const bool has_late_logprobs = finished_ && num_logprobs_taken_ < logprobs_.size();
  for (std::size_t i = taken_.empty() ? 0 : taken_.size() - 1; i < items.size(); ++i) {
    ItemNews news{static_cast<std::int32_t>(i), i == taken_.size(), {}, {}, false};
    if (news.begins) taken_.push_back({0, num_logprobs_taken_, num_logprobs_taken_, false});
    Taken& taken = taken_[i];
    news.text = items[i].text.substr(std::exchange(taken.num_bytes, items[i].text.size()));
    const bool is_last = i + 1 == items.size();
    if (!news.text.empty() || (is_last && has_late_logprobs)) news.logprobs = take_logprobs(taken);
    news.ends = items[i].has_ended && !std::exchange(taken.has_ended, items[i].has_ended);
    const bool is_news = news.begins || news.ends || !news.text.empty() || !news.logprobs.empty();
    if (is_news) all.push_back(std::move(news));
  }
  return all;
}

std::string CompletionChoice::take_text() {
  std::string text;
  for (const ItemNews& news : take_news()) text += news.text;
  return text;
}

std::vector<LogprobEntry> CompletionChoice::take_logprobs(Taken& taken) {
  const auto first = logprobs_.begin() + static_cast<std::ptrdiff_t>(num_logprobs_taken_);
  num_logprobs_taken_ = logprobs_.size();
  taken.last_logprob = num_logprobs_taken_;
  return {first, logprobs_.end()};
}

}  // namespace octavo
