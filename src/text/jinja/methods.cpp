#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/numbers.hpp"

namespace octavo::jinja {
namespace {

constexpr std::array<std::string_view, 8> kListMutators{"append", "clear",  "extend",  "insert",
                                                        "pop",    "remove", "reverse", "sort"};
constexpr std::array<std::string_view, 5> kDictMutators{"clear", "pop", "popitem", "setdefault",
                                                        "update"};

/// What the sandbox hides: it is undefined, and a call says why.
Value hidden(std::string_view name) { return Value(Undefined{std::string(name), true}); }

template <class Function>
Value bind_method(const Value& self, Function function) {
  return make_callable(
      [self, function](Interpreter& interpreter, const Args& args) {
        return function(interpreter, self, args);
      },
      self.extent());
}

/// The value at the first place of [start, stop) that holds wanted.
Value sequence_index(Interpreter& self, const std::vector<Value>& items, const Args& args) {
  const Bound bound(args, {"value", "start", "stop"}, Bound::By::kPlace);
  const auto size = static_cast<std::int64_t>(items.size());
  const auto place = [size](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t stop = place(bound.integer(2, size));
  const Value& wanted = bound.need(0);
  for (std::int64_t i = place(bound.integer(1, 0)); i < stop; ++i) {
    self.charge(1);
    if (equals(items[static_cast<std::size_t>(i)], wanted)) return Value(i);
  }
  fail("The value is not in the list.");
}

Value sequence_count(Interpreter& self, const std::vector<Value>& items, const Args& args) {
  const Value& wanted = Bound(args, {"value"}, Bound::By::kPlace).need(0);
  self.charge(static_cast<std::int64_t>(items.size()));
  return Value(static_cast<std::int64_t>(
      std::ranges::count_if(items, [&](const Value& item) { return equals(item, wanted); })));
}

void take_nothing(const Args& args) { static_cast<void>(Bound(args, {})); }

Value list_method(const Value& object, std::string_view name) {
  const List& list = object.as_list();
  if (!list.is_tuple && std::ranges::find(kListMutators, name) != kListMutators.end()) {
    return hidden(name);
  }
  if (list.is_group && name == "grouper") return list.items[0];
  if (list.is_group && name == "list") return list.items[1];
  if (name == "index") {
    return bind_method(object, [](Interpreter& self, const Value& own, const Args& args) {
      self.charge(own.extent().weight);
      return sequence_index(self, own.as_list().items, args);
    });
  }
  if (name == "count") {
    return bind_method(object, [](Interpreter& self, const Value& own, const Args& args) {
      self.charge(own.extent().weight);
      return sequence_count(self, own.as_list().items, args);
    });
  }
  if (name == "copy" && !list.is_tuple) {
    return bind_method(object, [](Interpreter& self, const Value& own, const Args& args) {
      take_nothing(args);
      return Value(self.items(own));
    });
  }
  return Value(Undefined{std::string(name)});
}

Value series_attribute(const Value& object, std::string_view name) {
  const Series& series = object.as_series();
  if (series.kind != SeriesKind::kRange) return Value(Undefined{std::string(name)});
  if (name == "start") return Value(series.start);
  if (name == "stop") return Value(series.stop);
  if (name == "step") return Value(series.step);
  if (name == "index") {
    return bind_method(object, [](Interpreter& self, const Value& own, const Args& args) {
      static_cast<void>(Bound(args, {"value"}, Bound::By::kPlace));
      return sequence_index(self, own.as_series().items, args);
    });
  }
  if (name == "count") {
    return bind_method(object, [](Interpreter& self, const Value& own, const Args& args) {
      return sequence_count(self, own.as_series().items, args);
    });
  }
  return Value(Undefined{std::string(name)});
}

Value dict_get(Interpreter&, const Value& self, const Args& args) {
  const Bound bound(args, {"key", "default"}, Bound::By::kPlace);
  if (const Value* value = self.as_dict().find(bound.need(0))) return *value;
  return bound.get(1) != nullptr ? *bound.get(1) : Value(nullptr);
}

template <SeriesKind kind>
Value dict_view(Interpreter& self, const Value& own, const Args& args) {
  take_nothing(args);
  self.charge(static_cast<std::int64_t>(own.as_dict().items().size()));
  return make_view(own.as_dict(), kind);
}

Value dict_fromkeys(Interpreter& self, const Value&, const Args& args) {
  const Bound bound(args, {"iterable", "value"}, Bound::By::kPlace);
  Dict dict;
  for (const Value& key : self.items(bound.need(0))) {
    dict.set(key, bound.get(1) != nullptr ? *bound.get(1) : Value(nullptr));
  }
  return Value(std::move(dict));
}

Value dict_method(const Value& object, std::string_view name) {
  if (std::ranges::find(kDictMutators, name) != kDictMutators.end()) return hidden(name);
  if (name == "get") return bind_method(object, dict_get);
  if (name == "keys") return bind_method(object, dict_view<SeriesKind::kKeys>);
  if (name == "values") return bind_method(object, dict_view<SeriesKind::kValues>);
  if (name == "items") return bind_method(object, dict_view<SeriesKind::kItems>);
  if (name == "fromkeys") return bind_method(object, dict_fromkeys);
  if (name == "copy") {
    return bind_method(object, [](Interpreter&, const Value& self, const Args& args) {
      take_nothing(args);
      return Value(Dict(self.as_dict()));
    });
  }
  return Value(Undefined{std::string(name)});
}

Value number_attribute(const Value& number, std::string_view name) {
  const bool is_float = number.is_float();
  if (name == "real") return is_float ? number : Value(number.as_integer());
  if (name == "imag") return is_float ? Value(0.0) : Value(std::int64_t{0});
  if (name == "numerator" && !is_float) return Value(number.as_integer());
  if (name == "denominator" && !is_float) return Value(std::int64_t{1});
  if (name == "is_integer" && is_float) {
    return bind_method(number, [](Interpreter&, const Value& self, const Args& args) {
      take_nothing(args);
      return Value(std::isfinite(self.as_float()) &&
                   self.as_float() == std::floor(self.as_float()));
    });
  }
  if (name == "conjugate") {
    return bind_method(number, [](Interpreter&, const Value& self, const Args& args) {
      take_nothing(args);
      return self.is_float() ? self : Value(self.as_integer());
    });
  }
  if ((name == "bit_length" || name == "bit_count") && !is_float) {
    const bool is_length = name == "bit_length";
    return bind_method(number, [is_length](Interpreter&, const Value& self, const Args& args) {
      take_nothing(args);
      std::int64_t num_bits = 0;
      for (UnsignedInteger size = size_of(self.as_integer()); size != 0; size >>= 1)
        num_bits += is_length ? 1 : static_cast<std::int64_t>(size & 1);
      return Value(num_bits);
    });
  }
  return Value(Undefined{std::string(name)});
}

Value find_entry(const Value& object, const Value& key) {
  const Value* value = nullptr;
  if (object.is_dict()) value = object.as_dict().find(key);
  if (object.is_namespace()) value = object.as_namespace().attributes.find(key);
  return value != nullptr ? *value : Value(Undefined{to_text(key).bytes()});
}

/// Whether every object of Python has it.
bool is_hidden_attribute(std::string_view name) {
  constexpr std::array<std::string_view, 24> kNames{
      "__class__",  "__delattr__", "__dir__",      "__doc__",    "__eq__",
      "__format__", "__ge__",      "__getstate__", "__gt__",     "__getattribute__",
      "__hash__",   "__init__",    "__le__",       "__lt__",     "__init_subclass__",
      "__module__", "__ne__",      "__new__",      "__reduce__", "__reduce_ex__",
      "__repr__",   "__setattr__", "__sizeof__",   "__str__"};
  return std::ranges::find(kNames, name) != kNames.end();
}

Value at_index(const Value& object, std::int64_t index) {
  if (!object.is_text()) {
    const auto& items = object.is_list() ? object.as_list().items : object.as_series().items;
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
  return as_safe_as(object, object.as_text().part(offsets[at], offsets[at + 1]));
}

}  // namespace

Value own_attribute(const Value& object, std::string_view name) {
  // Python's own attributes are there, and the sandbox hides them.
  if (object.is_undefined() && is_hidden_attribute(name))
    return Value(Undefined{std::string(name)});
  need_defined(object);
  if (object.is_text()) return get_text_method(object, name);
  if (object.is_list()) return list_method(object, name);
  if (object.is_series()) return series_attribute(object, name);
  if (object.is_dict()) return dict_method(object, name);
  if (object.is_number()) return number_attribute(object, name);
  if (object.is_namespace()) return find_entry(object, Value::text(name));
  const bool has_attributes = object.is_callable() && object.as_callable().attribute;
  return has_attributes ? object.as_callable().attribute(name)
                        : Value(Undefined{std::string(name)});
}

Value get_attribute(const Value& object, std::string_view name) {
  Value found = own_attribute(object, name);
  const bool is_hidden = found.is_undefined() && found.as_undefined().is_hidden;
  if (!object.is_dict() || !found.is_undefined() || is_hidden) return found;
  return find_entry(object, Value::text(name));
}

Value get_item(const Value& object, const Value& key) {
  need_defined(object);
  const bool is_range = object.is_series() && object.as_series().kind == SeriesKind::kRange;
  const bool is_sequence = object.is_list() || object.is_text() || is_range;
  if (is_sequence && (key.is_int() || key.is_bool())) return at_index(object, key.as_int());
  if (object.is_dict() && is_hashable(key)) {
    Value found = find_entry(object, key);
    if (!found.is_undefined()) return found;
  }
  return key.is_text() ? own_attribute(object, key.as_text().bytes())
                       : Value(Undefined{to_text(key).bytes()});
}

}  // namespace octavo::jinja
