// The methods of strings that make strings.
#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/number_format.hpp"
#include "src/text/jinja/text_methods.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr auto kPlace = Bound::By::kPlace;

Quoting quoting_of(const Value& self) { return self.is_safe() ? Quoting::kHtml : Quoting::kNone; }

/// A string that goes into self.
Text inserted(const Value& self, const Value& value, std::string_view what) {
  // A safe text takes any value, as it is written.
  return self.is_safe() ? shown(value, Quoting::kHtml) : need_text(value, what);
}

Value texts(const Value& self, const std::vector<Text>& parts) {
  std::vector<Value> items;
  for (const Text& part : parts) items.push_back(as_safe_as(self, part));
  return Value(std::move(items));
}

template <bool left, bool right>
Value strip_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"chars"}, kPlace);
  const bool by_blanks = bound.get(0) == nullptr || bound.get(0)->is_none();
  if (by_blanks) return as_safe_as(self, strip_blanks(self.as_text(), left, right));
  const std::string& chars = need_text(*bound.get(0), "What is stripped").bytes();
  return as_safe_as(self, strip_any_of(self.as_text(), chars, left, right));
}

template <bool from_right>
Value split_method(Interpreter& interpreter, const Value& self, const Args& args) {
  const Bound bound(args, {"sep", "maxsplit"});
  const std::int64_t max_splits = bound.size(1, -1);
  const bool by_words = bound.get(0) == nullptr || bound.get(0)->is_none();
  std::vector<Text> parts;
  if (by_words) {
    parts = split_words(self.as_text(), max_splits, from_right);
  } else {
    const Text& separator = need_text(*bound.get(0), "The separator");
    if (separator.empty()) fail("The separator must not be empty.");
    parts = split(self.as_text(), separator.bytes(), max_splits, from_right);
  }
  interpreter.charge(static_cast<std::int64_t>(parts.size()));
  return texts(self, parts);
}

template <bool from_right>
Value partition_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"sep"}, kPlace);
  const Text& separator = need_text(bound.need(0), "The separator");
  if (separator.empty()) fail("The separator must not be empty.");
  const Text& text = self.as_text();
  const std::string& bytes = text.bytes();
  const std::size_t at =
      from_right ? bytes.rfind(separator.bytes()) : bytes.find(separator.bytes());
  const Value nothing = as_safe_as(self, Text());
  if (at == std::string::npos) {
    return from_right ? make_tuple({nothing, nothing, self}) : make_tuple({self, nothing, nothing});
  }
  const std::size_t end = at + separator.size();
  // As in Python the separator is the very one that was given, safe or not.
  const Value middle = self.is_safe() ? as_safe_as(self, text.part(at, end))
                                      : as_safe_as(bound.need(0), text.part(at, end));
  return make_tuple(
      {as_safe_as(self, text.part(0, at)), middle, as_safe_as(self, text.part(end, bytes.size()))});
}

/// Which characters end a line, as str.splitlines has them.
bool ends_line(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

Value splitlines_method(Interpreter& interpreter, const Value& self, const Args& args) {
  const bool keeps_ends = Bound(args, {"keepends"}).flag(0, false);
  const std::vector<Text> lines = split_lines(self.as_text(), keeps_ends);
  interpreter.charge(static_cast<std::int64_t>(lines.size()));
  return texts(self, lines);
}

Value replace_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"old", "new", "count"}, kPlace);
  const Text to = inserted(self, bound.need(1), "'new'");
  return as_safe_as(
      self, replace(self.as_text(), need_text(bound.need(0), "'old'"), to, bound.size(2, -1)));
}

template <bool at_end>
Value remove_method(Interpreter&, const Value& self, const Args& args) {
  const Value& value = Bound(args, {"affix"}, kPlace).need(0);
  const std::string& affix = need_text(value, "What is removed").bytes();
  const Text& text = self.as_text();
  if (at_end && text.bytes().ends_with(affix)) {
    return as_safe_as(self, text.part(0, text.size() - affix.size()));
  }
  if (!at_end && text.bytes().starts_with(affix)) {
    return as_safe_as(self, text.part(affix.size(), text.size()));
  }
  return self;
}

