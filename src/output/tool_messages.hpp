// A conversation with calls of functions, as chat templates take it. Templates differ in what they
// want of it, and some know no tools at all: the same messages in the form that a template takes.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/output/tool.hpp"

namespace octavo {

/// {id, type, function: {name, arguments}}. arguments: JSON text; an object in the message, as most
/// templates want it, or the text itself where it is none.
boost::json::object tool_call_json(std::string_view id, std::string_view name,
                                   std::string_view arguments);
/// [{type, function: {name, description, parameters}}, ...].
boost::json::array tools_json(const std::vector<Tool>& tools, const ToolChoice& choice);

/// Every result (`tool` message) answers a call that was made before it. Errors: kInvalidValue that
/// names the call.
[[nodiscard]] Result<void> check_tool_results(const boost::json::array& messages);

// Each of these changes the messages where a template needs it.
/// Arguments as text, for templates that write them down as they are.
boost::json::array with_text_arguments(boost::json::array messages);
/// Ids of nine letters and digits, made of the ids that they stand for.
boost::json::array with_short_ids(boost::json::array messages);
/// For templates that know no tools: what they are and how they are called stands in the system's
/// message, calls are text between the marks of Hermes, and results are a user's words.
boost::json::array with_tools_as_text(boost::json::array messages, const boost::json::array& tools);

}  // namespace octavo
