#include "src/text/tokenizer_json.hpp"

#include <boost/json.hpp>
#include <utility>

namespace octavo::text {
namespace json = boost::json;

void fail_file(std::string detail) { throw Error{Errc::kInvalidFile, std::move(detail), {}}; }

void fail_unsupported(std::string detail) {
  throw Error{Errc::kUnsupportedModel, std::move(detail), {}};
}

namespace {

[[noreturn]] void fail_kind(std::string_view what, std::string_view kind) {
  fail_file("'" + std::string(what) + "' must be " + std::string(kind) + ".");
}

}  // namespace

const json::value* find_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object& as_object(const json::value& value, std::string_view what) {
  if (!value.is_object()) fail_kind(what, "an object");
  return value.get_object();
}

const json::array& as_array(const json::value& value, std::string_view what) {
  if (!value.is_array()) fail_kind(what, "an array");
  return value.get_array();
}

std::string_view as_string(const json::value& value, std::string_view what) {
  if (!value.is_string()) fail_kind(what, "a string");
  const json::string& text = value.get_string();
  return {text.data(), text.size()};
}

TokenId as_token_id(const json::value& value, std::string_view what) {
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() >= kMaxTokenId) {
    fail_kind(what, "a token id, 0 to " + std::to_string(kMaxTokenId - 1));
  }
  return static_cast<TokenId>(value.get_int64());
}

const json::value& need_member(const json::object& object, std::string_view key) {
  const json::value* value = find_member(object, key);
  if (value == nullptr) fail_file("The member '" + std::string(key) + "' is missing.");
  return *value;
}

std::string_view need_string(const json::object& object, std::string_view key) {
  return as_string(need_member(object, key), key);
}

std::string_view string_or(const json::object& object, std::string_view key,
                           std::string_view otherwise) {
  const json::value* value = find_member(object, key);
  return value == nullptr ? otherwise : as_string(*value, key);
}

bool bool_or(const json::object& object, std::string_view key, bool otherwise) {
  const json::value* value = find_member(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_bool()) fail_kind(key, "true or false");
  return value->get_bool();
}

std::int64_t int_or(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const json::value* value = find_member(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_int64()) fail_kind(key, "an integer");
  return value->get_int64();
}

Regex read_pattern(const json::object& object) {
  const json::object& pattern = as_object(need_member(object, "pattern"), "pattern");
  const bool is_regex = pattern.contains("Regex");
  const std::string_view text = need_string(pattern, is_regex ? "Regex" : "String");
  if (text.empty()) fail_file("'pattern' must not be empty.");
  Result<Regex> regex = is_regex ? Regex::compile(std::string(text)) : Regex::literal(text);
  if (!regex) throw Error(regex.error());
  return *regex;
}

}  // namespace octavo::text
