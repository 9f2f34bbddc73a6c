// The `input` of a response as chat messages: a string is one user message; a list holds messages
// whose content is a string or a list of text parts, calls of functions and their results, and what
// a model has thought.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

/// [{"role", "content"}, ...] with plain string contents; `developer` becomes `system`. An answer
/// may have `tool_calls` and `reasoning_content` besides, and a result (`tool`) has a
/// `tool_call_id`. A compaction comes
/// first, with the role `compaction` and its handle as content. Errors: kInvalidValue for a wrong
/// shape, kUnsupportedParameter for items and parts that are not text. `id`, `status` and `phase`
/// of a message, `annotations`, `logprobs` and `prompt_cache_breakpoint` of a part are checked and
/// have no effect. Members that the standard does not have are added to `unknown_fields`, unless it
/// is null.
[[nodiscard]] Result<boost::json::array> messages_of(
    const boost::json::value& input, std::vector<std::string>* unknown_fields = nullptr);

}  // namespace octavo
