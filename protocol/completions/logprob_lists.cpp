#include "protocol/completions/logprob_lists.hpp"

#include <algorithm>
#include <utility>

#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::string_view shown(std::string_view bytes) {
  return is_valid_utf8(bytes) ? bytes : kReplacementCharacter;
}

}  // namespace

void LogprobLists::add_token(std::string_view bytes, json::value logprob, json::value top) {
  tokens_.push_back(json::string(shown(bytes)));
  logprobs_.push_back(std::move(logprob));
  tops_.push_back(std::move(top));
  offsets_.push_back(text_offset_);
}

void LogprobLists::add_prompt(const Response& response, std::int32_t num_top) {
  const Tokenizer* tokenizer = response.tokenizer();
  const auto bytes_of = [tokenizer](TokenId id) {
    return tokenizer == nullptr ? std::string_view() : tokenizer->token_bytes(id);
  };
  std::size_t position = 0;
  for (const TokenId id : response.prompt_tokens()) {
    json::value logprob = nullptr;
    json::value best = nullptr;
    if (position > 0) {
      const PromptLogprob& told = response.prompt_logprobs().at(position - 1);
      logprob = json_logprob(told.logprob);
      json::object top;
      const auto count = std::min(static_cast<std::size_t>(num_top), told.top.size());
      for (const TokenLogprob& each : std::span(told.top).first(count))
        top[shown(bytes_of(each.id))] = json_logprob(each.logprob);
      best = std::move(top);
    }
    add_token(bytes_of(id), std::move(logprob), std::move(best));
    // Control tokens are no part of the text.
    if (tokenizer != nullptr && !tokenizer->is_special(id))
      text_offset_ += count_characters(bytes_of(id));
    ++position;
  }
}

void LogprobLists::add(std::span<const LogprobEntry> entries) {
  for (const LogprobEntry& entry : entries) {
    json::object top;
    for (const auto& [bytes, logprob] : entry.top) top[shown(bytes)] = json_logprob(logprob);
    add_token(entry.bytes, json_logprob(entry.logprob), std::move(top));
    text_offset_ += count_characters(entry.bytes);
  }
}

json::object LogprobLists::take() {
  return {{"tokens", std::move(tokens_)},
          {"token_logprobs", std::move(logprobs_)},
          {"top_logprobs", std::move(tops_)},
          {"text_offset", std::move(offsets_)}};
}

}  // namespace octavo
