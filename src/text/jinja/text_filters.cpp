#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

Value filter_trim(Interp&, const Value& input, const Args& args) {
  const Text chars = Bound(args, {"chars"}).text(0, "");
  return Value(strip_any_of(to_text(input), chars.bytes(), true, true));
}

Value filter_replace(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"old", "new", "count"});
  return Value(replace(to_text(input), to_text(bound.need(0)), to_text(bound.need(1)),
                       bound.integer(2, -1)));
}

Value filter_indent(Interp&, const Value& input, const Args& args) {
  constexpr std::int64_t kMaxWidth = 1000;
  const Bound bound(args, {"width", "first", "blank"});
  const Value* width = bound.get(0);
  Text margin;
  if (width != nullptr && width->is_text()) {
    margin = width->as_text();
  } else {
    const auto num = std::clamp<std::int64_t>(bound.integer(0, 4), 0, kMaxWidth);
    margin = Text(std::string(static_cast<std::size_t>(num), ' '));
  }
  Text out;
  bool is_first = true;
  for (const Text& line : split(to_text(input), "\n", -1, false)) {
    if (!is_first) out.append("\n", true);
    const bool indents = is_first ? bound.flag(1, false) : !line.empty() || bound.flag(2, false);
    if (indents) out.append(margin);
    out.append(line);
    is_first = false;
  }
  return Value(std::move(out));
}

Value filter_truncate(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"length", "killwords", "end", "leeway"});
  const Text text = to_text(input);
  const Text end = bound.text(2, "...");
  const std::vector<std::size_t> offsets = text.character_offsets();
  const auto num_end = static_cast<std::int64_t>(end.character_offsets().size()) - 1;
  const std::int64_t length = bound.integer(0, 255);
  if (length < num_end) fail("'length' must be at least that of 'end'.");
  if (static_cast<std::int64_t>(offsets.size()) - 1 <= length + bound.integer(3, 5)) {
    return Value(text);
  }
  Text head = text.part(0, offsets[static_cast<std::size_t>(length - num_end)]);
  if (!bound.flag(1, false)) {
    const std::size_t blank = head.bytes().rfind(' ');
    if (blank != std::string::npos) head = head.part(0, blank);
  }
  head.append(end);
  return Value(std::move(head));
}

Value filter_int(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default", "base"});
  const Value otherwise = bound.get(0) != nullptr ? *bound.get(0) : Value(std::int64_t{0});
  if (input.is_float() && !std::isfinite(input.as_float())) return otherwise;
  if (input.is_number()) return Value(input.as_int());
  if (!input.is_text()) return otherwise;
  const Text trimmed = strip_any_of(input.as_text(), "", true, true);
  std::string_view digits = trimmed.bytes();
  const std::int64_t base = bound.integer(1, 10);
  if (base < 2 || base > 36) fail("'base' must be 2 to 36.");
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (base == 16 && (digits.starts_with("0x") || digits.starts_with("0X"))) digits.remove_prefix(2);
  std::int64_t whole = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, whole, static_cast<int>(base));
  if (result.ec == std::errc{} && result.ptr == end) return Value(whole);
  double real = 0.0;
  const auto as_real = std::from_chars(digits.data(), end, real);
  const bool is_real = as_real.ec == std::errc{} && as_real.ptr == end && std::fabs(real) < 9e18;
  return is_real ? Value(static_cast<std::int64_t>(real)) : otherwise;
}

Value filter_float(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default"});
  if (input.is_number()) return Value(input.as_float());
  if (input.is_text()) {
    const Text trimmed = strip_any_of(input.as_text(), "", true, true);
    const std::string& digits = trimmed.bytes();
    double real = 0.0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, real);
    if (result.ec == std::errc{} && result.ptr == end) return Value(real);
  }
  return bound.get(0) != nullptr ? *bound.get(0) : Value(0.0);
}

Value filter_round(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"precision", "method"});
  const std::int64_t precision = std::clamp<std::int64_t>(bound.integer(0, 0), -15, 15);
  const std::string method = bound.text(1, "common").bytes();
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = input.as_float() * scale;
  if (method == "ceil") return Value(std::ceil(scaled) / scale);
  if (method == "floor") return Value(std::floor(scaled) / scale);
  return Value(std::nearbyint(scaled) / scale);
}

Value filter_abs(Interp& self, const Value& input, const Args&) {
  if (input.is_float()) return Value(std::fabs(input.as_float()));
  if (!input.is_number()) fail("'abs' needs a number.");
  const Value zero(std::int64_t{0});
  return input.as_int() < 0 ? apply_operator(self, "-", zero, input) : Value(input.as_int());
}

Value filter_safe(Interp&, const Value& input, const Args&) {
  Value text(to_text(input));
  text.mark_safe();
  return text;
}

Value filter_escape(Interp&, const Value& input, const Args&) {
  Text out;
  to_text(input).for_each_character([&out](std::string_view character, bool trusted) {
    const char c = character[0];
    out.append(c == '&'    ? "&amp;"
               : c == '<'  ? "&lt;"
               : c == '>'  ? "&gt;"
               : c == '"'  ? "&#34;"
               : c == '\'' ? "&#39;"
                           : character,
               trusted);
  });
  Value text(std::move(out));
  text.mark_safe();
  return text;
}

template <Text (*change)(const Text&)>
Value filter_change(Interp&, const Value& input, const Args&) {
  return Value(change(to_text(input)));
}

Value filter_string(Interp&, const Value& input, const Args&) { return Value(to_text(input)); }

Value filter_wordcount(Interp&, const Value& input, const Args&) {
  return Value(static_cast<std::int64_t>(split_words(to_text(input), -1).size()));
}

Value filter_format(Interp&, const Value& input, const Args& args) {
  return Value(format_percent(to_text(input), make_tuple(args.positional)));
}

Value filter_tojson(Interp&, const Value& input, const Args& args) {
  return Value(to_json(input, args));
}

constexpr std::array<Named<FilterFunction>, 20> kFilters{{
    {"trim", filter_trim},
    {"replace", filter_replace},
    {"indent", filter_indent},
    {"truncate", filter_truncate},
    {"int", filter_int},
    {"float", filter_float},
    {"round", filter_round},
    {"abs", filter_abs},
    {"safe", filter_safe},
    {"escape", filter_escape},
    {"e", filter_escape},
    {"upper", filter_change<to_upper>},
    {"lower", filter_change<to_lower>},
    {"title", filter_change<to_title>},
    {"capitalize", filter_change<capitalize>},
    {"string", filter_string},
    {"wordcount", filter_wordcount},
    {"format", filter_format},
    {"tojson", filter_tojson},
    {"forceescape", filter_escape},
}};

}  // namespace

FilterFunction find_text_filter(std::string_view name) {
  const auto it = std::ranges::find(kFilters, name, &Named<FilterFunction>::first);
  return it == kFilters.end() ? nullptr : it->second;
}

FilterFunction find_filter(std::string_view name) {
  const FilterFunction filter = find_text_filter(name);
  return filter != nullptr ? filter : find_sequence_filter(name);
}

}  // namespace octavo::jinja
