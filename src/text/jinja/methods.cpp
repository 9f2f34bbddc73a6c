#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

constexpr std::array<std::string_view, 6> kListMutators{"append", "extend",  "insert",
                                                        "remove", "reverse", "sort"};
constexpr std::array<std::string_view, 5> kDictMutators{"clear", "pop", "popitem", "setdefault",
                                                        "update"};

[[noreturn]] void fail_sandbox(std::string_view name) {
  fail("The method '" + std::string(name) + "' would change a value: templates may not.");
}

template <class Function>
Value bind_method(const Value& self, Function function) {
  return make_callable(
      [self, function](Interpreter& interpreter, const Args& args) {
        return function(interpreter, self, args);
      },
      self.extent());
}

Value pop(Interpreter&, const Value& self, const Args& args) {
  auto& items = self.as_list().items;
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t index = Bound(args, {"index"}).integer(0, -1);
  if (index < 0) index += size;
  if (index < 0 || index >= size) fail("'pop' has an index out of range.");
  Value item = items[static_cast<std::size_t>(index)];
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  return item;
}

Value list_index(Interpreter& self, const Value& list, const Args& args) {
  const Value& wanted = Bound(args, {"value"}).need(0);
  self.charge(list.extent().weight);
  const auto& items = list.as_list().items;
  const auto it =
      std::ranges::find_if(items, [&](const Value& item) { return equals(item, wanted); });
  if (it == items.end()) fail("The value is not in the list.");
  return Value(static_cast<std::int64_t>(it - items.begin()));
}

Value list_count(Interpreter& self, const Value& list, const Args& args) {
  const Value& wanted = Bound(args, {"value"}).need(0);
  self.charge(list.extent().weight);
  return Value(static_cast<std::int64_t>(std::ranges::count_if(
      list.as_list().items, [&](const Value& item) { return equals(item, wanted); })));
}

Value list_method(const Value& object, std::string_view name) {
  const bool mutates = std::ranges::find(kListMutators, name) != kListMutators.end();
  if (mutates && !object.as_list().is_tuple) fail_sandbox(name);
  if (name == "pop" && !object.as_list().is_tuple) return bind_method(object, pop);
  if (name == "index") return bind_method(object, list_index);
  if (name == "count") return bind_method(object, list_count);
  if (name == "copy") {
    return bind_method(object, [](Interpreter&, const Value& self, const Args&) {
      return Value(List{self.as_list().items, false, {}});
    });
  }
  return Value(Undefined{std::string(name)});
}

Value dict_get(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"key", "default"});
  if (const Value* value = self.as_dict().find(bound.need(0))) return *value;
  return bound.get(1) != nullptr ? *bound.get(1) : Value(nullptr);
}

template <int part>
Value dict_list(Interpreter&, const Value& self, const Args&) {
  std::vector<Value> out;
  for (const auto& [key, value] : self.as_dict().items()) {
    out.push_back(part == 0 ? key : part == 1 ? value : make_tuple({key, value}));
  }
  return Value(std::move(out));
}

Value dict_method(const Value& object, std::string_view name) {
  if (std::ranges::find(kDictMutators, name) != kDictMutators.end()) {
    if (object.as_dict().find(name) == nullptr) fail_sandbox(name);
    return {};
  }
  if (name == "get") return bind_method(object, dict_get);
  if (name == "keys") return bind_method(object, dict_list<0>);
  if (name == "values") return bind_method(object, dict_list<1>);
  if (name == "items") return bind_method(object, dict_list<2>);
  if (name == "copy") {
    return bind_method(object, [](Interpreter&, const Value& self, const Args&) { return self; });
  }
  return {};
}

Value find_entry(const Value& object, const Value& key) {
  const Value* value = nullptr;
  if (object.is_dict()) value = object.as_dict().find(key);
  if (object.is_namespace()) value = object.as_namespace().attributes.find(key);
  return value != nullptr ? *value : Value(Undefined{to_text(key).bytes()});
}

Value at_index(const Value& object, std::int64_t index) {
  if (object.is_list()) {
    const auto& items = object.as_list().items;
    if (index < 0) index += static_cast<std::int64_t>(items.size());
    const bool is_inside = index >= 0 && index < static_cast<std::int64_t>(items.size());
    return is_inside ? items[static_cast<std::size_t>(index)]
                     : Value(Undefined{"item " + std::to_string(index)});
  }
  const auto offsets = object.as_text().character_offsets();
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  if (index < 0) index += length;
  if (index < 0 || index >= length) return Value(Undefined{"character " + std::to_string(index)});
  const auto at = static_cast<std::size_t>(index);
  return Value(object.as_text().part(offsets[at], offsets[at + 1]));
}

}  // namespace

Value get_attribute(const Value& object, std::string_view name) {
  if (object.is_undefined()) fail("'" + object.as_undefined().name + "' is undefined.");
  Value found(Undefined{std::string(name)});
  if (object.is_text()) return get_text_method(object, name);
  if (object.is_list()) return list_method(object, name);
  if (object.is_callable() && object.as_callable().attribute) {
    return object.as_callable().attribute(name);
  }
  if (object.is_dict()) {
    Value method = dict_method(object, name);
    if (!method.is_undefined()) return method;
  }
  if (object.is_dict() || object.is_namespace()) return find_entry(object, Value::text(name));
  return found;
}

Value get_item(const Value& object, const Value& key) {
  if (object.is_undefined()) fail("'" + object.as_undefined().name + "' is undefined.");
  const bool is_sequence = object.is_list() || object.is_text();
  if (is_sequence && (key.is_int() || key.is_bool())) return at_index(object, key.as_int());
  const bool can_be_key = !key.is_undefined() && !key.is_dict() && !key.is_namespace() &&
                          !key.is_callable() && !(key.is_list() && !key.as_list().is_tuple);
  if ((object.is_dict() || object.is_namespace()) && can_be_key) {
    Value found = find_entry(object, key);
    if (!found.is_undefined() || object.is_namespace()) return found;
  }
  return key.is_text() ? get_attribute(object, key.as_text().bytes())
                       : Value(Undefined{to_text(key).bytes()});
}

}  // namespace octavo::jinja
