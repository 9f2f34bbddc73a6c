// The filters that compare items: order, uniqueness, groups.
#include "src/text/jinja/filters.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

Value sort_key(const Value& value, bool case_sensitive) {
  return !case_sensitive && value.is_text() ? Value(to_lower(value.as_text())) : value;
}

/// Sorting and searching compare n log n times; each comparison looks at the whole value.
void charge_sort(Interp& self, const std::vector<Value>& items) {
  std::int64_t log = 1;
  for (std::size_t n = items.size(); n > 1; n /= 2) ++log;
  for (const Value& item : items) self.charge(item.extent().weight * log);
}

/// An item and what it is compared by.
struct Keyed {
  Value key;
  Value item;
};

std::vector<Value> sorted(Interp& self, std::vector<Keyed> pairs, bool reverse) {
  std::vector<Value> keys;
  for (const Keyed& pair : pairs) keys.push_back(pair.key);
  charge_sort(self, keys);
  std::ranges::stable_sort(pairs, [reverse](const Keyed& a, const Keyed& b) {
    return reverse ? compare(b.key, a.key) < 0 : compare(a.key, b.key) < 0;
  });
  std::vector<Value> items;
  for (Keyed& pair : pairs) items.push_back(std::move(pair.item));
  return items;
}

/// attribute: a path, several with commas between them, or a number. A list in any case: what is
/// equal in a list has no order to fail, such as two that are undefined.
Value multi_key(const Value& item, const Value* attribute, bool case_sensitive) {
  std::vector<Value> keys;
  if (attribute == nullptr || !attribute->is_text()) {
    keys.push_back(sort_key(follow_path(item, attribute), case_sensitive));
    return Value(std::move(keys));
  }
  for (const Text& part : split(attribute->as_text(), ",", -1, false)) {
    const Value path(part);
    keys.push_back(sort_key(follow_path(item, &path), case_sensitive));
  }
  return Value(std::move(keys));
}

Value filter_sort(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"reverse", "case_sensitive", "attribute"});
  std::vector<Keyed> pairs;
  for (const Value& item : self.items(input)) {
    pairs.push_back({multi_key(item, bound.get(2), bound.flag(1, false)), item});
  }
  return Value(sorted(self, std::move(pairs), bound.size(0, 0) != 0));
}

Value filter_unique(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "attribute"});
  std::vector<Value> out;
  Dict seen;
  for (const Value& item : self.items(input)) {
    self.charge(item.extent().weight);
    const Value key = sort_key(follow_path(item, bound.get(1)), bound.flag(0, false));
    if (seen.find(key) != nullptr) continue;
    seen.set(key, Value(true));
    out.push_back(item);
  }
  return make_iterator(std::move(out));
}

template <bool wants_max>
Value filter_extreme(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "attribute"});
  std::optional<Keyed> best;
  for (const Value& item : self.items(input)) {
    Value key = sort_key(follow_path(item, bound.get(1)), bound.flag(0, false));
    self.charge(key.extent().weight);
    const int order = best ? compare(key, best->key) : 0;
    if (!best || (wants_max ? order > 0 : order < 0)) best = Keyed{std::move(key), item};
  }
  return best ? best->item : Value(Undefined{wants_max ? "max" : "min"});
}

Value filter_dictsort(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"case_sensitive", "by", "reverse"});
  if (!input.is_dict()) fail("'dictsort' needs a dictionary.");
  const std::string by = bound.text(1, "key").bytes();
  if (by != "key" && by != "value") fail("'by' must be 'key' or 'value'.");
  std::vector<Keyed> pairs;
  for (const Value& pair : self.items(make_view(input.as_dict(), SeriesKind::kItems))) {
    const Value& part = pair.as_list().items[by == "key" ? 0 : 1];
    pairs.push_back({sort_key(part, bound.flag(0, false)), pair});
  }
  return Value(sorted(self, std::move(pairs), bound.size(2, 0) != 0));
}

Value make_group(Value grouper, std::vector<Value> items) {
  List group{{std::move(grouper), Value(std::move(items))}, true, {}};
  group.is_group = true;
  return Value(std::move(group));
}

/// Sorted by an attribute, then one group for each value of it.
Value filter_groupby(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"attribute", "default", "case_sensitive"});
  const Value& attribute = bound.need(0);
  const auto part = [&](const Value& item) { return follow_path(item, &attribute, bound.get(1)); };
  const auto key = [&](const Value& item) { return sort_key(part(item), bound.flag(2, false)); };
  std::vector<Keyed> pairs;
  for (const Value& item : self.items(input)) pairs.push_back({key(item), item});
  std::vector<Value> groups;
  std::vector<Value> group;
  for (Value& item : sorted(self, std::move(pairs), false)) {
    if (!group.empty() && !equals(key(group.front()), key(item))) {
      const Value grouper = part(group.front());
      groups.push_back(make_group(grouper, std::exchange(group, {})));
    }
    group.push_back(std::move(item));
  }
  if (!group.empty()) {
    const Value grouper = part(group.front());
    groups.push_back(make_group(grouper, std::move(group)));
  }
  return Value(std::move(groups));
}

constexpr std::array<Named<FilterFunction>, 6> kFilters{{
    {"sort", filter_sort},
    {"unique", filter_unique},
    {"min", filter_extreme<false>},
    {"max", filter_extreme<true>},
    {"dictsort", filter_dictsort},
    {"groupby", filter_groupby},
}};

}  // namespace

FilterFunction find_order_filter(std::string_view name) { return find_in(kFilters, name); }

}  // namespace octavo::jinja
