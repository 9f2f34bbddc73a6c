// The filters of sequences. As in Python, most of them give an iterator, whose items are there
// once.
#include <charconv>
#include <utility>

#include "src/text/jinja/filters.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

Value filter_length(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  if (input.is_text()) self.charge(static_cast<std::int64_t>(input.as_text().size()) / 64);
  const auto length = length_of(input);
  if (!length) fail("A value of type '" + std::string(input.type_name()) + "' has no length.");
  return Value(*length);
}

Value filter_default(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default_value", "boolean"});
  const bool is_missing = input.is_undefined() || (bound.flag(1, false) && !input.is_true());
  if (!is_missing) return input;
  return bound.get(0) != nullptr ? *bound.get(0) : Value(Text());
}

Value filter_list(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return Value(self.items(input));
}

Value filter_first(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const Value nothing(Undefined{"first"});
  if (input.is_list()) {
    return input.as_list().items.empty() ? nothing : input.as_list().items.front();
  }
  if (input.is_series()) {
    Series& series = input.as_series();
    if (series.num_taken >= series.items.size()) return nothing;
    return series.items[series.is_iterator() ? series.num_taken++ : 0];
  }
  const auto items = self.items(input);
  return items.empty() ? nothing : items.front();
}

Value filter_last(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  if (!length_of(input)) {
    fail("A value of type '" + std::string(input.type_name()) + "' has no last item.");
  }
  const Value nothing(Undefined{"last"});
  if (input.is_list() || input.is_series()) {
    const auto& items = input.is_list() ? input.as_list().items : input.as_series().items;
    return items.empty() ? nothing : items.back();
  }
  const auto items = self.items(input);
  return items.empty() ? nothing : items.back();
}

Value filter_random(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  const bool is_range = input.is_series() && input.as_series().kind == SeriesKind::kRange;
  if (!input.is_list() && !input.is_text() && !is_range && !input.is_undefined()) {
    fail("'random' needs a sequence.");
  }
  const auto items = self.items(input);
  return items.empty() ? Value(Undefined{"random"}) : items[self.next_random() % items.size()];
}

Value filter_reverse(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  if (input.is_text()) return sliced(self, input, {{}, {}, -1});
  auto items = self.items(input);
  std::ranges::reverse(items);
  // An iterator has no end to begin from: it is first made a list.
  const bool is_iterator = input.is_series() && input.as_series().is_iterator();
  return is_iterator ? Value(std::move(items)) : make_iterator(std::move(items));
}

Value filter_join(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"d", "attribute"});
  const Text separator = bound.get(0) != nullptr ? to_text(*bound.get(0)) : Text();
  Text out;
  bool is_first = true;
  for (const Value& item : self.items(input)) {
    if (!is_first) out.append(separator);
    is_first = false;
    out.append(to_text(follow_path(item, bound.get(1))));
  }
  return Value(std::move(out));
}

Value filter_sum(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"attribute", "start"});
  Value sum = bound.get(1) != nullptr ? *bound.get(1) : Value(std::int64_t{0});
  if (sum.is_text()) fail("'sum' does not add strings.");
  for (const Value& item : self.items(input)) {
    sum = self.charged(apply_operator(self, "+", sum, follow_path(item, bound.get(0))));
    if (sum.is_list()) self.charge(static_cast<std::int64_t>(sum.as_list().items.size()));
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
  // Whatever is false has nothing to go over, as in Jinja.
  if (!input.is_true()) return make_iterator({});
  std::vector<Value> out;
  const auto items = self.items(input);
  if (args.positional.empty()) {
    const Bound bound(args, {"attribute", "default"});
    for (const Value& item : items) {
      out.push_back(follow_path(item, &bound.need(0), bound.get(1)));
    }
    return make_iterator(std::move(out));
  }
  const std::string& name = need_text(args.positional[0], "The name of a filter").bytes();
  const FilterFunction filter = find_filter(name);
  if (filter == nullptr) fail("The filter '" + name + "' is not known.");
  const Args rest = rest_of(args, 1);
  for (const Value& item : items) out.push_back(self.charged(filter(self, item, rest)));
  return make_iterator(std::move(out));
}

/// select, reject and their attr forms: keeps what passes (or fails) a test, of truth by default.
template <bool wants, bool by_attribute>
Value filter_select(Interp& self, const Value& input, const Args& args) {
  if (!input.is_true()) return make_iterator({});
  const auto items = self.items(input);
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
  for (const Value& item : items) {
    const Value subject = by_attribute ? follow_path(item, &args.positional[0]) : item;
    const bool holds = test == nullptr ? subject.is_true() : test(self, subject, rest);
    if (holds == wants) out.push_back(item);
  }
  return make_iterator(std::move(out));
}

