#include "src/app/serve/conditions.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "src/core/trim.hpp"

namespace octavo {
namespace {

namespace http = boost::beast::http;

struct EntityTag {
  bool is_weak = false;
  std::string_view opaque;  ///< In its quotes.
};

// The next entity tag of a list, which is taken off its beginning with the comma after it. Nothing
// where the list is none.
std::optional<EntityTag> take_tag(std::string_view& rest) {
  EntityTag tag;
  tag.is_weak = rest.starts_with("W/");
  if (tag.is_weak) rest.remove_prefix(2);
  const std::size_t end = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = rest.substr(0, end + 1);
  rest = trim(rest.substr(end + 1), " \t");
  if (!rest.empty() && rest.front() != ',') return std::nullopt;
  return tag;
}

// Whether a field names the tag; nothing where the request has no such field.
std::optional<bool> names(const http::fields& fields, http::field name, std::string_view etag,
                          bool is_strong) {
  std::string list;
  const auto [first, last] = fields.equal_range(name);
  if (first == last) return std::nullopt;
  for (auto field = first; field != last; ++field)
    list.append(field->value().data(), field->value().size()).append(",");
  std::string_view rest = trim(list, " \t,");
  if (rest == "*") return true;
  while (!rest.empty()) {
    const auto tag = take_tag(rest);
    if (!tag) return false;
    if (tag->opaque == etag && !(is_strong && tag->is_weak)) return true;
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
  }
  return false;
}

}  // namespace

Condition condition_of(const http::fields& fields, std::string_view etag) {
  const auto is_same = names(fields, http::field::if_match, etag, true);
  if (is_same && !*is_same) return Condition::kFailed;
  const auto is_known = names(fields, http::field::if_none_match, etag, false);
  return is_known.value_or(false) ? Condition::kNotModified : Condition::kHolds;
}

}  // namespace octavo
