#include "src/text/tokenizer_json.hpp"

namespace octavo::text {
namespace json = boost::json;

void fail_file(std::string_view detail) {
  throw Error{Errc::kInvalidFile, std::string(detail), {}};
}

void fail_unsupported(std::string_view detail) {
  throw Error{Errc::kUnsupportedModel, std::string(detail), {}};
}

JsonReader part_reader(std::string_view name, const json::value& part) {
  if (!part.is_object()) fail_file("tokenizer.json: " + quote(name) + " must be an object");
  return {part.get_object(), "tokenizer.json", OnFault::kThrow};
}

Regex read_pattern(JsonReader& part) {
  JsonReader pattern(part.object("pattern"), part, "pattern");
  const bool is_regex = pattern.has("Regex");
  const std::string text = pattern.text(is_regex ? "Regex" : "String");
  if (text.empty()) part.wrong("pattern", "a text that is not empty");
  Result<Regex> regex = is_regex ? Regex::compile(text) : Regex::literal(text);
  if (!regex) throw Error(regex.error());
  return *regex;
}

TokenId as_token_id(JsonReader& reader, std::string_view name, const json::value& value) {
  return static_cast<TokenId>(reader.as_integer(name, value, 0, kMaxTokenId - 1));
}

}  // namespace octavo::text