Value filter_items(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  if (input.is_undefined()) return make_iterator({});
  if (!input.is_dict()) fail("'items' needs a dictionary.");
  return make_iterator(self.items(make_view(input.as_dict(), SeriesKind::kItems)));
}

/// Rows of linecount items; the last is filled up where fill_with is given.
Value filter_batch(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"linecount", "fill_with"});
  const Value& count = bound.need(0);
  std::vector<Value> rows;
  std::vector<Value> row;
  for (const Value& item : self.items(input)) {
    if (equals(Value(static_cast<std::int64_t>(row.size())), count)) {
      rows.emplace_back(std::exchange(row, {}));
    }
    row.push_back(item);
  }
  const bool fills = bound.get(1) != nullptr && !bound.get(1)->is_none();
  if (!row.empty() && fills) {
    if (!count.is_number()) fail("'linecount' must be a number.");
    if (count.as_float() > static_cast<double>(row.size())) {
      const std::int64_t size = need_integer(count, "'linecount'");
      self.charge(size);
      row.resize(static_cast<std::size_t>(size), *bound.get(1));
    }
  }
  if (!row.empty()) rows.emplace_back(std::move(row));
  return make_iterator(std::move(rows));
}

/// That many columns, the first ones longer by one where the items do not go up evenly.
Value filter_slice(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"slices", "fill_with"});
  const std::int64_t num_slices = need_integer(bound.need(0), "'slices'");
  if (num_slices == 0) fail("'slices' must not be zero.");
  const auto items = self.items(input);
  if (num_slices < 0) return make_iterator({});
  self.charge(num_slices);
  const bool fills = bound.get(1) != nullptr && !bound.get(1)->is_none();
  const auto size = static_cast<std::int64_t>(items.size()) / num_slices;
  const auto num_longer = static_cast<std::int64_t>(items.size()) % num_slices;
  std::vector<Value> columns;
  auto at = items.begin();
  for (std::int64_t i = 0; i < num_slices; ++i) {
    const auto end = at + (i < num_longer ? size + 1 : size);
    std::vector<Value> column(at, end);
    if (fills && i >= num_longer) column.push_back(*bound.get(1));
    columns.emplace_back(std::move(column));
    at = end;
  }
  return make_iterator(std::move(columns));
}

Value filter_attr(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"name"});
  return own_attribute(input, need_text(bound.need(0), "'name'").bytes());
}

constexpr std::array<Named<FilterFunction>, 20> kFilters{{
    {"length", filter_length},
    {"count", filter_length},
    {"default", filter_default},
    {"d", filter_default},
    {"list", filter_list},
    {"first", filter_first},
    {"last", filter_last},
    {"random", filter_random},
    {"reverse", filter_reverse},
    {"join", filter_join},
    {"sum", filter_sum},
    {"map", filter_map},
    {"select", filter_select<true, false>},
    {"reject", filter_select<false, false>},
    {"selectattr", filter_select<true, true>},
    {"rejectattr", filter_select<false, true>},
    {"items", filter_items},
    {"batch", filter_batch},
    {"slice", filter_slice},
    {"attr", filter_attr},
}};

}  // namespace

Value follow_path(const Value& item, const Value* path, const Value* otherwise) {
  if (path == nullptr || path->is_none()) return item;
  const bool has_default = otherwise != nullptr && !otherwise->is_none();
  const auto step = [&](const Value& object, const Value& key) {
    Value part = get_item(object, key);
    return part.is_undefined() && has_default ? *otherwise : part;
  };
  if (!path->is_text()) return step(item, *path);
  Value at = item;
  for (const Text& part : split(path->as_text(), ".", -1, false)) {
    std::int64_t index = 0;
    const std::string& bytes = part.bytes();
    const char* end = bytes.data() + bytes.size();
    const auto result = std::from_chars(bytes.data(), end, index);
    const bool is_index =
        !bytes.empty() && bytes[0] != '-' && result.ec == std::errc{} && result.ptr == end;
    at = step(at, is_index ? Value(index) : Value(part));
  }
  return at;
}

FilterFunction find_sequence_filter(std::string_view name) { return find_in(kFilters, name); }

FilterFunction find_filter(std::string_view name) {
  for (const auto find : {find_text_filter, find_sequence_filter, find_order_filter,
                          find_number_filter, find_markup_filter}) {
    if (const FilterFunction filter = find(name)) return filter;
  }
  return nullptr;
}

}  // namespace octavo::jinja
