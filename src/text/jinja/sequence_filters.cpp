#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

/// Follows a path such as `function.name` or 0.
Value follow(const Value& item, const Value* path) {
  if (path == nullptr || path->is_none()) return item;
  if (!path->is_text()) return get_item(item, *path);
  Value at = item;
  for (const Text& part : split(path->as_text(), ".", -1, false)) {
    std::int64_t index = 0;
    const std::string& bytes = part.bytes();
    const char* end = bytes.data() + bytes.size();
    const auto result = std::from_chars(bytes.data(), end, index);
    const bool is_index = !bytes.empty() && result.ec == std::errc{} && result.ptr == end;
    at = get_item(at, is_index ? Value(index) : Value(part));
  }
  return at;
}

Value fold_case(const Value& value, bool case_sensitive) {
  return !case_sensitive && value.is_text() ? Value(to_lower(value.as_text())) : value;
}

/// Sorting and searching compare n log n times; each comparison looks at the whole value.
void charge_sort(Interp& self, const std::vector<Value>& items) {
  std::int64_t log = 1;
  for (std::size_t n = items.size(); n > 1; n /= 2) ++log;
  for (const Value& item : items) self.charge(item.extent().weight * log);
}

Value filter_length(Interp&, const Value& input, const Args&) {
  if (input.is_text()) {
    return Value(static_cast<std::int64_t>(input.as_text().character_offsets().size()) - 1);
  }
  if (input.is_dict()) return Value(static_cast<std::int64_t>(input.as_dict().items().size()));
  return Value(static_cast<std::int64_t>(items_of(input).size()));
}

Value filter_default(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default_value", "boolean"});
  const bool is_missing = input.is_undefined() || (bound.flag(1, false) && !input.is_true());
  if (!is_missing) return input;
  return bound.get(0) != nullptr ? *bound.get(0) : Value(Text());
}

Value filter_list(Interp&, const Value& input, const Args&) { return Value(items_of(input)); }

Value filter_first(Interp&, const Value& input, const Args&) {
  const auto items = items_of(input);
  return items.empty() ? Value(Undefined{"first"}) : items.front();
}

Value filter_last(Interp&, const Value& input, const Args&) {
  const auto items = items_of(input);
  return items.empty() ? Value(Undefined{"last"}) : items.back();
}

Value filter_reverse(Interp&, const Value& input, const Args&) {
  auto items = items_of(input);
  std::ranges::reverse(items);
  if (!input.is_text()) return Value(std::move(items));
  Text out;
  for (const Value& item : items) out.append(item.as_text());
  return Value(std::move(out));
}

Value filter_join(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"d", "attribute"});
  const Text separator = bound.text(0, "");
  Text out;
  bool is_first = true;
  for (const Value& item : items_of(input)) {
    self.charge(1);
    if (!is_first) out.append(separator);
    is_first = false;
    out.append(to_text(follow(item, bound.get(1))));
  }
  return Value(std::move(out));
}

Value filter_sort(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"reverse", "case_sensitive", "attribute"});
  auto items = items_of(input);
  charge_sort(self, items);
  const auto key = [&](const Value& item) {
    return fold_case(follow(item, bound.get(2)), bound.flag(1, false));
  };
  const bool reverse = bound.flag(0, false);
  std::ranges::stable_sort(items, [&](const Value& a, const Value& b) {
    return reverse ? compare(key(b), key(a)) < 0 : compare(key(a), key(b)) < 0;
  });
  return Value(std::move(items));
}

Value filter_unique(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "attribute"});
  std::vector<Value> out;
  Dict seen;
  for (const Value& item : items_of(input)) {
    self.charge(item.extent().weight);
    const Value key = fold_case(follow(item, bound.get(1)), bound.flag(0, false));
    if (seen.find(key) != nullptr) continue;
    seen.set(key, Value(true));
    out.push_back(item);
  }
  return Value(std::move(out));
}

template <bool wants_max>
Value filter_extreme(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "attribute"});
  const auto items = items_of(input);
  charge_sort(self, items);
  if (items.empty()) return Value(Undefined{wants_max ? "max" : "min"});
  const auto key = [&](const Value& item) {
    return fold_case(follow(item, bound.get(1)), bound.flag(0, false));
  };
  const Value* best = &items.front();
  for (const Value& item : items) {
    const int order = compare(key(item), key(*best));
    if (wants_max ? order > 0 : order < 0) best = &item;
  }
  return *best;
}

Value filter_sum(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"attribute", "start"});
  Value sum = bound.get(1) != nullptr ? *bound.get(1) : Value(std::int64_t{0});
  for (const Value& item : items_of(input)) {
    sum = self.charged(apply_operator(self, "+", sum, follow(item, bound.get(0))));
  }
  return sum;
}

/// The arguments after the first num.
Args rest_of(const Args& args, std::size_t num) {
  Args rest = args;
  const auto count = std::min(num, rest.positional.size());
  rest.positional.erase(rest.positional.begin(),
                        rest.positional.begin() + static_cast<std::ptrdiff_t>(count));
  return rest;
}

