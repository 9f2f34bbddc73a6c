#include "protocol/completion_json.hpp"

#include <algorithm>
#include <numeric>

namespace octavo {

namespace json = boost::json;

json::value finish_reason_json(const CompletionChoice& choice) {
  if (!choice.finished()) return nullptr;
  switch (*choice.finished()) {
    case FinishReason::kStop:
      return choice.has_call() ? "tool_calls" : "stop";
    case FinishReason::kLength:
      return "length";
    default:
      return "abort";
  }
}

json::object usage_json(const Usage& usage, std::int64_t num_reasoning_tokens) {
  return {{"prompt_tokens", usage.num_prompt_tokens},
          {"completion_tokens", usage.num_completion_tokens},
          {"total_tokens", usage.num_prompt_tokens + usage.num_completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", usage.num_cached_tokens}}},
          {"completion_tokens_details", {{"reasoning_tokens", num_reasoning_tokens}}}};
}

json::object progress_json(const PromptProgressed& event) {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(event.elapsed);
  return {{"total", event.progress.num_prompt_tokens},
          {"cache", event.progress.num_cached_tokens},
          {"processed", event.progress.num_computed_tokens},
          {"time_ms", elapsed.count()}};
}

Usage usage_so_far(const Response& response) {
  Usage usage;
  usage.num_prompt_tokens = static_cast<std::int64_t>(response.prompt_tokens().size());
  usage.num_completion_tokens = response.num_completion_tokens();
  return usage;
}

Usage operator+(const Usage& a, const Usage& b) {
  return {a.num_prompt_tokens + b.num_prompt_tokens,
          a.num_completion_tokens + b.num_completion_tokens,
          a.num_cached_tokens + b.num_cached_tokens};
}

json::array token_ids_json(const std::vector<TokenId>& tokens) {
  json::array ids;
  ids.reserve(tokens.size());
  for (const TokenId token : tokens) ids.push_back(token);
  return ids;
}

json::array token_ids_json(const CompletionChoice& choice, std::size_t first) {
  json::array ids;
  const std::vector<TokenId>& tokens = choice.tokens();
  for (std::size_t i = first; i < tokens.size(); ++i) ids.push_back(tokens[i]);
  if (choice.stop_token() && first <= tokens.size()) ids.push_back(*choice.stop_token());
  return ids;
}

namespace {

double mean_logprob(const CompletionChoice& choice) {
  if (choice.logprobs().empty()) return 0.0;
  double sum = 0.0;
  for (const LogprobEntry& entry : choice.logprobs()) sum += entry.logprob;
  return sum / static_cast<double>(choice.logprobs().size());
}

}  // namespace

std::vector<std::int32_t> chosen(const Response& response, std::int32_t num_choices) {
  std::vector<std::int32_t> order(response.choices().size());
  std::iota(order.begin(), order.end(), 0);
  const auto num_answered = static_cast<std::size_t>(num_choices);
  if (order.size() <= num_answered) return order;
  std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
    return mean_logprob(response.choice(a)) > mean_logprob(response.choice(b));
  });
  order.resize(num_answered);
  return order;
}

}  // namespace octavo
