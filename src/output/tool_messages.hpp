// Chat templates differ in how they want calls of functions: with arguments as an object or as
// text, with short ids, and some templates know no tools at all. These functions bring the messages
// of a conversation into the form that a template takes.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/output/tool.hpp"

namespace octavo {

/// {id, type, function: {name, arguments}}. arguments: JSON text. It becomes an object, as most
/// templates want it; text that is no JSON object stays text.
boost::json::object tool_call_json(std::string_view id, std::string_view name,
                                   std::string_view arguments);
/// [{type, function: {name, description, parameters}}, ...].
boost::json::array tools_json(const std::vector<Tool>& tools, const ToolChoice& choice);

/// Checks that every result (a message of the role `tool`) answers a call that stands before it.
/// Errors: kInvalidValue, which names the id of the missing call.
[[nodiscard]] Result<void> check_tool_results(const boost::json::array& messages);

// Each of the following returns the messages in another form.
/// Arguments become text, for templates that print them without converting them.
boost::json::array with_text_arguments(boost::json::array messages);
/// Ids become nine letters and digits, for templates that accept nothing longer. The same id always
/// becomes the same short one.
boost::json::array with_short_ids(boost::json::array messages);
/// For templates that know no tools. The tools and the way to call them are described in the system
/// message, calls become text between the marks of Hermes, and results become messages of the user.
boost::json::array with_tools_as_text(boost::json::array messages, const boost::json::array& tools);

}  // namespace octavo
