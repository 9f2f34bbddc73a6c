#include "protocol/chat/chat_messages.hpp"

#include <array>
#include <boost/json/object.hpp>

#include "protocol/message_content.hpp"
#include "protocol/named_values.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/output/tool_messages.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kRoles{"user", "assistant", "system", "developer",
                                                 "tool"};

json::object call_of(const json::value& value, JsonReader& message, const std::string& where) {
  JsonReader call(message.as_object(where, value), message, where);
  if (message.error()) return {};
  const std::string id = call.text("id", "");
  if (id.empty()) call.wrong("id", "the id of the call");
  const std::string type = call.text("type", "function");
  if (type != "function") call.unsupported("type", "only calls of functions are supported");
  JsonReader function(call.object("function"), call, "function");
  const std::string name = function.text("name", "");
  if (name.empty()) function.wrong("name", "the name of the function");
  return tool_call_json(id, name, function.text("arguments", "{}"));
}

json::array calls_of(JsonReader& message) {
  json::array calls;
  const auto* given = message.find("tool_calls");
  if (given == nullptr) return calls;
  for (const json::value& each : message.as_array("tool_calls", *given)) {
    if (message.error()) break;
    calls.push_back(call_of(each, message, "tool_calls[" + std::to_string(calls.size()) + "]"));
  }
  return calls;
}

// Reads the members that only a message of the assistant has: calls, thoughts and a refusal.
void read_answer(JsonReader& message, json::object& shown) {
  json::array calls = calls_of(message);
  if (!calls.empty()) shown["tool_calls"] = std::move(calls);
  for (const char* name : {"reasoning_content", "reasoning"}) {
    std::string thought;
    if (message.read(name, thought) && !thought.empty()) shown["reasoning_content"] = thought;
  }
  std::string refusal;
  message.read("refusal", refusal);
  for (const char* name : {"function_call", "audio"}) {
    if (message.find(name) != nullptr) refuse(message, name, true, "");
  }
}

json::object message_of(const json::value& value, JsonReader& root, const std::string& where,
                        std::vector<std::string>* unknown_fields) {
  JsonReader message(root.as_object(where, value), root, where);
  if (root.error()) return {};
  const std::string role = message.text("role", "");
  if (role == "function")
    message.unsupported("role", "functions are the old form of tools: send results as `tool`");
  else if (!is_among(kRoles, role))
    message.wrong("role", "user, assistant, system, developer or tool");
  json::object shown{{"role", role == "developer" ? "system" : role}, {"content", ""}};
  if (role == "assistant") read_answer(message, shown);
  if (!shown.contains("tool_calls") || message.has("content"))
    shown["content"] = read_content(message, root, where + ".content", unknown_fields);
  std::string name;
  if (message.read("name", name)) shown["name"] = name;
  if (role == "tool") {
    const std::string id = message.text("tool_call_id", "");
    if (id.empty()) message.wrong("tool_call_id", "the id of the call");
    shown["tool_call_id"] = id;
  }
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
