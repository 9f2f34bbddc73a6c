#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/unicode_case.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

/// A test that takes nothing but its subject.
template <bool (*holds)(const Value&)>
bool plain(Interp&, const Value& subject, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return holds(subject);
}

/// A test that compares its subject with another value.
template <bool (*holds)(const Value&, const Value&)>
bool with_other(Interp&, const Value& subject, const Args& args) {
  return holds(subject, Bound(args, {"other"}, Bound::By::kPlace).need(0));
}

bool is_defined(const Value& v) { return !v.is_undefined(); }
bool is_undefined(const Value& v) { return v.is_undefined(); }
bool is_none(const Value& v) { return v.is_none(); }
bool is_boolean(const Value& v) { return v.is_bool(); }
bool is_that_true(const Value& v) { return v.is_bool() && v.is_true(); }
bool is_that_false(const Value& v) { return v.is_bool() && !v.is_true(); }
bool is_integer(const Value& v) { return v.is_int(); }
bool is_float(const Value& v) { return v.is_float(); }
bool is_number(const Value& v) { return v.is_number(); }
bool is_string(const Value& v) { return v.is_text(); }
bool is_mapping(const Value& v) { return v.is_dict(); }
bool is_escaped(const Value& v) { return v.is_safe(); }

bool is_iterable(const Value& v) {
  return v.is_text() || v.is_list() || v.is_series() || v.is_dict() || v.is_undefined();
}

/// What has a length and can be subscripted.
bool is_sequence(const Value& v) {
  return is_iterable(v) && (!v.is_series() || v.as_series().kind == SeriesKind::kRange);
}

/// What is undefined can be called, although the call fails.
bool is_callable(const Value& v) {
  return v.is_undefined() || (v.is_callable() && v.as_callable().call);
}

/// Some character has that case, and none another.
template <bool (*has_case)(char32_t)>
bool is_case(const Value& v) {
  return has_one_case(to_text(v), has_case);
}

/// Jinja looks a name up in a dictionary: what cannot be a key is a fault, all else is no name.
void check_name(const Value& v) {
  const bool is_container = v.is_list() || v.is_dict();
  if (is_container && !is_hashable(v)) fail("The name of a filter or a test is a string.");
}

bool is_known_filter(const Value& v) {
  check_name(v);
  return v.is_text() && find_filter(v.as_text().bytes()) != nullptr;
}
bool is_known_test(const Value& v) {
  check_name(v);
  return v.is_text() && find_test(v.as_text().bytes()) != nullptr;
}

bool leaves(Interp& self, const Value& value, const Value& divisor, std::int64_t rest) {
  return equals(apply_operator(self, "%", value, divisor), Value(rest));
}

template <std::int64_t rest>
bool is_half(Interp& self, const Value& subject, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return leaves(self, subject, Value(std::int64_t{2}), rest);
}

bool is_divisible(Interp& self, const Value& subject, const Args& args) {
  return leaves(self, subject, Bound(args, {"num"}).need(0), 0);
}

bool is_unequal(const Value& a, const Value& b) { return !equals(a, b); }
bool is_less(const Value& a, const Value& b) { return compare(a, b) < 0; }
bool is_at_most(const Value& a, const Value& b) { return compare(a, b) <= 0; }
bool is_greater(const Value& a, const Value& b) { return compare(a, b) > 0; }
bool is_at_least(const Value& a, const Value& b) { return compare(a, b) >= 0; }
bool is_in(Interp&, const Value& subject, const Args& args) {
  return contains(Bound(args, {"seq"}).need(0), subject);
}
bool is_same_as(Interp&, const Value& subject, const Args& args) {
  return is_same(subject, Bound(args, {"other"}).need(0));
}

constexpr std::array<Named<TestFunction>, 30> kTests{{
    {"defined", plain<is_defined>},
    {"undefined", plain<is_undefined>},
    {"none", plain<is_none>},
    {"true", plain<is_that_true>},
    {"false", plain<is_that_false>},
    {"boolean", plain<is_boolean>},
    {"integer", plain<is_integer>},
    {"float", plain<is_float>},
    {"number", plain<is_number>},
    {"string", plain<is_string>},
    {"mapping", plain<is_mapping>},
    {"sequence", plain<is_sequence>},
    {"iterable", plain<is_iterable>},
    {"callable", plain<is_callable>},
    {"escaped", plain<is_escaped>},
    {"odd", is_half<1>},
    {"even", is_half<0>},
    {"divisibleby", is_divisible},
    {"eq", with_other<equals>},
    {"ne", with_other<is_unequal>},
    {"lt", with_other<is_less>},
    {"le", with_other<is_at_most>},
    {"gt", with_other<is_greater>},
    {"ge", with_other<is_at_least>},
    {"in", is_in},
    {"sameas", is_same_as},
    {"lower", plain<is_case<is_lower_case>>},
    {"upper", plain<is_case<is_upper_case>>},
    {"filter", plain<is_known_filter>},
    {"test", plain<is_known_test>},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kOtherNames{
    {{"==", "eq"},
     {"equalto", "eq"},
     {"!=", "ne"},
     {"<", "lt"},
     {"lessthan", "lt"},
     {"<=", "le"},
     {">", "gt"},
     {"greaterthan", "gt"},
     {">=", "ge"}}};

}  // namespace

TestFunction find_test(std::string_view name) {
  const auto other_name =
      std::ranges::find(kOtherNames, name, &std::pair<std::string_view, std::string_view>::first);
  if (other_name != kOtherNames.end()) name = other_name->second;
  const auto it = std::ranges::find(kTests, name, &Named<TestFunction>::first);
  return it == kTests.end() ? nullptr : it->second;
}

}  // namespace octavo::jinja
