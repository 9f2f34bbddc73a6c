// What is walked over without being a list.
#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {

Value make_iterator(std::vector<Value> items) {
  Series series;
  series.items = std::move(items);
  return Value(std::move(series));
}

Value make_range(std::int64_t start, std::int64_t stop, std::int64_t step) {
  Series series{SeriesKind::kRange, {}, 0, start, stop, step, {}};
  for (std::int64_t at = start; step > 0 ? at < stop : at > stop;) {
    series.items.emplace_back(at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return Value(std::move(series));
}

Value make_view(const Dict& dict, SeriesKind kind) {
  Series series;
  series.kind = kind;
  for (const auto& [key, value] : dict.items()) {
    series.items.push_back(kind == SeriesKind::kKeys     ? key
                           : kind == SeriesKind::kValues ? value
                                                         : make_tuple({key, value}));
  }
  return Value(std::move(series));
}

std::vector<Value> items_of(const Value& value) {
  if (value.is_list()) return value.as_list().items;
  std::vector<Value> items;
  if (value.is_series()) {
    Series& series = value.as_series();
    const auto begin = series.items.begin() + static_cast<std::ptrdiff_t>(series.num_taken);
    items.assign(begin, series.items.end());
    if (series.is_iterator()) series.num_taken = series.items.size();
  } else if (value.is_dict()) {
    for (const auto& [key, entry] : value.as_dict().items()) items.push_back(key);
  } else if (value.is_text()) {
    value.as_text().for_each_character([&](std::string_view character, bool trusted) {
      items.emplace_back(Text(character, trusted));
    });
  } else if (!value.is_undefined()) {
    fail("A value of type '" + std::string(value.type_name()) + "' cannot be looped over.");
  }
  return items;
}

std::optional<std::int64_t> length_of(const Value& value) {
  const auto count = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  if (value.is_undefined()) return 0;
  if (value.is_text()) return count(value.as_text().character_offsets().size()) - 1;
  if (value.is_list()) return count(value.as_list().items.size());
  if (value.is_dict()) return count(value.as_dict().items().size());
  if (value.is_series() && !value.as_series().is_iterator()) {
    return count(value.as_series().items.size());
  }
  return {};
}

}  // namespace octavo::jinja
