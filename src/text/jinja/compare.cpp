// Python's notions of equality, order and identity.
#include <algorithm>
#include <cmath>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool equal_lists(const List& a, const List& b) {
  if (&a == &b) return true;
  return a.is_tuple == b.is_tuple &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equals);
}

bool equal_dicts(const Dict& a, const Dict& b) {
  if (&a == &b) return true;
  if (a.items().size() != b.items().size()) return false;
  return std::ranges::all_of(a.items(), [&](const Dict::Item& item) {
    const Value* other = b.find(item.first);
    return other != nullptr && equals(item.second, *other);
  });
}

bool has_all(const Series& outer, const Series& inner) {
  return std::ranges::all_of(inner.items, [&](const Value& item) {
    return std::ranges::any_of(outer.items, [&](const Value& own) { return equals(own, item); });
  });
}

/// Ranges are equal by what they give, views of keys and items as sets, all else only to itself.
bool equal_series(const Series& a, const Series& b) {
  if (&a == &b) return true;
  const auto is_set = [](const Series& s) {
    return s.kind == SeriesKind::kKeys || s.kind == SeriesKind::kItems;
  };
  if (a.kind == SeriesKind::kRange && b.kind == SeriesKind::kRange) {
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equals);
  }
  if (is_set(a) && is_set(b)) return a.items.size() == b.items.size() && has_all(a, b);
  return &a == &b;
}

/// Looking into an iterator takes what is passed.
bool series_contains(Series& series, const Value& needle) {
  std::size_t at = series.num_taken;
  while (at < series.items.size() && !equals(series.items[at], needle)) ++at;
  const bool is_found = at < series.items.size();
  if (series.is_iterator()) series.num_taken = is_found ? at + 1 : at;
  return is_found;
}

}  // namespace

bool equals(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    const bool exact = !a.is_float() && !b.is_float();
    return exact ? a.as_integer() == b.as_integer() : a.as_float() == b.as_float();
  }
  if (a.is_text() && b.is_text()) return a.as_text().bytes() == b.as_text().bytes();
  if (a.is_list() && b.is_list()) return equal_lists(a.as_list(), b.as_list());
  if (a.is_series() && b.is_series()) return equal_series(a.as_series(), b.as_series());
  if (a.is_dict() && b.is_dict()) return equal_dicts(a.as_dict(), b.as_dict());
  if (a.is_namespace() && b.is_namespace()) return &a.as_namespace() == &b.as_namespace();
  if (a.is_callable() && b.is_callable()) return &a.as_callable() == &b.as_callable();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    const bool exact = !a.is_float() && !b.is_float();
    return exact ? three_way(a.as_integer(), b.as_integer())
                 : three_way(a.as_float(), b.as_float());
  }
  // The order of UTF-8's bytes is that of the characters.
  if (a.is_text() && b.is_text()) return a.as_text().bytes().compare(b.as_text().bytes());
  if (a.is_list() && b.is_list() && a.as_list().is_tuple == b.as_list().is_tuple) {
    const auto& left = a.as_list().items;
    const auto& right = b.as_list().items;
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
      if (!equals(left[i], right[i])) return compare(left[i], right[i]);
    }
    return three_way(left.size(), right.size());
  }
  need_defined(a);
  need_defined(b);
  fail("'" + std::string(a.type_name()) + "' and '" + std::string(b.type_name()) +
       "' have no order.");
}

bool contains(const Value& haystack, const Value& needle) {
  if (haystack.is_text()) {
    if (!needle.is_text()) fail("'in' on a string needs a string.");
    return haystack.as_text().bytes().find(needle.as_text().bytes()) != std::string::npos;
  }
  if (haystack.is_list()) {
    return std::ranges::any_of(haystack.as_list().items,
                               [&](const Value& item) { return equals(item, needle); });
  }
  if (haystack.is_series()) return series_contains(haystack.as_series(), needle);
  if (haystack.is_dict()) return haystack.as_dict().find(needle) != nullptr;
  if (haystack.is_undefined()) return false;
  fail("'in' does not work on a value of type '" + std::string(haystack.type_name()) + "'.");
}

bool is_hashable(const Value& value) {
  if (value.is_list()) {
    return value.as_list().is_tuple && std::ranges::all_of(value.as_list().items, is_hashable);
  }
  return !value.is_dict() && !value.is_series() && !value.is_callable() && !value.is_namespace();
}

bool is_same(const Value& a, const Value& b) {
  if (a.type_name() != b.type_name()) return false;
  if (a.is_list()) {
    const bool are_empty = a.as_list().items.empty() && b.as_list().items.empty();
    return &a.as_list() == &b.as_list() || (are_empty && a.as_list().is_tuple);
  }
  if (a.is_series()) return &a.as_series() == &b.as_series();
  if (a.is_dict()) return &a.as_dict() == &b.as_dict();
  if (a.is_undefined()) return &a == &b;
  return equals(a, b);
}

std::int64_t cost_of_equality(const Value& a, const Value& b) {
  const std::int64_t weight = std::min(a.extent().weight, b.extent().weight);
  return weight <= 1 || is_same(a, b) ? 0 : weight - 1;
}

}  // namespace octavo::jinja
