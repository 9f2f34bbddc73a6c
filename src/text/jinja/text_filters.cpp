// The filters of strings. What is no string is taken as it is written.
#include <array>

#include "src/text/jinja/filters.hpp"
#include "src/text/jinja/text_methods.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

Value filter_trim(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"chars"});
  const Text text = to_text(input);
  const bool by_blanks = bound.get(0) == nullptr || bound.get(0)->is_none();
  if (by_blanks) return as_safe_as(input, strip_blanks(text, true, true));
  const std::string& chars = need_text(*bound.get(0), "'chars'").bytes();
  return as_safe_as(input, strip_any_of(text, chars, true, true));
}

Value filter_replace(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"old", "new", "count"});
  return Value(replace(to_text(input), to_text(bound.need(0)), to_text(bound.need(1)),
                       bound.integer_or_none(2, -1)));
}

/// The text that `indent` puts before a line: the one that was given, or so many blanks.
Value margin_of(const Bound& bound) {
  const Value* width = bound.get(0);
  if (width != nullptr && width->is_text()) return *width;
  const std::int64_t num = std::max<std::int64_t>(bound.integer(0, 4), 0);
  if (num > kMaxTextWidth) fail("'width' is too large.");
  return Value(Text(std::string(static_cast<std::size_t>(num), ' ')));
}

Value filter_indent(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"width", "first", "blank"});
  const Value margin = margin_of(bound);
  // A safe text escapes what it is added to, so a safe margin escapes each line beside it.
  const bool escapes = margin.is_safe() && !input.is_safe();
  const auto beside_margin = [&](const Text& text) { return escapes ? escape_html(text) : text; };
  const bool indents_blank = bound.flag(2, false);
  // A newline more makes the last line one, even where it is empty.
  Text text = need_text(input, "What is indented");
  text.append("\n", true);
  Text out;
  bool is_first = true;
  for (const Text& line : split_lines(text, false)) {
    if (!is_first) out.append("\n", true);
    const bool has_margin = !is_first && (indents_blank || !line.empty());
    if (has_margin) out.append(margin.as_text());
    out.append(has_margin || indents_blank ? beside_margin(line) : line);
    is_first = false;
  }
  const bool indents_first = bound.flag(1, false);
  if (indents_first) {
    Text whole = margin.as_text();
    whole.append(indents_blank ? out : beside_margin(out));
    out = std::move(whole);
  }
  const bool is_joined = indents_blank || indents_first;
  return as_safe_as(escapes && is_joined ? margin : input, std::move(out));
}

Value filter_truncate(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"length", "killwords", "end", "leeway"});
  const Value end = bound.get(2) != nullptr ? *bound.get(2) : Value::text("...");
  // What is not used may be of any kind that has a length.
  const auto num_end = end.is_undefined() ? std::optional<std::int64_t>(0) : length_of(end);
  if (!num_end) fail("'end' must be a string.");
  const double most = bound.number(0, 255);
  const bool has_leeway = bound.get(3) != nullptr && !bound.get(3)->is_none();
  const double leeway = has_leeway ? bound.number(3, 5) : 5;
  if (!(most >= static_cast<double>(*num_end))) fail("'length' must be at least that of 'end'.");
  if (!(leeway >= 0)) fail("'leeway' must not be negative.");
  const auto num_characters = length_of(input);
  if (num_characters && static_cast<double>(*num_characters) <= most + leeway) return input;
  const Text& text = need_text(input, "What is truncated");
  const std::vector<std::size_t> offsets = text.character_offsets();
  Text head = text.part(0, offsets[static_cast<std::size_t>(bound.integer(0, 255) - *num_end)]);
  if (!bound.flag(1, false)) {
    const std::size_t blank = head.bytes().rfind(' ');
    if (blank != std::string::npos) head = head.part(0, blank);
  }
  return apply_operator(self, "+", as_safe_as(input, std::move(head)), end);
}

template <Text (*change)(const Text&)>
Value filter_change(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return as_safe_as(input, change(to_text(input)));
}

