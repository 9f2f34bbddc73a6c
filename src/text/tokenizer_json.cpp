#include "src/text/tokenizer_json.hpp"

#include "src/core/utf8.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace {

const std::string kFile = "tokenizer.json: ";

}  // namespace

void fail_file(std::string_view detail) {
  throw Error{Errc::kInvalidFile, kFile + std::string(detail), {}};
}

void fail_unsupported(std::string_view detail) {
  throw Error{Errc::kUnsupportedModel, kFile + std::string(detail), {}};
}

JsonReader part_reader(std::string_view name, const json::value& part) {
  if (!part.is_object()) fail_file(quote(name) + " must be an object");
  return {part.get_object(), "tokenizer.json", OnFault::kThrow};
}

Regex read_pattern(JsonReader& part) {
  JsonReader pattern(part.object("pattern"), part, "pattern");
  const bool is_regex = pattern.has("Regex");
  const std::string text = pattern.text(is_regex ? "Regex" : "String");
  if (!is_regex) return Regex::literal(text);
  Result<Regex> regex = Regex::compile(text);
  if (!regex) fail_file(regex.error().detail + " It is `" + quotable(text, 200) + "`.");
  return *regex;
}

TokenId as_token_id(JsonReader& reader, std::string_view name, const json::value& value) {
  return static_cast<TokenId>(reader.as_integer(name, value, 0, kMaxTokenId - 1));
}

}  // namespace octavo::text
