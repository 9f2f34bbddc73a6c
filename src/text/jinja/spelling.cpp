#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/numbers.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

std::string escape(char32_t character) {
  switch (character) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  char buffer[16];
  const char* format =
      character < 0x100 ? "\\x%02x" : (character < 0x10000 ? "\\u%04x" : "\\U%08x");
  // The format is one of three literals above.
  std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(character));
  return buffer;
}

Text text_repr(const Text& text) {
  const std::string& bytes = text.bytes();
  const bool has_single = bytes.find('\'') != std::string::npos;
  const char quote = has_single && bytes.find('"') == std::string::npos ? '"' : '\'';
  const std::string_view quotes(&quote, 1);
  Text out(quotes);
  text.for_each_character([&](std::string_view character, bool trusted) {
    const char32_t value = octavo::read_utf8(character).character;
    if (character == quotes) {
      out.append("\\" + std::string(character), trusted);
    } else if (value == '\\' || !is_printable(value)) {
      out.append(escape(value), trusted);
    } else {
      out.append(character, trusted);
    }
  });
  out.append(quotes, true);
  return out;
}

Text list_repr(const List& list) {
  Text out(list.is_tuple ? "(" : "[");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out.append(", ", true);
    out.append(to_repr(list.items[i]));
  }
  if (list.is_tuple && list.items.size() == 1) out.append(",", true);
  out.append(list.is_tuple ? ")" : "]", true);
  return out;
}

/// Python also writes where an iterator lies in memory, which says nothing.
Text series_repr(const Series& series) {
  if (series.is_iterator()) return Text("<generator object>");
  if (series.kind == SeriesKind::kRange) {
    Text out("range(" + std::to_string(series.start) + ", " + std::to_string(series.stop));
    if (series.step != 1) out.append(", " + std::to_string(series.step), true);
    out.append(")", true);
    return out;
  }
  Text out(series.kind == SeriesKind::kKeys     ? "dict_keys("
           : series.kind == SeriesKind::kValues ? "dict_values("
                                                : "dict_items(");
  out.append(list_repr(List{series.items, false, {}}));
  out.append(")", true);
  return out;
}

Text dict_repr(const Dict& dict) {
  Text out("{");
  bool is_first = true;
  for (const auto& [key, value] : dict.items()) {
    if (!is_first) out.append(", ", true);
    is_first = false;
    out.append(to_repr(key));
    out.append(": ", true);
    out.append(to_repr(value));
  }
  out.append("}", true);
  return out;
}

}  // namespace

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const double size = std::fabs(value);
  const bool is_plain = size == 0.0 || (size >= 1e-4 && size < 1e16);
  const auto format = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  std::string text(buffer, end);
  if (is_plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

Text to_repr(const Value& value) {
  if (value.is_text()) {
    if (!value.is_safe()) return text_repr(value.as_text());
    Text out("Markup(");
    out.append(text_repr(value.as_text()));
    out.append(")", true);
    return out;
  }
  if (value.is_none()) return Text("None");
  if (value.is_bool()) return Text(value.is_true() ? "True" : "False");
  if (value.is_int()) return Text(digits_of(value.as_integer()));
  if (value.is_float()) return Text(float_repr(value.as_float()));
  if (value.is_list()) return list_repr(value.as_list());
  if (value.is_series()) return series_repr(value.as_series());
  if (value.is_dict()) return dict_repr(value.as_dict());
  if (value.is_undefined()) return Text("Undefined");
  if (value.is_namespace()) return Text("<Namespace>");
  const Callable& callable = value.as_callable();
  return Text(callable.changing_spelling ? callable.changing_spelling() : callable.spelling);
}

Text to_text(const Value& value) {
  if (value.is_text()) return value.as_text();
  return value.is_undefined() ? Text() : to_repr(value);
}

Text to_ascii(const Text& text) {
  Text out;
  text.for_each_character([&out](std::string_view character, bool trusted) {
    const char32_t code = octavo::read_utf8(character).character;
    out.append(code < 0x80 ? std::string(character) : escape(code), trusted);
  });
  return out;
}

}  // namespace octavo::jinja
