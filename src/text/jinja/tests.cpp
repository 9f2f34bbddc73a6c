#include <algorithm>
#include <array>
#include <cmath>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

const Value& other(const Args& args) { return Bound(args, {"other"}).need(0); }

bool is_case(const Value& value, Text (*change)(const Text&), Text (*opposite)(const Text&)) {
  const Text text = to_text(value);
  return change(text).bytes() == text.bytes() && opposite(text).bytes() != text.bytes();
}

std::int64_t remainder(const Value& value, std::int64_t divisor) {
  if (divisor == 0) fail("Division by zero.");
  if (!value.is_number()) fail("The test needs a number.");
  // The quotient of the least number by -1 overflows.
  return divisor == -1 ? 0 : value.as_int() % divisor;
}

using Interp = Interpreter;
constexpr std::array kTests = {
    Named<TestFunction>{"defined",
                        [](Interp&, const Value& v, const Args&) { return !v.is_undefined(); }},
    Named<TestFunction>{"undefined",
                        [](Interp&, const Value& v, const Args&) { return v.is_undefined(); }},
    Named<TestFunction>{"none", [](Interp&, const Value& v, const Args&) { return v.is_none(); }},
    Named<TestFunction>{
        "true", [](Interp&, const Value& v, const Args&) { return v.is_bool() && v.is_true(); }},
    Named<TestFunction>{
        "false", [](Interp&, const Value& v, const Args&) { return v.is_bool() && !v.is_true(); }},
    Named<TestFunction>{"boolean",
                        [](Interp&, const Value& v, const Args&) { return v.is_bool(); }},
    Named<TestFunction>{"integer", [](Interp&, const Value& v, const Args&) { return v.is_int(); }},
    Named<TestFunction>{"float", [](Interp&, const Value& v, const Args&) { return v.is_float(); }},
    Named<TestFunction>{"number",
                        [](Interp&, const Value& v, const Args&) { return v.is_number(); }},
    Named<TestFunction>{"string", [](Interp&, const Value& v, const Args&) { return v.is_text(); }},
    Named<TestFunction>{"mapping",
                        [](Interp&, const Value& v, const Args&) { return v.is_dict(); }},
    Named<TestFunction>{
        "sequence",
        [](Interp&, const Value& v,
           const Args&) { return v.is_text() || v.is_list() || v.is_dict() || v.is_undefined(); }},
    Named<TestFunction>{
        "iterable",
        [](Interp&, const Value& v,
           const Args&) { return v.is_text() || v.is_list() || v.is_dict() || v.is_undefined(); }},
    Named<TestFunction>{"callable",
                        [](Interp&, const Value& v, const Args&) { return v.is_callable(); }},
    Named<TestFunction>{"escaped",
                        [](Interp&, const Value& v, const Args&) { return v.is_safe(); }},
    Named<TestFunction>{"odd",
                        [](Interp&, const Value& v, const Args&) { return remainder(v, 2) != 0; }},
    Named<TestFunction>{"even",
                        [](Interp&, const Value& v, const Args&) { return remainder(v, 2) == 0; }},
    Named<TestFunction>{
        "divisibleby",
        [](Interp&, const Value& v,
           const Args& a) { return remainder(v, Bound(a, {"num"}).need(0).as_int()) == 0; }},
    Named<TestFunction>{"eq",
                        [](Interp&, const Value& v, const Args& a) { return equals(v, other(a)); }},
    Named<TestFunction>{
        "ne", [](Interp&, const Value& v, const Args& a) { return !equals(v, other(a)); }},
    Named<TestFunction>{
        "lt", [](Interp&, const Value& v, const Args& a) { return compare(v, other(a)) < 0; }},
    Named<TestFunction>{
        "le", [](Interp&, const Value& v, const Args& a) { return compare(v, other(a)) <= 0; }},
    Named<TestFunction>{
        "gt", [](Interp&, const Value& v, const Args& a) { return compare(v, other(a)) > 0; }},
    Named<TestFunction>{
        "ge", [](Interp&, const Value& v, const Args& a) { return compare(v, other(a)) >= 0; }},
    Named<TestFunction>{"in", [](Interp&, const Value& v,
                                 const Args& a) { return contains(Bound(a, {"seq"}).need(0), v); }},
    Named<TestFunction>{
        "sameas",
        [](Interp&, const Value& v,
           const Args& a) { return v.type_name() == other(a).type_name() && equals(v, other(a)); }},
    Named<TestFunction>{"lower", [](Interp&, const Value& v,
                                    const Args&) { return is_case(v, to_lower, to_upper); }},
    Named<TestFunction>{"upper", [](Interp&, const Value& v,
                                    const Args&) { return is_case(v, to_upper, to_lower); }},
    Named<TestFunction>{
        "filter",
        [](Interp&, const Value& v,
           const Args&) { return v.is_text() && find_filter(v.as_text().bytes()) != nullptr; }},
    Named<TestFunction>{
        "test",
        [](Interp&, const Value& v,
           const Args&) { return v.is_text() && find_test(v.as_text().bytes()) != nullptr; }},
};

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
