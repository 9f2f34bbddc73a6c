#include "protocol/json_body.hpp"

#include <boost/json/parse.hpp>

namespace octavo {
namespace {

// The library keeps the last of two members with one name. In a text that it has accepted every
// colon outside a string belongs to one member, so a name stood twice where there are more colons
// than members.
std::size_t num_colons(std::string_view text) {
  std::size_t count = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && c == ':')
      ++count;
  }
  return count;
}

// Recurses no deeper than the parser let the text be nested.
std::size_t num_members(const boost::json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += num_members(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) count += num_members(element);
  }
  return count;
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, std::string_view what,
                                      std::size_t max_depth) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) {
    return Error{Errc::kInvalidJson, std::string(what) + " is not valid JSON: " + error.message(),
                 ""};
  }
  if (num_colons(text) != num_members(value)) {
    return Error{Errc::kInvalidJson,
                 std::string(what) + " has an object in which one name stands twice", ""};
  }
  return value;
}

Result<boost::json::object> parse_json_object(std::string_view text, std::string_view what,
                                              std::size_t max_depth) {
  auto value = parse_json(text, what, max_depth);
  if (!value) return value.error();
  if (!value->is_object())
    return Error{Errc::kInvalidJson, std::string(what) + " is not a JSON object", ""};
  return std::move(value->get_object());
}

}  // namespace octavo