Value join_method(Interpreter& interpreter, const Value& self, const Args& args) {
  Text out;
  bool is_first = true;
  for (const Value& item : interpreter.items(Bound(args, {"iterable"}, kPlace).need(0))) {
    if (!is_first) out.append(self.as_text());
    is_first = false;
    // A safe text escapes whatever it joins.
    out.append(self.is_safe() ? shown(item, Quoting::kHtml) : need_text(item, "What is joined"));
  }
  return as_safe_as(self, std::move(out));
}

template <Text (*change)(const Text&)>
Value change_method(Interpreter&, const Value& self, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return as_safe_as(self, change(self.as_text()));
}

template <char align>
Value align_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"width", "fillchar"}, kPlace);
  FormatSpec spec;
  spec.align = align;
  spec.width = need_integer(bound.need(0), "'width'");
  if (spec.width > kMaxTextWidth) fail("'width' is too large.");
  if (bound.get(1) != nullptr) {
    spec.fill = need_text(*bound.get(1), "'fillchar'");
    if (spec.fill.character_offsets().size() != 2) fail("'fillchar' must be one character.");
  }
  return as_safe_as(
      self, align == '^' ? centered(self.as_text(), spec) : pad(self.as_text(), spec, align));
}

Value zfill_method(Interpreter&, const Value& self, const Args& args) {
  FormatSpec spec;
  spec.width = need_integer(Bound(args, {"width"}, kPlace).need(0), "'width'");
  if (spec.width > kMaxTextWidth) fail("'width' is too large.");
  if (spec.width <= *length_of(self)) return self;
  spec.fill = Text("0");
  const Text& text = self.as_text();
  const bool has_sign = text.bytes().starts_with('+') || text.bytes().starts_with('-');
  Text out = text.part(0, has_sign ? 1 : 0);
  spec.width = std::max<std::int64_t>(spec.width, 1) - (has_sign ? 1 : 0);
  out.append(pad(text.part(has_sign ? 1 : 0, text.size()), spec, '>'));
  return as_safe_as(self, std::move(out));
}

Value expandtabs_method(Interpreter&, const Value& self, const Args& args) {
  const std::int64_t size = Bound(args, {"tabsize"}).integer(0, 8);
  if (size > kMaxTextWidth) fail("'tabsize' is too large.");
  Text out;
  std::int64_t column = 0;
  self.as_text().for_each_character([&](std::string_view character, bool trusted) {
    if (character != "\t") {
      out.append(character, trusted);
      column = character == "\n" || character == "\r" ? 0 : column + 1;
    } else if (size > 0) {
      const std::int64_t num_blanks = size - column % size;
      out.append(std::string(static_cast<std::size_t>(num_blanks), ' '), trusted);
      column += num_blanks;
    }
  });
  return as_safe_as(self, std::move(out));
}

Value format_method(Interpreter&, const Value& self, const Args& args) {
  return as_safe_as(self, format_braces(self.as_text(), args, quoting_of(self)));
}

Value format_map_method(Interpreter&, const Value& self, const Args& args) {
  const Value& mapping = Bound(args, {"mapping"}, kPlace).need(0);
  if (!mapping.is_dict()) fail("'format_map' needs a dictionary.");
  Args named;
  for (const auto& [key, value] : mapping.as_dict().items()) {
    if (key.is_text()) named.named.emplace_back(key.as_text().bytes(), value);
  }
  return as_safe_as(self, format_braces(self.as_text(), named, quoting_of(self)));
}

/// Each character becomes what the table has under its number; what that writes is the table's.
Value translate_method(Interpreter&, const Value& self, const Args& args) {
  const Value& table = Bound(args, {"table"}, kPlace).need(0);
  Text out;
  self.as_text().for_each_character([&](std::string_view character, bool trusted) {
    const Value code(static_cast<std::int64_t>(octavo::read_utf8(character).character));
    const Value mapped = get_item(table, code);
    if (mapped.is_undefined()) {
      out.append(character, trusted);
    } else if (!mapped.is_none()) {
      out.append(mapped.is_text() ? mapped.as_text()
                                  : character_of(need_integer(mapped, "What is written")));
    }
  });
  return as_safe_as(self, std::move(out));
}

