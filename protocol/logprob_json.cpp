#include "protocol/logprob_json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object token_entry(std::string_view bytes, float logprob) {
  json::array numbers;
  numbers.reserve(bytes.size());
  for (char byte : bytes) numbers.push_back(static_cast<int>(static_cast<unsigned char>(byte)));
  return {{"token", is_valid_utf8(bytes) ? bytes : kReplacementCharacter},
          {"logprob", json_logprob(logprob)},
          {"bytes", std::move(numbers)}};
}

json::object logprob_json(const LogprobEntry& entry) {
  json::object out = token_entry(entry.bytes, entry.logprob);
  json::array top;
  for (const auto& [bytes, logprob] : entry.top) top.push_back(token_entry(bytes, logprob));
  out["top_logprobs"] = std::move(top);
  return out;
}

json::object ranked_entry(const Tokenizer* tokenizer, TokenId id, float logprob,
                          std::int64_t rank) {
  const std::string_view bytes = tokenizer == nullptr ? "" : tokenizer->token_bytes(id);
  return {{"logprob", json_logprob(logprob)},
          {"rank", rank},
          {"decoded_token", is_valid_utf8(bytes) ? bytes : kReplacementCharacter}};
}

}  // namespace

json::array logprobs_json(std::span<const LogprobEntry> entries) {
  json::array out;
  for (const LogprobEntry& entry : entries) out.push_back(logprob_json(entry));
  return out;
}

json::array prompt_logprobs_json(const Response& response, std::int32_t num_top) {
  json::array out;
  if (!response.prompt_tokens().empty()) out.push_back(nullptr);
  for (const PromptLogprob& each : response.prompt_logprobs()) {
    json::object tokens;
    const auto entry = [&](TokenId id, float logprob, std::int64_t rank) {
      tokens[std::to_string(id)] = ranked_entry(response.tokenizer(), id, logprob, rank);
    };
    const auto count = std::min(static_cast<std::size_t>(num_top), each.top.size());
    for (std::size_t i = 0; i < count; ++i)
      entry(each.top[i].id, each.top[i].logprob, static_cast<std::int64_t>(i) + 1);
    entry(each.token, each.logprob, each.rank);
    out.push_back(std::move(tokens));
  }
  return out;
}

}  // namespace octavo
