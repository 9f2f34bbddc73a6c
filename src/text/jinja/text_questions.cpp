// The methods of strings that find, count and tell.
#include <algorithm>
#include <array>

#include "src/text/jinja/text_methods.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr auto kPlace = Bound::By::kPlace;

/// text[start:end] of the arguments 1 and 2.
struct Range {
  std::int64_t start = 0;  ///< In characters.
  std::string_view bytes;
  bool is_empty = false;  ///< start lies past end or the text: not even an empty string is there.
};

Range range_of(const Text& text, const Bound& bound) {
  if (bound.get(1) == nullptr && bound.get(2) == nullptr) return {0, text.bytes(), false};
  const auto offsets = text.character_offsets();
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  const auto place = [length](std::int64_t at) {
    return std::max<std::int64_t>(at < 0 ? at + length : at, 0);
  };
  const std::int64_t start = place(bound.integer_or_none(1, 0));
  const std::int64_t end = std::min(place(bound.integer_or_none(2, length)), length);
  if (start > end) return {start, {}, true};
  const std::size_t begin = offsets[static_cast<std::size_t>(start)];
  return {
      start,
      std::string_view(text.bytes()).substr(begin, offsets[static_cast<std::size_t>(end)] - begin),
      false};
}

template <bool at_end>
Value affix_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"affix", "start", "end"}, kPlace);
  const Value& affix = bound.need(0);
  const bool is_tuple = affix.is_list() && affix.as_list().is_tuple;
  const auto candidates = is_tuple ? affix.as_list().items : std::vector<Value>{affix};
  const Range range = range_of(self.as_text(), bound);
  return Value(std::ranges::any_of(candidates, [&](const Value& candidate) {
    const std::string& bytes = need_text(candidate, "What a string starts or ends with").bytes();
    if (range.is_empty) return false;
    return at_end ? range.bytes.ends_with(bytes) : range.bytes.starts_with(bytes);
  }));
}

template <bool from_right, bool must_find>
Value find_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"sub", "start", "end"}, kPlace);
  const std::string& part = need_text(bound.need(0), "What is looked for").bytes();
  const Range range = range_of(self.as_text(), bound);
  const std::size_t at = range.is_empty ? std::string_view::npos
                         : from_right   ? range.bytes.rfind(part)
                                        : range.bytes.find(part);
  if (at == std::string_view::npos) {
    if (must_find) fail("The substring is not in the string.");
    return Value(std::int64_t{-1});
  }
  const auto num_before = octavo::count_characters(range.bytes.substr(0, at));
  return Value(range.start + static_cast<std::int64_t>(num_before));
}

Value count_method(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"sub", "start", "end"}, kPlace);
  const std::string& part = need_text(bound.need(0), "What is counted").bytes();
  const Range range = range_of(self.as_text(), bound);
  if (range.is_empty) return Value(std::int64_t{0});
  if (part.empty()) {
    return Value(static_cast<std::int64_t>(octavo::count_characters(range.bytes)) + 1);
  }
  std::int64_t count = 0;
  for (std::size_t at = range.bytes.find(part); at != std::string_view::npos;
       at = range.bytes.find(part, at + part.size())) {
    ++count;
  }
  return Value(count);
}

bool holds_for_all(const Text& text, bool (*holds)(char32_t)) {
  bool all = true;
  text.for_each_character([&](std::string_view character, bool) {
    all = all && holds(octavo::read_utf8(character).character);
  });
  return all;
}

bool is_letter_or_number(char32_t c) { return is_letter(c) || is_digit(c) || is_numeric(c); }
bool is_ascii(char32_t c) { return c < 0x80; }

template <bool (*holds)(char32_t), bool of_nothing = false>
Value all_method(Interpreter&, const Value& self, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const Text& text = self.as_text();
  return Value(text.empty() ? of_nothing : holds_for_all(text, holds));
}

template <bool (*has_case)(char32_t)>
Value case_method(Interpreter&, const Value& self, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return Value(has_one_case(self.as_text(), has_case));
}

/// Upper case after what has no case, lower case after what has.
Value istitle_method(Interpreter&, const Value& self, const Args& args) {
  static_cast<void>(Bound(args, {}));
  bool is_title = true;
  bool has_any = false;
  bool after_cased = false;
  self.as_text().for_each_character([&](std::string_view character, bool) {
    const char32_t c = octavo::read_utf8(character).character;
    const bool is_upper = is_upper_case(c) || is_title_case(c);
    if (is_upper && after_cased) is_title = false;
    if (is_lower_case(c) && !after_cased) is_title = false;
    after_cased = is_cased(c);
    has_any = has_any || after_cased;
  });
  return Value(is_title && has_any);
}

Value isidentifier_method(Interpreter&, const Value& self, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const Text& text = self.as_text();
  if (text.empty() || !holds_for_all(text, is_name_part)) return Value(false);
  return Value(is_name_start(octavo::read_utf8(text.bytes()).character));
}

constexpr std::array<Named<TextMethod>, 19> kMethods{{
    {"startswith", affix_method<false>},
    {"endswith", affix_method<true>},
    {"find", find_method<false, false>},
    {"rfind", find_method<true, false>},
    {"index", find_method<false, true>},
    {"rindex", find_method<true, true>},
    {"count", count_method},
    {"isupper", case_method<is_upper_case>},
    {"islower", case_method<is_lower_case>},
    {"istitle", istitle_method},
    {"isalpha", all_method<is_letter>},
    {"isdecimal", all_method<is_decimal>},
    {"isdigit", all_method<is_digit>},
    {"isnumeric", all_method<is_numeric>},
    {"isalnum", all_method<is_letter_or_number>},
    {"isspace", all_method<is_blank>},
    {"isprintable", all_method<is_printable, true>},
    {"isascii", all_method<is_ascii, true>},
    {"isidentifier", isidentifier_method},
}};

}  // namespace

bool has_one_case(const Text& text, bool (*has_case)(char32_t)) {
  bool has_any = false;
  bool has_other = false;
  text.for_each_character([&](std::string_view character, bool) {
    const char32_t c = octavo::read_utf8(character).character;
    const bool is_wanted = has_case(c);
    has_any = has_any || is_wanted;
    has_other = has_other || (!is_wanted && is_cased(c));
  });
  return has_any && !has_other;
}

TextMethod find_text_question(std::string_view name) {
  const auto it = std::ranges::find(kMethods, name, &Named<TextMethod>::first);
  return it == kMethods.end() ? nullptr : it->second;
}

}  // namespace octavo::jinja
