#include "protocol/named_values.hpp"

#include <algorithm>

namespace octavo {

bool is_among(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string list_of(Names names) {
  std::string list;
  for (std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list.append("`").append(name).append("`");
  }
  return list;
}

std::optional<std::string> read_name(JsonReader& fields, std::string_view name, Names known,
                                     Names done) {
  const auto* value = fields.find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || !is_among(known, value->get_string())) {
    fields.wrong(name, (known.size() > 1 ? "one of " : "") + list_of(known));
    return std::nullopt;
  }
  std::string text(value->get_string());
  if (is_among(done, text)) return text;
  fields.unsupported(name, std::string(name) + " `" + text + "` is not supported: send " +
                               (done.empty() ? "" : list_of(done) + " or ") + "nothing");
  return std::nullopt;
}

void refuse(JsonReader& fields, std::string_view name, bool is_right_type,
            std::string_view expected) {
  if (!is_right_type) return fields.wrong(name, expected);
  fields.unsupported(name, std::string(name) + " is not supported: leave it out");
}

}  // namespace octavo
