// The flags that bound what clients may take of a server: connections, bytes, time, and places in
// queues. The table in protocol/README.md tells the same, and a test compares the two.
#pragma once

#include <CLI/App.hpp>

#include "src/app/cli/flags/options.hpp"

namespace octavo {

/// `options` outlives the parsing.
void add_limits(CLI::App& command, ServeOptions& options);

}  // namespace octavo
