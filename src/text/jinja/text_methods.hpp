// The methods of strings, in two tables: those that make strings and those that answer a question.
#pragma once

#include <string_view>
#include <vector>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/number_format.hpp"

namespace octavo::jinja {

using TextMethod = Value (*)(Interpreter&, const Value& self, const Args& args);

/// Longer than any line; bounds what padding makes.
constexpr std::int64_t kMaxTextWidth = 1'000'000;

/// Null when there is none of that name.
TextMethod find_text_question(std::string_view name);

/// Python's splitlines(), which knows more ends of lines than \n.
std::vector<Text> split_lines(const Text& text, bool keeps_ends);
/// text in the middle of spec's width.
Text centered(const Text& text, FormatSpec spec);

}  // namespace octavo::jinja