Value maketrans_method(Interpreter&, const Value&, const Args& args) {
  const Bound bound(args, {"x", "y", "z"}, kPlace);
  const auto codes_of = [](const Value& value) {
    std::vector<Value> codes;
    need_text(value, "What is translated").for_each_character([&](std::string_view c, bool) {
      codes.emplace_back(static_cast<std::int64_t>(octavo::read_utf8(c).character));
    });
    return codes;
  };
  Dict table;
  if (bound.get(1) == nullptr) {
    if (!bound.need(0).is_dict()) fail("'maketrans' with one argument needs a dictionary.");
    for (const auto& [key, value] : bound.need(0).as_dict().items()) {
      const auto codes = key.is_text() ? codes_of(key) : std::vector<Value>{key};
      if (codes.size() != 1) fail("A key of 'maketrans' is one character or its number.");
      table.set(codes[0], value);
    }
    return Value(std::move(table));
  }
  const auto from = codes_of(bound.need(0));
  const auto to = codes_of(*bound.get(1));
  if (from.size() != to.size()) fail("Both strings of 'maketrans' must have the same length.");
  for (std::size_t i = 0; i < from.size(); ++i) table.set(from[i], to[i]);
  if (bound.get(2) != nullptr) {
    for (const Value& code : codes_of(*bound.get(2))) table.set(code, Value(nullptr));
  }
  return Value(std::move(table));
}

constexpr std::array<Named<TextMethod>, 27> kMethods{{
    {"strip", strip_method<true, true>},
    {"lstrip", strip_method<true, false>},
    {"rstrip", strip_method<false, true>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"partition", partition_method<false>},
    {"rpartition", partition_method<true>},
    {"splitlines", splitlines_method},
    {"replace", replace_method},
    {"removeprefix", remove_method<false>},
    {"removesuffix", remove_method<true>},
    {"join", join_method},
    {"upper", change_method<to_upper>},
    {"lower", change_method<to_lower>},
    {"casefold", change_method<fold_case>},
    {"swapcase", change_method<swap_case>},
    {"title", change_method<to_title>},
    {"capitalize", change_method<capitalize>},
    {"center", align_method<'^'>},
    {"ljust", align_method<'<'>},
    {"rjust", align_method<'>'>},
    {"zfill", zfill_method},
    {"expandtabs", expandtabs_method},
    {"format", format_method},
    {"format_map", format_map_method},
    {"translate", translate_method},
    {"maketrans", maketrans_method},
}};

}  // namespace

std::vector<Text> split_lines(const Text& text, bool keeps_ends) {
  std::vector<Text> lines;
  const std::string_view bytes = text.bytes();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto unit = octavo::read_utf8(bytes.substr(at));
    std::size_t next = at + unit.length;
    if (ends_line(unit.character)) {
      if (bytes.substr(at, 2) == "\r\n") next = at + 2;
      lines.push_back(text.part(begin, keeps_ends ? next : at));
      begin = next;
    }
    at = next;
  }
  if (begin < bytes.size()) lines.push_back(text.part(begin, bytes.size()));
  return lines;
}

Text centered(const Text& text, FormatSpec spec) {
  const auto length = static_cast<std::int64_t>(text.character_offsets().size()) - 1;
  const std::int64_t missing = std::max<std::int64_t>(spec.width, length) - length;
  // Python gives the odd blank to the left where the width is odd too.
  const std::int64_t left = missing / 2 + (missing & spec.width & 1);
  spec.width = length + left;
  spec.align = '>';
  const Text out = pad(text, spec, '>');
  spec.align = '<';
  spec.width = length + missing;
  return pad(out, spec, '<');
}

Value get_text_method(const Value& object, std::string_view name) {
  const auto it = std::ranges::find(kMethods, name, &Named<TextMethod>::first);
  const TextMethod method = it == kMethods.end() ? find_text_question(name) : it->second;
  if (method == nullptr) return Value(Undefined{std::string(name)});
  return make_callable([self = object, method](Interpreter& interpreter, const Args& args) {
    interpreter.charge(static_cast<std::int64_t>(self.as_text().size()) / 64);
    return method(interpreter, self, args);
  });
}

}  // namespace octavo::jinja