Value filter_map(Interp& self, const Value& input, const Args& args) {
  std::vector<Value> out;
  if (args.positional.empty()) {
    const Bound bound(args, {"attribute", "default"});
    for (const Value& item : items_of(input)) {
      self.charge(1);
      Value value = follow(item, &bound.need(0));
      if (value.is_undefined() && bound.get(1) != nullptr) value = *bound.get(1);
      out.push_back(std::move(value));
    }
    return Value(std::move(out));
  }
  const std::string& name = need_text(args.positional[0], "The name of a filter").bytes();
  const FilterFunction filter = find_filter(name);
  if (filter == nullptr) fail("The filter '" + name + "' is not known.");
  const Args rest = rest_of(args, 1);
  for (const Value& item : items_of(input)) {
    self.charge(1);
    out.push_back(self.charged(filter(self, item, rest)));
  }
  return Value(std::move(out));
}

/// select, reject and their attr forms: keeps what passes (or fails) a test, of truth by default.
template <bool wants, bool by_attribute>
Value filter_select(Interp& self, const Value& input, const Args& args) {
  const std::size_t at = by_attribute ? 1 : 0;
  if (args.positional.size() < at) fail("The attribute is missing.");
  TestFunction test = nullptr;
  if (args.positional.size() > at) {
    const std::string& name = need_text(args.positional[at], "The name of a test").bytes();
    test = find_test(name);
    if (test == nullptr) fail("The test '" + name + "' is not known.");
  }
  const Args rest = rest_of(args, at + 1);
  std::vector<Value> out;
  for (const Value& item : items_of(input)) {
    self.charge(1);
    const Value subject = by_attribute ? follow(item, &args.positional[0]) : item;
    const bool holds = test == nullptr ? subject.is_true() : test(self, subject, rest);
    if (holds == wants) out.push_back(item);
  }
  return Value(std::move(out));
}

std::vector<Value> pairs_of(const Dict& dict) {
  std::vector<Value> pairs;
  for (const auto& [key, value] : dict.items()) pairs.push_back(make_tuple({key, value}));
  return pairs;
}

Value filter_items(Interp&, const Value& input, const Args&) {
  if (input.is_undefined()) return Value(std::vector<Value>{});
  if (!input.is_dict()) fail("'items' needs a dictionary.");
  return Value(pairs_of(input.as_dict()));
}

Value filter_dictsort(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "by", "reverse"});
  if (!input.is_dict()) fail("'dictsort' needs a dictionary.");
  const std::string by = bound.text(1, "key").bytes();
  if (by != "key" && by != "value") fail("'by' must be 'key' or 'value'.");
  auto pairs = pairs_of(input.as_dict());
  charge_sort(self, pairs);
  const std::size_t column = by == "key" ? 0 : 1;
  const auto key = [&](const Value& pair) {
    return fold_case(pair.as_list().items[column], bound.flag(0, false));
  };
  const bool reverse = bound.flag(2, false);
  std::ranges::stable_sort(pairs, [&](const Value& a, const Value& b) {
    return reverse ? compare(key(b), key(a)) < 0 : compare(key(a), key(b)) < 0;
  });
  return Value(std::move(pairs));
}

Value filter_batch(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"linecount"});
  const std::int64_t size = bound.need(0).as_int();
  if (size < 1) fail("'linecount' must be at least 1.");
  std::vector<Value> rows;
  std::vector<Value> row;
  for (const Value& item : items_of(input)) {
    row.push_back(item);
    if (static_cast<std::int64_t>(row.size()) == size) rows.emplace_back(std::exchange(row, {}));
  }
  if (!row.empty()) rows.emplace_back(std::move(row));
  return Value(std::move(rows));
}

Value filter_attr(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"name"});
  return get_attribute(input, need_text(bound.need(0), "'name'").bytes());
}

constexpr std::array<Named<FilterFunction>, 23> kFilters{{
    {"length", filter_length},
    {"count", filter_length},
    {"default", filter_default},
    {"d", filter_default},
    {"list", filter_list},
    {"first", filter_first},
    {"last", filter_last},
    {"reverse", filter_reverse},
    {"join", filter_join},
    {"sort", filter_sort},
    {"unique", filter_unique},
    {"min", filter_extreme<false>},
    {"max", filter_extreme<true>},
    {"sum", filter_sum},
    {"map", filter_map},
    {"select", filter_select<true, false>},
    {"reject", filter_select<false, false>},
    {"selectattr", filter_select<true, true>},
    {"rejectattr", filter_select<false, true>},
    {"items", filter_items},
    {"dictsort", filter_dictsort},
    {"batch", filter_batch},
    {"attr", filter_attr},
}};

}  // namespace

FilterFunction find_sequence_filter(std::string_view name) {
  const auto it = std::ranges::find(kFilters, name, &Named<FilterFunction>::first);
  return it == kFilters.end() ? nullptr : it->second;
}

}  // namespace octavo::jinja
