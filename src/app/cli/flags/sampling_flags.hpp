// The flags that say how tokens are chosen.
#pragma once

#include <CLI/App.hpp>

#include "src/response/response_create.hpp"

namespace octavo {

/// `sampling` outlives the parsing.
void add_sampling(CLI::App& command, ResponseCreate& create);

}  // namespace octavo
