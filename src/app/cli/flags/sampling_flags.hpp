// The flags that say how tokens are chosen.
#pragma once

#include <CLI/App.hpp>

#include "src/core/sampling_params.hpp"

namespace octavo {

/// `sampling` outlives the parsing.
void add_sampling(CLI::App& command, SamplingParams& sampling);

}  // namespace octavo
