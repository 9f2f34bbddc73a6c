// What every template may use without defining it: filters, tests, methods of values and functions.
#pragma once

#include <initializer_list>
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
/// Their tables, by what they work on.
FilterFunction find_text_filter(std::string_view name);
FilterFunction find_sequence_filter(std::string_view name);

/// object.name in Python's sense: methods, then entries. Undefined when there is none.
Value get_attribute(const Value& object, std::string_view name);
/// object[key]: entries, then methods.
Value get_item(const Value& object, const Value& key);
/// A method of a string, bound to it; undefined when there is none.
Value get_text_method(const Value& object, std::string_view name);

/// range, dict, namespace, raise_exception; strftime_now when now (ISO 8601) is not empty.
std::vector<std::pair<std::string, Value>> make_functions(std::string_view now);

/// left `op` right for + - * / // % **.
Value apply_operator(Interpreter& interpreter, std::string_view op, const Value& left,
                     const Value& right);

/// What a `for` over value gives. Fails where Python does.
std::vector<Value> items_of(const Value& value);

/// `tojson` as Python's json.dumps writes it, from the filter's arguments.
Text to_json(const Value& value, const Args& args);
/// Python's `text % arguments` and `text.format(arguments)`.
Text format_percent(const Text& format, const Value& arguments);
Text format_braces(const Text& format, const Args& args);
/// now: ISO 8601, such as 2024-07-26T12:00:00.
std::string format_time(std::string_view now, std::string_view format);

/// Arguments by position or name.
class Bound {
 public:
  /// Fails on a name that is not among names and on too many arguments.
  Bound(const Args& args, std::initializer_list<std::string_view> names);
  /// Null when it was not given.
  const Value* get(std::size_t index) const { return values_[index]; }
  bool flag(std::size_t index, bool otherwise) const;
  std::int64_t integer(std::size_t index, std::int64_t otherwise) const;
  Text text(std::size_t index, std::string_view otherwise) const;
  /// Fails when it was not given.
  const Value& need(std::size_t index) const;

 private:
  std::vector<const Value*> values_;
  std::vector<std::string_view> names_;
};

/// The string of a value that must be one.
const Text& need_text(const Value& value, std::string_view what);

}  // namespace octavo::jinja
