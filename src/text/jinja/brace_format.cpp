// Python's `str.format`.
#include <charconv>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/number_format.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text[0] == '-') return {};
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return {};
  return number;
}

class BraceFormat {
 public:
  BraceFormat(const Args& args, Quoting quoting) : args_(args), quoting_(quoting) {}

  Text run(const Text& format, int depth) {
    if (depth > 2 && !format.empty()) fail("A format is nested too deeply.");
    Text out;
    const std::string& bytes = format.bytes();
    std::size_t begin = 0;
    for (std::size_t at = bytes.find_first_of("{}"); at != std::string::npos;
         at = bytes.find_first_of("{}", begin)) {
      out.append(format.part(begin, at));
      if (at + 1 < bytes.size() && bytes[at + 1] == bytes[at]) {
        out.append(format.part(at, at + 1));
        begin = at + 2;
        continue;
      }
      if (bytes[at] == '}') fail("A format has a brace without its other.");
      const std::size_t end = end_of_field(bytes, at + 1);
      out.append(field(format.part(at + 1, end), depth));
      begin = end + 1;
    }
    out.append(format.part(begin, bytes.size()));
    return out;
  }

 private:
  /// The place of the brace that closes the field, past braces and brackets within.
  static std::size_t end_of_field(const std::string& bytes, std::size_t at) {
    int depth = 1;
    bool is_in_index = false;
    for (bool is_in_name = true; at < bytes.size(); ++at) {
      const char c = bytes[at];
      if (is_in_name && (c == '[' || c == ']')) is_in_index = c == '[';
      if (is_in_index) continue;
      if (c == ':' || c == '!') is_in_name = false;
      if (c == '{') ++depth;
      if (c == '}' && --depth == 0) return at;
    }
    fail("A format has a brace without its other.");
  }

  Text field(const Text& text, int depth) {
    const std::string& bytes = text.bytes();
    std::size_t end = 0;
    for (bool is_in_index = false; end < bytes.size(); ++end) {
      if (bytes[end] == '[' || bytes[end] == ']') is_in_index = bytes[end] == '[';
      if (!is_in_index && (bytes[end] == ':' || bytes[end] == '!')) break;
    }
    Value value = look_up(bytes.substr(0, end));
    if (end < bytes.size() && bytes[end] == '!') {
      const char kind = end + 1 < bytes.size() ? bytes[end + 1] : '\0';
      value = converted(value, kind);
      end += 2;
      if (end < bytes.size() && bytes[end] != ':') fail("A conversion of a format is one letter.");
    }
    const Text spec = end < bytes.size() ? text.part(end + 1, bytes.size()) : Text();
    const Text written = format_value(value, run(spec, depth + 1));
    const bool is_plain = quoting_ == Quoting::kNone || (value.is_text() && value.is_safe());
    return is_plain ? written : escape_html(written);
  }

  static Value converted(const Value& value, char kind) {
    if (kind == 's') return Value(to_text(value));
    if (kind == 'r') return Value(to_repr(value));
    if (kind == 'a') return Value(to_ascii(to_repr(value)));
    fail("A conversion of a format is '!s', '!r' or '!a'.");
  }

  /// Only a field that is empty as a whole takes the next value.
  Value argument(const std::string& name, bool is_automatic) {
    std::optional<std::int64_t> index = whole_number(name);
    if (is_automatic || index) {
      if (is_automatic_.value_or(is_automatic) != is_automatic) {
        fail("A format numbers all of its fields or none.");
      }
      is_automatic_ = is_automatic;
      if (is_automatic) index = next_index_++;
      if (*index >= static_cast<std::int64_t>(args_.positional.size())) {
        fail("The format's field '" + std::to_string(*index) + "' has no value.");
      }
      return args_.positional[static_cast<std::size_t>(*index)];
    }
    for (const auto& [key, value] : args_.named) {
      if (key == name) return value;
    }
    fail("The format's field '" + name + "' has no value.");
  }

  /// name.attribute[key]...
  Value look_up(const std::string& field) {
    std::size_t at = std::min(field.find_first_of(".["), field.size());
    Value value = argument(field.substr(0, at), field.empty());
    while (at < field.size()) {
      const bool is_index = field[at] == '[';
      if (!is_index && field[at] != '.') fail("Only '.' or '[' follow ']' in a format.");
      const std::size_t begin = at + 1;
      const std::size_t end = is_index ? field.find(']', begin) : field.find_first_of(".[", begin);
      if (is_index && end == std::string::npos) fail("A format has '[' without ']'.");
      const std::string key = field.substr(begin, end == std::string::npos ? end : end - begin);
      if (key.empty()) fail("A format has an empty attribute.");
      const auto number = is_index ? whole_number(key) : std::nullopt;
      value = !is_index ? get_attribute(value, key)
                        : get_item(value, number ? Value(*number) : Value::text(key));
      at = end == std::string::npos ? field.size() : end + (is_index ? 1 : 0);
    }
    return value;
  }

  const Args& args_;
  Quoting quoting_;
  std::int64_t next_index_ = 0;
  std::optional<bool> is_automatic_;
};

}  // namespace

Text format_braces(const Text& format, const Args& args, Quoting quoting) {
  return BraceFormat(args, quoting).run(format, 1);
}

}  // namespace octavo::jinja
