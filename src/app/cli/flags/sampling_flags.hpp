// The flags that say how tokens are chosen.
#pragma once

#include <CLI/App.hpp>

#include "src/response/response_create.hpp"

namespace octavo {

/// `sampling` outlives the parsing.
void add_sampling(CLI::App& command, ResponseCreate& create);

/// The same error with the names of flags in place of the wire's, as --max-tokens for
/// max_output_tokens.
Error in_flags(Error error);

}  // namespace octavo
