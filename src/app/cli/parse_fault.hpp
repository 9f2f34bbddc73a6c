// The parser says that "arguments were not expected" and that something "required is missing". Here
// its errors become a sentence that names what was typed and what was probably meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace octavo {

/// Nothing but a command is missing, so that its list says more than a sentence does.
bool asks_for_commands(const CLI::App& app, const CLI::ParseError& error);

/// What is wrong with the words that `app` has just parsed.
std::string sentence_of(const CLI::App& app, const CLI::ParseError& error);

/// The name that was probably meant by `word`: by the fewest characters to add, to drop, to change
/// or to swap with a neighbour, or because it holds the word; empty when none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace octavo
