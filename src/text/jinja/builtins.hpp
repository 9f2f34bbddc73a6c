// What every template may use without defining it: filters, tests, methods of values and functions.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/text/jinja/interpreter.hpp"

namespace octavo::jinja {

using FilterFunction = Value (*)(Interpreter&, const Value& input, const Args& args);
using TestFunction = bool (*)(Interpreter&, const Value& subject, const Args& args);
template <class Function>
using Named = std::pair<std::string_view, Function>;

/// Null when there is none of that name.
FilterFunction find_filter(std::string_view name);
TestFunction find_test(std::string_view name);

/// object.name without entries: `attr`. Undefined when there is none.
Value own_attribute(const Value& object, std::string_view name);
/// object.name in Python's sense: methods, then entries. Undefined when there is none.
Value get_attribute(const Value& object, std::string_view name);
/// object[key]: entries, then methods.
Value get_item(const Value& object, const Value& key);
struct SliceBounds {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::optional<std::int64_t> step;
};
/// object[start:stop:step] of a text, a list or a range.
Value sliced(Interpreter& interpreter, const Value& object, const SliceBounds& bounds);
/// A method of a string, bound to it; undefined when there is none.
Value get_text_method(const Value& object, std::string_view name);

/// range, dict, namespace, cycler, joiner, raise_exception; strftime_now when now (ISO 8601) is not
/// empty.
std::vector<std::pair<std::string, Value>> make_functions(std::string_view now);
/// Whether a template may call that name without defining it, somewhere.
bool is_function(std::string_view name);

/// left `op` right for + - * / // % **.
Value apply_operator(Interpreter& interpreter, std::string_view op, const Value& left,
                     const Value& right);
Value negated(Interpreter& interpreter, const Value& value);
/// text, marked safe if value is.
Value as_safe_as(const Value& value, Text text);

/// What a `for` over value gives; of an iterator, what is left. Fails where Python does.
std::vector<Value> items_of(const Value& value);
/// Python's len(); none where a value has no length.
std::optional<std::int64_t> length_of(const Value& value);

/// `tojson` as Python's json.dumps writes it, from the filter's arguments.
Text to_json(const Value& value, const Args& args);
/// How many values a comparison of both may look at, besides the two.
std::int64_t cost_of_equality(const Value& a, const Value& b);
/// Whether value may be a key.
bool is_hashable(const Value& value);

/// Whether what goes into a text is escaped: text that is safe stays safe.
enum class Quoting : std::uint8_t { kNone, kHtml };
/// Python's `text % arguments` and `text.format(arguments)`.
Text format_percent(const Text& format, const Value& arguments, Quoting quoting);
Text format_braces(const Text& format, const Args& args, Quoting quoting);
/// & < > " ' as HTML writes them.
Text escape_html(const Text& text);
/// What is written of value, escaped where quoting asks for it and the value is not safe.
Text shown(const Value& value, Quoting quoting);
/// Whether some character has that case, and no other has another.
bool has_one_case(const Text& text, bool (*has_case)(char32_t));
/// text with what is not ASCII as escapes.
Text to_ascii(const Text& text);
/// now: ISO 8601, such as 2024-07-26T12:00:00.
std::string format_time(std::string_view now, std::string_view format);

/// Arguments by position or name.
class Bound {
 public:
  enum class By : std::uint8_t { kPlaceOrName, kPlace };
  /// Fails on a name that is not among names, on too many arguments and on one that is given twice.
  Bound(const Args& args, std::initializer_list<std::string_view> names, By by = By::kPlaceOrName);
  /// Null when it was not given.
  const Value* get(std::size_t index) const { return values_[index]; }
  bool flag(std::size_t index, bool otherwise) const;
  std::int64_t integer(std::size_t index, std::int64_t otherwise) const;
  std::int64_t integer_or_none(std::size_t index, std::int64_t otherwise) const;
  /// The same where Python takes no more than 64 bits.
  std::int64_t size(std::size_t index, std::int64_t otherwise) const;
  double number(std::size_t index, double otherwise) const;
  Text text(std::size_t index, std::string_view otherwise) const;
  /// Fails when it was not given.
  const Value& need(std::size_t index) const;

 private:
  std::vector<const Value*> values_;
  std::vector<std::string_view> names_;
};

/// Fails on what is undefined, by its name.
void need_defined(const Value& value);
/// The string of a value that must be one.
const Text& need_text(const Value& value, std::string_view what);
/// Cut to 64 bits.
std::int64_t need_integer(const Value& value, std::string_view what);
/// Fails beyond 64 bits.
std::int64_t need_size(const Value& value, std::string_view what);

}  // namespace octavo::jinja
