// The flags of every command that runs a model: which one, how it lies in memory, how steps are
// planned.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "src/app/cli/flags/options.hpp"

namespace octavo {

/// `options` outlives the parsing.
void add_model(CLI::App& command, ModelOptions& options);

/// For CLI::Option::check: empty when the text is a size, as 4GiB.
std::string check_bytes(const std::string& text);

}  // namespace octavo
