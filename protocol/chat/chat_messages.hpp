// The messages of a chat completion as the chat template takes them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

/// messages: a list of {role, content}, the content a string or a list of parts of text. Answers a
/// list of {role, content} with `developer` as `system`; an answer may have `tool_calls` and
/// `reasoning_content` besides, a result (`tool`) has a `tool_call_id`. Errors: kInvalidValue;
/// kUnsupportedParameter for parts that are not text.
[[nodiscard]] Result<boost::json::array> chat_messages_of(
    const boost::json::value& messages, std::vector<std::string>* unknown_fields = nullptr);

}  // namespace octavo