/// Words begin after blanks, hyphens and opening brackets alone.
Value filter_title(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const Text text = to_text(input);
  const auto separates = [](char32_t c) {
    return is_blank(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  Text out;
  const std::string_view bytes = text.bytes();
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto first = octavo::read_utf8(bytes.substr(begin));
    std::size_t end = begin + first.length;
    while (end < bytes.size()) {
      const auto unit = octavo::read_utf8(bytes.substr(end));
      if (separates(unit.character) != separates(first.character)) break;
      end += unit.length;
    }
    out.append(to_upper(text.part(begin, begin + first.length)));
    out.append(to_lower(text.part(begin + first.length, end)));
    begin = end;
  }
  return Value(std::move(out));
}

Value filter_string(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return as_safe_as(input, to_text(input));
}

/// Runs of letters, digits and underscores.
Value filter_wordcount(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  std::int64_t count = 0;
  bool is_within = false;
  to_text(input).for_each_character([&](std::string_view character, bool) {
    const char32_t c = octavo::read_utf8(character).character;
    const bool is_word = is_letter(c) || is_digit(c) || is_numeric(c) || c == '_';
    if (is_word && !is_within) ++count;
    is_within = is_word;
  });
  return Value(count);
}

Value filter_center(Interp&, const Value& input, const Args& args) {
  FormatSpec spec;
  spec.width = Bound(args, {"width"}).integer(0, 80);
  if (spec.width > kMaxTextWidth) fail("'width' is too large.");
  return as_safe_as(input, centered(to_text(input), spec));
}

Value filter_format(Interp&, const Value& input, const Args& args) {
  if (!args.positional.empty() && !args.named.empty()) {
    fail("'format' takes values by place or by name, not both.");
  }
  Value values = make_tuple(args.positional);
  if (!args.named.empty()) {
    Dict named;
    for (const auto& [name, value] : args.named) {
      named.set(Value(Text(name, args.has_trusted_names)), value);
    }
    values = Value(std::move(named));
  }
  const Quoting quoting = input.is_safe() ? Quoting::kHtml : Quoting::kNone;
  return as_safe_as(input, format_percent(to_text(input), values, quoting));
}

Value filter_wordwrap(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
  const double width = std::clamp(bound.number(0, 79), -1.0, 1e9);
  const bool is_whole = bound.get(0) == nullptr || !bound.get(0)->is_float();
  const WrapOptions options{static_cast<std::int64_t>(width), is_whole, bound.flag(1, true),
                            bound.flag(3, true)};
  const bool has_string = bound.get(2) != nullptr && !bound.get(2)->is_none();
  const Text between = has_string ? need_text(*bound.get(2), "'wrapstring'") : Text("\n");
  Text out;
  bool is_first = true;
  for (const Text& line : split_lines(need_text(input, "What is wrapped"), false)) {
    if (options.width < 1) fail("'width' must be at least 1.");
    std::vector<Text> parts = wrap_line(line, options);
    if (parts.empty()) parts.emplace_back();
    self.charge(static_cast<std::int64_t>(parts.size()));
    for (const Text& part : parts) {
      if (!is_first) out.append(between);
      is_first = false;
      out.append(part);
    }
  }
  return Value(std::move(out));
}

Value filter_pprint(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  // Each level of a value may look at all that is below it.
  self.charge(input.extent().weight * (1 + input.extent().depth));
  return Value(pretty(input));
}

/// What is no letter, digit or one of `-._~` as %XX of its bytes; `/` stays in a path.
Text quote_url(const Value& value, bool for_query) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  Text out;
  to_text(value).for_each_character([&](std::string_view character, bool trusted) {
    const char c = character[0];
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' ||
                          (c == '/' && !for_query);
    if (is_plain) return out.append(character, trusted);
    if (c == ' ' && for_query) return out.append("+", trusted);
    for (const char byte : character) {
      const auto bits = static_cast<unsigned char>(byte);
      out.append(std::string{'%', kHex[bits >> 4U], kHex[bits & 15U]}, trusted);
    }
  });
  return out;
}

Value filter_urlencode(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const bool is_walked =
      input.is_list() || input.is_series() || input.is_dict() || input.is_undefined();
  if (!is_walked) return Value(quote_url(input, false));
  Text out;
  bool is_first = true;
  const Value pairs = input.is_dict() ? make_view(input.as_dict(), SeriesKind::kItems) : input;
  for (const Value& pair : self.items(pairs)) {
    const auto parts = self.items(pair);
    if (parts.size() != 2) fail("'urlencode' needs pairs.");
    if (!is_first) out.append("&", true);
    is_first = false;
    out.append(quote_url(parts[0], true));
    out.append("=", true);
    out.append(quote_url(parts[1], true));
  }
  return Value(std::move(out));
}

Value filter_tojson(Interp&, const Value& input, const Args& args) {
  return Value(to_json(input, args));
}

constexpr std::array<Named<FilterFunction>, 16> kFilters{{
    {"trim", filter_trim},
    {"replace", filter_replace},
    {"indent", filter_indent},
    {"truncate", filter_truncate},
    {"upper", filter_change<to_upper>},
    {"lower", filter_change<to_lower>},
    {"title", filter_title},
    {"capitalize", filter_change<capitalize>},
    {"string", filter_string},
    {"wordcount", filter_wordcount},
    {"center", filter_center},
    {"format", filter_format},
    {"wordwrap", filter_wordwrap},
    {"pprint", filter_pprint},
    {"urlencode", filter_urlencode},
    {"tojson", filter_tojson},
}};

}  // namespace

FilterFunction find_text_filter(std::string_view name) { return find_in(kFilters, name); }

}  // namespace octavo::jinja
