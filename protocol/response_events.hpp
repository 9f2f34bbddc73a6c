// The events of the Responses API as text frames: functions of a response and of what happened to
// it, without a state of their own.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "src/response/response.hpp"

namespace octavo {

/// Appends the frames of the event, in their order, numbered from
/// response.num_events() on; whoever sends them counts them there.
///
///   ResponseBegan      response.created, response.in_progress
///   PromptProgressed   octavo:response.progress
///   ItemBegan          response.output_item.added, response.content_part.added
///   TextAdded          response.output_text.delta, response.reasoning_text.delta or
///                      response.function_call_arguments.delta
///   ItemEnded          the same .done, response.content_part.done, response.output_item.done
///   ResponsePreempted  octavo:response.preempted
///   ResponseResumed    octavo:response.resumed
///   ResponseEnded      response.completed, .incomplete or .failed, with usage and timings
void encode(const Response& response, const ResponseEvent& event, std::vector<std::string>& frames);

/// The response as it is, the `response` of its last event once it has ended. Not before it runs.
boost::json::object response_json(const Response& response);

/// {input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens}.
boost::json::object response_usage_json(const Usage& usage, std::int64_t num_reasoning_tokens);

/// About how many bytes all frames at the end of a response come to, told from the num_bytes of
/// those of one event; 0 for other events. An item is in four frames, three of them its own.
std::size_t size_of_end(const Response& response, const ResponseEvent& event,
                        std::size_t num_bytes);

}  // namespace octavo
