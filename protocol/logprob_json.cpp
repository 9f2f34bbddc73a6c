#include "protocol/logprob_json.hpp"

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

}  // namespace

json::array logprobs_json(std::span<const LogprobEntry> entries) {
  json::array out;
  for (const LogprobEntry& entry : entries) out.push_back(logprob_json(entry));
  return out;
}

}  // namespace octavo
