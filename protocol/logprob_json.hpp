// Log-probabilities as the Responses API and chat completions have them.
#pragma once

#include <boost/json/array.hpp>
#include <span>

#include "src/response/response.hpp"

namespace octavo {

/// [{token, logprob, bytes, top_logprobs}], with U+FFFD for a token that is no text by itself.
boost::json::array logprobs_json(std::span<const LogprobEntry> entries);
/// As vLLM has them: null for the prompt's first token, and for each other an object by token ids,
/// {"<id>": {logprob, rank, decoded_token}}, of the token itself and of the num_top best.
boost::json::array prompt_logprobs_json(const Response& response, std::int32_t num_top);

}  // namespace octavo
