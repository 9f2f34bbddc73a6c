#include "src/text/jinja/value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/text/jinja/numbers.hpp"

namespace octavo::jinja {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::int64_t kMaxWeight = 1'000'000;
constexpr double kMaxWholeFloat = 9e15;

void add_extent(Extent& outer, Extent inner) {
  outer.depth = std::max(outer.depth, inner.depth + 1);
  outer.weight += inner.weight;
  if (outer.depth > kMaxDepth) fail("Values are nested too deeply.");
  if (outer.weight > kMaxWeight) fail("A value has too many parts.");
}

/// Equal keys give equal strings.
std::string key_of(const Value& value) {
  if (value.is_text()) return "s" + value.as_text().bytes();
  if (value.is_none()) return "0";
  if (value.is_undefined()) return "u";
  if (value.is_float() && (value.as_float() != std::floor(value.as_float()) ||
                           std::fabs(value.as_float()) > kMaxWholeFloat)) {
    return "f" + float_repr(value.as_float());
  }
  if (value.is_number()) return "n" + digits_of(value.as_integer());
  if (value.is_list() && value.as_list().is_tuple) {
    std::string key = "t";
    for (const Value& item : value.as_list().items) {
      const std::string part = key_of(item);
      key.append(std::to_string(part.size())).append(":").append(part);
    }
    return key;
  }
  fail("A value of type '" + std::string(value.type_name()) + "' cannot be a key.");
}

std::string_view series_type(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::kRange:
      return "range";
    case SeriesKind::kKeys:
      return "dict_keys";
    case SeriesKind::kValues:
      return "dict_values";
    case SeriesKind::kItems:
      return "dict_items";
    case SeriesKind::kIterator:
      break;
  }
  return "generator";
}

}  // namespace

Value::Value(List list) {
  list.extent = {};
  for (const Value& item : list.items) add_extent(list.extent, item.extent());
  data_ = std::make_shared<List>(std::move(list));
}

Value::Value(std::vector<Value> items) : Value(List{std::move(items), false, {}}) {}

Value::Value(Series series) {
  series.extent = {};
  for (const Value& item : series.items) add_extent(series.extent, item.extent());
  data_ = std::make_shared<Series>(std::move(series));
}

Value::Value(Dict dict) : data_(std::make_shared<const Dict>(std::move(dict))) {}

Value make_tuple(std::vector<Value> items) { return Value(List{std::move(items), true, {}}); }

Value make_callable(std::function<Value(Interpreter&, const Args&)> call, Extent held) {
  Callable callable{std::move(call), {}, {}};
  add_extent(callable.extent, held);
  return Value(std::make_shared<const Callable>(std::move(callable)));
}

Integer Value::as_integer() const {
  if (is_bool()) return std::get<bool>(data_) ? 1 : 0;
  if (is_int()) return std::get<Halves>(data_).whole();
  constexpr double kTooLarge = 0x1p127;
  const double number = as_float();
  if (!(number > -kTooLarge && number < kTooLarge)) fail("A number is too large.");
  return static_cast<Integer>(number);
}

std::int64_t Value::as_int() const {
  return static_cast<std::int64_t>(std::clamp<Integer>(as_integer(), INT64_MIN, INT64_MAX));
}

double Value::as_float() const {
  if (is_float()) return std::get<double>(data_);
  if (!is_number()) fail("A number is needed, not '" + std::string(type_name()) + "'.");
  return static_cast<double>(as_integer());
}

bool Value::is_true() const {
  if (is_bool()) return std::get<bool>(data_);
  if (is_number()) return as_float() != 0.0;
  if (is_text()) return !as_text().empty();
  if (is_list()) return !as_list().items.empty();
  if (is_series()) return as_series().is_iterator() || !as_series().items.empty();
  if (is_dict()) return !as_dict().items().empty();
  return is_namespace() || is_callable();
}

bool Value::grow(const Value& more) {
  if (is_text() && more.is_text() && !is_safe_ && !more.is_safe_) {
    const auto& text = std::get<std::shared_ptr<Text>>(data_);
    if (text.use_count() != 1) return false;
    text->append(more.as_text());
    return true;
  }
  if (!is_list() || !more.is_list()) return false;
  const auto& list = std::get<std::shared_ptr<List>>(data_);
  const List& other = more.as_list();
  if (list.use_count() != 1 || list->is_tuple != other.is_tuple || list->is_group) return false;
  for (const Value& item : other.items) {
    add_extent(list->extent, item.extent());
    list->items.push_back(item);
  }
  return true;
}

std::string_view Value::type_name() const {
  if (is_undefined()) return "Undefined";
  if (is_none()) return "NoneType";
  if (is_bool()) return "bool";
  if (is_int()) return "int";
  if (is_float()) return "float";
  if (is_text()) return is_safe_ ? "Markup" : "str";
  if (is_series()) return series_type(as_series().kind);
  if (is_list()) return as_list().is_tuple ? "tuple" : "list";
  if (is_dict()) return "dict";
  return is_namespace() ? "Namespace" : "function";
}

Extent Value::extent() const {
  if (is_list()) return as_list().extent;
  if (is_series()) return as_series().extent;
  if (is_dict()) return as_dict().extent();
  if (is_callable()) return as_callable().extent;
  return {};
}

void Dict::set(const Value& key, Value value) {
  add_extent(extent_, value.extent());
  add_extent(extent_, key.extent());
  const auto [it, is_new] = index_.try_emplace(key_of(key), items_.size());
  if (is_new) {
    items_.emplace_back(key, std::move(value));
  } else {
    Value& old = items_[it->second].second;
    extent_.weight -= old.extent().weight + key.extent().weight;
    old = std::move(value);
  }
}

void Dict::release(std::string_view key) {
  const auto it = index_.find("s" + std::string(key));
  if (it == index_.end()) return;
  const Value old = std::exchange(items_[it->second].second, Value());
  extent_.weight += Value().extent().weight - old.extent().weight;
}

const Value* Dict::find(const Value& key) const {
  const auto it = index_.find(key_of(key));
  return it == index_.end() ? nullptr : &items_[it->second].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto it = index_.find("s" + std::string(key));
  return it == index_.end() ? nullptr : &items_[it->second].second;
}

}  // namespace octavo::jinja
