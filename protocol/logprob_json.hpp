// Log-probabilities as the Responses API and chat completions have them.
#pragma once

#include <boost/json/array.hpp>
#include <span>

#include "src/response/completion_choice.hpp"

namespace octavo {

/// [{token, logprob, bytes, top_logprobs}], with U+FFFD for a token that is no text by itself.
boost::json::array logprobs_json(std::span<const LogprobEntry> entries);

}  // namespace octavo
