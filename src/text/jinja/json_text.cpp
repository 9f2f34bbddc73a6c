#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/numbers.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

struct JsonStyle {
  std::optional<Text> indent;
  Text item_separator;
  Text key_separator;
  bool sort_keys = false;
  bool ensure_ascii = false;
};

std::string unicode_escape(char32_t character) {
  char buffer[16];
  if (character < 0x10000) {
    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(character));
  } else {
    const auto rest = static_cast<unsigned>(character) - 0x10000U;
    std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", 0xD800U + (rest >> 10U),
                  0xDC00U + (rest & 0x3FFU));
  }
  return buffer;
}

std::string json_escape(char32_t character) {
  switch (character) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      return unicode_escape(character);
  }
}

class JsonWriter {
 public:
  explicit JsonWriter(JsonStyle style) : style_(std::move(style)) {}

  Text write(const Value& value) {
    add(value, 0);
    return std::move(out_);
  }

 private:
  void add_string(const Text& text) {
    out_.append("\"", true);
    text.for_each_character([&](std::string_view bytes, bool trusted) {
      const char32_t c = octavo::read_utf8(bytes).character;
      const bool escapes = c < 0x20 || c == '"' || c == '\\' || (style_.ensure_ascii && c >= 0x7F);
      if (escapes) {
        out_.append(json_escape(c), trusted);
      } else {
        out_.append(bytes, trusted);
      }
    });
    out_.append("\"", true);
  }

  void add_number(const Value& value) {
    if (!value.is_float()) return out_.append(digits_of(value.as_integer()), true);
    const double number = value.as_float();
    if (std::isnan(number)) return out_.append("NaN", true);
    if (std::isinf(number)) return out_.append(number > 0 ? "Infinity" : "-Infinity", true);
    out_.append(float_repr(number), true);
  }

  void start_line(int level) {
    if (!style_.indent) return;
    out_.append("\n", true);
    for (int i = 0; i < level; ++i) out_.append(*style_.indent);
  }

  void add_list(const std::vector<Value>& items, int level) {
    if (items.empty()) return out_.append("[]", true);
    out_.append("[", true);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      start_line(level + 1);
      add(items[i], level + 1);
    }
    start_line(level);
    out_.append("]", true);
  }

  void add_dict(const Dict& dict, int level) {
    if (dict.items().empty()) return out_.append("{}", true);
    std::vector<const Dict::Item*> items;
    for (const auto& item : dict.items()) items.push_back(&item);
    if (style_.sort_keys) {
      std::ranges::stable_sort(items,
                               [](auto* a, auto* b) { return compare(a->first, b->first) < 0; });
    }
    out_.append("{", true);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      start_line(level + 1);
      add_key(items[i]->first);
      out_.append(style_.key_separator);
      add(items[i]->second, level + 1);
    }
    start_line(level);
    out_.append("}", true);
  }

  void add_key(const Value& key) {
    if (key.is_text()) return add_string(key.as_text());
    if (key.is_list()) fail("A tuple cannot be a key in JSON.");
    out_.append("\"", true);
    add(key, 0);
    out_.append("\"", true);
  }

  void add(const Value& value, int level) {
    if (value.is_text()) return add_string(value.as_text());
    if (value.is_none()) return out_.append("null", true);
    if (value.is_bool()) return out_.append(value.is_true() ? "true" : "false", true);
    if (value.is_number()) return add_number(value);
    if (value.is_list()) return add_list(value.as_list().items, level);
    if (value.is_dict()) return add_dict(value.as_dict(), level);
    fail("A value of type '" + std::string(value.type_name()) + "' cannot be written as JSON.");
  }

  JsonStyle style_;
  Text out_;
};

std::optional<Text> read_indent(const Value* indent) {
  constexpr std::int64_t kMaxIndent = 100;
  if (indent == nullptr || indent->is_none()) return {};
  if (indent->is_text()) return indent->as_text();
  const std::int64_t width =
      std::clamp<std::int64_t>(need_integer(*indent, "'indent'"), 0, kMaxIndent);
  return Text(std::string(static_cast<std::size_t>(width), ' '));
}

}  // namespace

Text to_json(const Value& value, const Args& args) {
  const Bound bound(args, {"ensure_ascii", "indent", "separators", "sort_keys"});
  // A text is written before Python looks at the indent.
  JsonStyle style{read_indent(value.is_text() ? nullptr : bound.get(1)), Text(", "), Text(": "),
                  bound.flag(3, false), bound.flag(0, false)};
  if (style.indent) style.item_separator = Text(",");
  if (const Value* separators = bound.get(2); separators != nullptr && !separators->is_none()) {
    const std::vector<Value> pair = items_of(*separators);
    if (pair.size() != 2) fail("'separators' must be two strings.");
    style.item_separator = need_text(pair[0], "A separator");
    style.key_separator = need_text(pair[1], "A separator");
  }
  return JsonWriter(std::move(style)).write(value);
}

}  // namespace octavo::jinja
