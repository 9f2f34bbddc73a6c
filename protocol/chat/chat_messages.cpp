#include "protocol/chat/chat_messages.hpp"

#include <boost/json/object.hpp>

#include "protocol/message_content.hpp"
#include "protocol/named_values.hpp"
#include "protocol/unknown_fields.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object message_of(const json::value& value, JsonReader& root, const std::string& where,
                        std::vector<std::string>* unknown_fields) {
  JsonReader message(root.as_object(where, value), root, where);
  if (root.error()) return {};
  const std::string role = message.text("role", "");
  if (role == "tool" || role == "function") {
    message.unsupported("role", "results of tools are not supported: leave `tools` out");
  } else if (role != "user" && role != "assistant" && role != "system" && role != "developer") {
    message.wrong("role", "user, assistant, system or developer");
  }
  for (const char* name : {"tool_calls", "function_call", "audio"}) {
    const auto* given = message.find(name);
    const bool is_nothing = given == nullptr || (given->is_array() && given->get_array().empty());
    if (!is_nothing) refuse(message, name, true, "");
  }
  json::object shown{{"role", role == "developer" ? "system" : role}};
  shown["content"] = read_content(message, root, where + ".content", unknown_fields);
  std::string name;
  if (message.read("name", name)) shown["name"] = name;
  std::string refusal;
  message.read("refusal", refusal);
  if (unknown_fields != nullptr) note_unknown(message, "messages[]", *unknown_fields);
  return shown;
}

}  // namespace

Result<json::array> chat_messages_of(const json::value& messages,
                                     std::vector<std::string>* unknown_fields) {
  const json::object nothing;
  JsonReader root(nothing);
  if (!messages.is_array() || messages.get_array().empty())
    root.wrong("messages", "a list of messages, not empty");
  json::array shown;
  if (messages.is_array()) {
    for (const json::value& each : messages.get_array()) {
      if (root.error()) break;
      const std::string where = "messages[" + std::to_string(shown.size()) + "]";
      shown.push_back(message_of(each, root, where, unknown_fields));
    }
  }
  if (root.error()) return *root.error();
  return shown;
}

}  // namespace octavo
