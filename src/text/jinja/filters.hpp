// The tables of the filters, by what they work on. `find_filter` looks through all.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {

/// Null when there is none of that name.
FilterFunction find_number_filter(std::string_view name);
FilterFunction find_text_filter(std::string_view name);
FilterFunction find_markup_filter(std::string_view name);
FilterFunction find_sequence_filter(std::string_view name);
FilterFunction find_order_filter(std::string_view name);

template <std::size_t size>
FilterFunction find_in(const std::array<Named<FilterFunction>, size>& table,
                       std::string_view name) {
  const auto it = std::ranges::find(table, name, &Named<FilterFunction>::first);
  return it == table.end() ? nullptr : it->second;
}

/// A part of an item, named by a path such as `function.name`, or by a number; `otherwise`, where
/// it is not null or none, takes the place of each step that is undefined.
Value follow_path(const Value& item, const Value* path, const Value* otherwise = nullptr);

/// `wordwrap`, as Python's textwrap cuts each line of a text.
struct WrapOptions {
  std::int64_t width = 79;
  bool is_width_whole = true;  ///< False: it was cut to one, and may not cut a word.
  bool breaks_long_words = true;
  bool breaks_on_hyphens = true;
};
std::vector<Text> wrap_line(const Text& line, const WrapOptions& options);
/// `pprint`: like repr, in several lines where it would be long.
Text pretty(const Value& value);

}  // namespace octavo::jinja
