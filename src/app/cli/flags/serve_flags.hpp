// The flags of a server: where it listens and to whom, what clients may take, and what it writes
// down.
#pragma once

#include <CLI/App.hpp>

#include "src/app/cli/flags/options.hpp"

namespace octavo {

/// `options` outlives the parsing. Those of its model are add_model's.
void add_server(CLI::App& command, ServeOptions& options);

}  // namespace octavo
