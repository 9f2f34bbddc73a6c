#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

using Method = Value (*)(const Text& self, const Args& args);

template <bool left, bool right>
Value strip_method(const Text& self, const Args& args) {
  const Text chars = Bound(args, {"chars"}).text(0, "");
  return Value(strip_any_of(self, chars.bytes(), left, right));
}

Value to_list(const std::vector<Text>& texts) {
  std::vector<Value> items;
  for (const Text& text : texts) items.emplace_back(text);
  return Value(std::move(items));
}

template <bool from_right>
Value split_method(const Text& self, const Args& args) {
  const Bound bound(args, {"sep", "maxsplit"});
  const std::int64_t max_splits = bound.integer(1, -1);
  const bool by_words = bound.get(0) == nullptr || bound.get(0)->is_none();
  if (by_words && from_right && max_splits >= 0) fail("'rsplit' with a limit needs a separator.");
  if (by_words) return to_list(split_words(self, max_splits));
  const Text& separator = need_text(*bound.get(0), "The separator");
  if (separator.empty()) fail("The separator must not be empty.");
  return to_list(split(self, separator.bytes(), max_splits, from_right));
}

Value splitlines_method(const Text& self, const Args& args) {
  const bool keeps_ends = Bound(args, {"keepends"}).flag(0, false);
  std::vector<Text> lines;
  const std::string& bytes = self.bytes();
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n", begin), bytes.size());
    const bool is_pair = bytes.compare(end, 2, "\r\n") == 0;
    const std::size_t next = std::min(end + (is_pair ? 2 : 1), bytes.size());
    lines.push_back(self.part(begin, keeps_ends ? next : end));
    begin = next;
  }
  return to_list(lines);
}

Value replace_method(const Text& self, const Args& args) {
  const Bound bound(args, {"old", "new", "count"});
  return Value(replace(self, need_text(bound.need(0), "'old'"), need_text(bound.need(1), "'new'"),
                       bound.integer(2, -1)));
}

template <bool at_end>
Value affix_method(const Text& self, const Args& args) {
  const Value& affix = Bound(args, {"affix"}).need(0);
  const std::vector<Value> candidates =
      affix.is_list() ? affix.as_list().items : std::vector<Value>{affix};
  return Value(std::ranges::any_of(candidates, [&](const Value& candidate) {
    const std::string& bytes = need_text(candidate, "What a string starts or ends with").bytes();
    return at_end ? self.bytes().ends_with(bytes) : self.bytes().starts_with(bytes);
  }));
}

template <bool at_end>
Value remove_method(const Text& self, const Args& args) {
  const Value& value = Bound(args, {"affix"}).need(0);
  const std::string& affix = need_text(value, "What is removed").bytes();
  if (at_end && self.bytes().ends_with(affix)) {
    return Value(self.part(0, self.size() - affix.size()));
  }
  if (!at_end && self.bytes().starts_with(affix))
    return Value(self.part(affix.size(), self.size()));
  return Value(self);
}

template <bool from_right, bool must_find>
Value find_method(const Text& self, const Args& args) {
  const Value& wanted = Bound(args, {"sub"}).need(0);
  const std::string& part = need_text(wanted, "What is looked for").bytes();
  const std::size_t at = from_right ? self.bytes().rfind(part) : self.bytes().find(part);
  if (at == std::string::npos && must_find) fail("The substring is not in the string.");
  if (at == std::string::npos) return Value(std::int64_t{-1});
  const auto num = octavo::count_characters(std::string_view(self.bytes()).substr(0, at));
  return Value(static_cast<std::int64_t>(num));
}

Value count_method(const Text& self, const Args& args) {
  const Value& wanted = Bound(args, {"sub"}).need(0);
  const Text& part = need_text(wanted, "What is counted");
  if (part.empty()) return Value(static_cast<std::int64_t>(self.character_offsets().size()));
  return Value(static_cast<std::int64_t>(split(self, part.bytes(), -1, false).size()) - 1);
}

Value join_method(const Text& self, const Args& args) {
  Text out;
  bool is_first = true;
  for (const Value& item : items_of(Bound(args, {"iterable"}).need(0))) {
    if (!is_first) out.append(self);
    is_first = false;
    out.append(need_text(item, "What is joined"));
  }
  return Value(std::move(out));
}

template <Text (*change)(const Text&)>
Value change_method(const Text& self, const Args&) {
  return Value(change(self));
}

template <Text (*change)(const Text&), Text (*opposite)(const Text&)>
Value case_method(const Text& self, const Args&) {
  return Value(change(self).bytes() == self.bytes() && opposite(self).bytes() != self.bytes());
}

template <utf8proc_category_t first, utf8proc_category_t last>
bool is_between(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= first && category <= last;
}
bool is_letter(char32_t c) { return is_between<UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO>(c); }
bool is_digit(char32_t c) { return is_between<UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_ND>(c); }
bool is_letter_or_digit(char32_t c) { return is_letter(c) || is_digit(c); }

template <bool (*holds)(char32_t)>
Value all_method(const Text& self, const Args&) {
  bool all = !self.empty();
  self.for_each_character([&all](std::string_view character, bool) {
    all = all && holds(octavo::read_utf8(character).character);
  });
  return Value(all);
}

Value format_method(const Text& self, const Args& args) { return Value(format_braces(self, args)); }

constexpr std::array<Named<Method>, 29> kMethods{{
    {"strip", strip_method<true, true>},
    {"lstrip", strip_method<true, false>},
    {"rstrip", strip_method<false, true>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"splitlines", splitlines_method},
    {"replace", replace_method},
    {"startswith", affix_method<false>},
    {"endswith", affix_method<true>},
    {"removeprefix", remove_method<false>},
    {"removesuffix", remove_method<true>},
    {"find", find_method<false, false>},
    {"rfind", find_method<true, false>},
    {"index", find_method<false, true>},
    {"rindex", find_method<true, true>},
    {"count", count_method},
    {"join", join_method},
    {"upper", change_method<to_upper>},
    {"lower", change_method<to_lower>},
    {"casefold", change_method<to_lower>},
    {"title", change_method<to_title>},
    {"capitalize", change_method<capitalize>},
    {"isupper", case_method<to_upper, to_lower>},
    {"islower", case_method<to_lower, to_upper>},
    {"isalpha", all_method<is_letter>},
    {"isdigit", all_method<is_digit>},
    {"isalnum", all_method<is_letter_or_digit>},
    {"isspace", all_method<octavo::text::is_white_space>},
    {"format", format_method},
}};

}  // namespace

Value get_text_method(const Value& object, std::string_view name) {
  const auto it = std::ranges::find(kMethods, name, &Named<Method>::first);
  if (it == kMethods.end()) return Value(Undefined{std::string(name)});
  return make_callable(
      [self = object, method = it->second](Interpreter& interpreter, const Args& args) {
        interpreter.charge(static_cast<std::int64_t>(self.as_text().size()) / 64);
        return method(self.as_text(), args);
      });
}

}  // namespace octavo::jinja
