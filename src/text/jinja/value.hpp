// Templates compute with Python's values: none, booleans, numbers, strings, lists, dictionaries and
// callables, with Python's notions of truth, equality and spelling.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/text.hpp"

namespace octavo::jinja {

class Interpreter;
class Value;

struct Undefined {
  std::string name;        ///< What the template asked for, for messages.
  bool is_hidden = false;  ///< It is there, but the sandbox does not show it.
};

struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
  bool has_trusted_names = true;  ///< Whether the template wrote every name.
};

struct List;
struct Series;
class Dict;

/// A dictionary that the template may change: `namespace(...)`.
struct Namespace;

/// How far a value reaches: levels of lists and dictionaries, and parts in all, shared ones each
/// time. Both are bounded, so that no operation on a value can take for ever.
struct Extent {
  int depth = 0;
  std::int64_t weight = 1;
};

struct Callable {
  std::function<Value(Interpreter&, const Args&)> call;  ///< Empty when it only has attributes.
  std::function<Value(std::string_view)> attribute;      ///< Empty when it has none.
  Extent extent;                                         ///< With the values that it holds.
  std::string spelling = "<function>";
  std::function<std::string()> changing_spelling = {};  ///< Instead of spelling, if there is one.
};

/// Python's integers have any number of digits; these have 128 bits, which keeps every number of
/// JSON that is an integer there, and what does not fit is a fault.
__extension__ using Integer = __int128;

class Value {
 public:
  Value() : data_(Undefined{}) {}
  explicit Value(Undefined undefined) : data_(std::move(undefined)) {}
  explicit Value(std::nullptr_t) : data_(nullptr) {}
  explicit Value(bool b) : data_(b) {}
  explicit Value(std::int64_t i) : data_(Halves(i)) {}
  explicit Value(Integer i) : data_(Halves(i)) {}
  explicit Value(double d) : data_(d) {}
  explicit Value(Text text) : data_(std::make_shared<Text>(std::move(text))) {}
  explicit Value(List list);
  explicit Value(std::vector<Value> items);
  explicit Value(Series series);
  explicit Value(Dict dict);
  explicit Value(std::shared_ptr<Namespace> ns) : data_(std::move(ns)) {}
  explicit Value(std::shared_ptr<const Callable> callable) : data_(std::move(callable)) {}
  static Value text(std::string_view trusted) { return Value(Text(trusted)); }

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<std::nullptr_t>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<Halves>(data_); }
  bool is_float() const { return std::holds_alternative<double>(data_); }
  /// Booleans count as numbers, as in Python.
  bool is_number() const { return is_bool() || is_int() || is_float(); }
  bool is_text() const { return std::holds_alternative<std::shared_ptr<Text>>(data_); }
  bool is_list() const { return std::holds_alternative<std::shared_ptr<List>>(data_); }
  bool is_series() const { return std::holds_alternative<std::shared_ptr<Series>>(data_); }
  bool is_dict() const { return std::holds_alternative<std::shared_ptr<const Dict>>(data_); }
  bool is_namespace() const { return std::holds_alternative<std::shared_ptr<Namespace>>(data_); }
  bool is_callable() const {
    return std::holds_alternative<std::shared_ptr<const Callable>>(data_);
  }

  const Undefined& as_undefined() const { return std::get<Undefined>(data_); }
  const Text& as_text() const { return *std::get<std::shared_ptr<Text>>(data_); }
  const List& as_list() const { return *std::get<std::shared_ptr<List>>(data_); }
  Series& as_series() const { return *std::get<std::shared_ptr<Series>>(data_); }
  const Dict& as_dict() const { return *std::get<std::shared_ptr<const Dict>>(data_); }
  Namespace& as_namespace() const { return *std::get<std::shared_ptr<Namespace>>(data_); }
  const Callable& as_callable() const { return *std::get<std::shared_ptr<const Callable>>(data_); }
  /// The value of a number; floats are cut.
  Integer as_integer() const;
  /// The same for places and counts: what has more than 64 bits is the largest or least that has.
  std::int64_t as_int() const;
  double as_float() const;

  bool is_true() const;
  bool is_safe() const { return is_safe_; }
  void mark_safe() { is_safe_ = true; }
  /// Adds more at the end of this very text or list, where nobody else holds it; false where that
  /// cannot be done so.
  bool grow(const Value& more);
  /// Python's name of the type.
  std::string_view type_name() const;
  Extent extent() const;

 private:
  /// An integer where values lie: whole, its alignment would make every value larger.
  struct Halves {
    explicit Halves(Integer whole)
        : low(static_cast<std::uint64_t>(whole)), high(static_cast<std::int64_t>(whole >> 64)) {}
    Integer whole() const { return (Integer{high} << 64) | low; }
    std::uint64_t low;
    std::int64_t high;
  };

  std::variant<Undefined, std::nullptr_t, bool, Halves, double, std::shared_ptr<Text>,
               std::shared_ptr<List>, std::shared_ptr<Series>, std::shared_ptr<const Dict>,
               std::shared_ptr<Namespace>, std::shared_ptr<const Callable>>
      data_;
  bool is_safe_ = false;
};

struct List {
  std::vector<Value> items;
  bool is_tuple = false;
  Extent extent;
  bool is_group = false;  ///< A tuple whose items are also called `grouper` and `list`.
};

enum class SeriesKind : std::uint8_t { kRange, kKeys, kValues, kItems, kIterator };

/// What Python walks over although it is no list: a range, a view of a dictionary, or an iterator,
/// which gives each of its items once.
struct Series {
  SeriesKind kind = SeriesKind::kIterator;
  std::vector<Value> items;
  std::size_t num_taken = 0;  ///< By an iterator.
  std::int64_t start = 0;     ///< A range's.
  std::int64_t stop = 0;
  std::int64_t step = 1;
  Extent extent;

  bool is_iterator() const { return kind == SeriesKind::kIterator; }
};

/// Keeps the order of insertion. Keys compare as in Python: 1, 1.0 and true are one key.
class Dict {
 public:
  using Item = std::pair<Value, Value>;
  void set(const Value& key, Value value);
  void set(std::string_view key, Value value) { set(Value::text(key), std::move(value)); }
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  /// Lets go of the value of a key, which is undefined from now on; does nothing without the key.
  void release(std::string_view key);
  const std::vector<Item>& items() const { return items_; }
  Extent extent() const { return extent_; }

 private:
  std::vector<Item> items_;
  std::unordered_map<std::string, std::size_t> index_;
  Extent extent_;
};

struct Namespace {
  Dict attributes;
};

Value make_tuple(std::vector<Value> items);
Value make_iterator(std::vector<Value> items);
Value make_range(std::int64_t start, std::int64_t stop, std::int64_t step);
Value make_view(const Dict& dict, SeriesKind kind);
/// The same object, as Python's `is` sees it.
bool is_same(const Value& a, const Value& b);
Value make_callable(std::function<Value(Interpreter&, const Args&)> call, Extent held = {});

bool equals(const Value& a, const Value& b);
/// Below, equal or above zero. Fails where Python has no order.
int compare(const Value& a, const Value& b);
/// `needle in haystack`.
bool contains(const Value& haystack, const Value& needle);

/// What `{{ value }}` writes, and Python's repr().
Text to_text(const Value& value);
Text to_repr(const Value& value);
std::string float_repr(double value);

}  // namespace octavo::jinja
