// Token ids for a trace's prompts, made up when a request is replayed: the same hash gives the same
// tokens for its span, everything else is unlike any other request's. So the prefix cache finds the
// hits that the trace has, and nothing more. A trace that knows its tokens gives them.
#pragma once

#include <cstddef>
#include <vector>

#include "src/core/ids.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

/// The prompt of trace.requests[index]: [num_prompt] tokens; those made up of 0 .. 32767.
std::vector<TokenId> prompt_tokens(const Trace& trace, std::size_t index);

}  // namespace octavo
