// The parts that the bodies and chunks of chat completions and completions have in common.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "src/response/response.hpp"
#include "src/response/response_event.hpp"

namespace octavo {

/// `stop`, `tool_calls` after a call, `length`, or `abort` for what was cancelled; null while it
/// runs.
boost::json::value finish_reason_json(const CompletionChoice& choice);
/// {prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details,
/// completion_tokens_details}.
boost::json::object usage_json(const Usage& usage, std::int64_t num_reasoning_tokens = 0);
/// The same of a response that runs, as far as it is.
Usage usage_so_far(const Response& response);
/// Both together, over several prompts.
Usage operator+(const Usage& a, const Usage& b);
/// {total, cache, processed, time_ms}, as llama.cpp has it.
boost::json::object progress_json(const PromptProgressed& event);
/// All that were generated, the one that stopped the choice included, from the `first` on.
boost::json::array token_ids_json(const CompletionChoice& choice, std::size_t first = 0);
boost::json::array token_ids_json(const std::vector<TokenId>& tokens);
/// The choices to answer, best first where fewer are answered than were sampled: those with the
/// largest mean log-probability.
std::vector<std::int32_t> chosen(const Response& response, std::int32_t num_choices);

}  // namespace octavo
