#include "src/output/tool_messages.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <string>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

json::array* calls_of(json::value& message) {
  auto* calls = message.as_object().if_contains("tool_calls");
  return calls == nullptr ? nullptr : calls->if_array();
}

json::object& function_of(json::value& call) { return call.as_object().at("function").as_object(); }

// FNV-1a, 64 bits, in base 36: the same id gives the same letters in every turn.
std::string short_id(std::string_view id) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::string out;
  for (int i = 0; i < 9; ++i, hash /= kDigits.size()) out += kDigits[hash % kDigits.size()];
  return out;
}

std::string instructions_for(const json::array& tools) {
  std::string text =
      "You may call functions to help with the request. Each of these lines describes one:\n"
      "<tools>\n";
  for (const json::value& tool : tools) text.append(json::serialize(tool)).append("\n");
  return text +
         "</tools>\n\nTo call one, write its name and its arguments as JSON between these marks, "
         "once for each call:\n<tool_call>\n{\"name\": <name>, \"arguments\": <arguments>}\n"
         "</tool_call>";
}

std::string calls_as_text(json::array& calls) {
  std::string text;
  for (json::value& call : calls) {
    const json::object& function = function_of(call);
    const json::object shown{{"name", function.at("name")},
                             {"arguments", function.at("arguments")}};
    if (!text.empty()) text += '\n';
    text.append("<tool_call>\n").append(json::serialize(shown)).append("\n</tool_call>");
  }
  return text;
}

void put_calls_into_content(json::value& message, json::array& calls) {
  std::string content(text_of(message.as_object(), "content"));
  if (!content.empty()) content += '\n';
  content += calls_as_text(calls);
  message.as_object()["content"] = content;
  message.as_object().erase("tool_calls");
}

}  // namespace

json::object tool_call_json(std::string_view id, std::string_view name,
                            std::string_view arguments) {
  json::parse_options options;
  options.max_depth = 300;
  boost::system::error_code error;
  json::value parsed = json::parse(arguments.empty() ? "{}" : arguments, error, {}, options);
  if (error || !parsed.is_object()) parsed = arguments;
  return {{"id", id},
          {"type", "function"},
          {"function", {{"name", name}, {"arguments", std::move(parsed)}}}};
}

json::array tools_json(const std::vector<Tool>& tools, const ToolChoice& choice) {
  json::array shown;
  for (const Tool& tool : tools) {
    if (!choice.allows(tool.name)) continue;
    json::object function{{"name", tool.name}, {"description", tool.description}};
    function["parameters"] = tool.has_parameters
                                 ? tool.parameters
                                 : json::object{{"type", "object"}, {"properties", json::object()}};
    shown.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
  }
  return shown;
}

Result<void> check_tool_results(const json::array& messages) {
  std::set<std::string, std::less<>> made;
  for (const json::value& each : messages) {
    const json::object& message = each.as_object();
    if (const auto* calls = message.if_contains("tool_calls")) {
      for (const json::value& call : calls->as_array())
        made.emplace(text_of(call.as_object(), "id"));
    }
    if (text_of(message, "role") != "tool") continue;
    const std::string_view id = text_of(message, "tool_call_id");
    if (made.contains(id)) continue;
    return Error{Errc::kInvalidValue,
                 "there is no tool call with the id `" + quotable(id, 128) +
                     "` for this result: send the call before it",
                 "input"};
  }
  return {};
}

json::array with_text_arguments(json::array messages) {
  for (json::value& message : messages) {
    json::array* calls = calls_of(message);
    if (calls == nullptr) continue;
    for (json::value& call : *calls) {
      json::value& arguments = function_of(call).at("arguments");
      if (!arguments.is_string()) arguments = json::serialize(arguments);
    }
  }
  return messages;
}

json::array with_short_ids(json::array messages) {
  for (json::value& message : messages) {
    json::array* calls = calls_of(message);
    if (calls != nullptr) {
      for (json::value& call : *calls)
        call.as_object()["id"] = short_id(text_of(call.as_object(), "id"));
    }
    if (auto* id = message.as_object().if_contains("tool_call_id"))
      *id = short_id(text_of(message.as_object(), "tool_call_id"));
  }
  return messages;
}

json::array with_tools_as_text(json::array messages, const json::array& tools) {
  json::array shown;
  bool has_system = false;
  for (json::value& message : messages) {
    json::object& object = message.as_object();
    const bool is_result = text_of(object, "role") == "tool";
    if (shown.empty() && text_of(object, "role") == "system" && !tools.empty()) {
      has_system = true;
      object["content"] =
          std::string(text_of(object, "content")) + "\n\n" + instructions_for(tools);
    }
    if (json::array* calls = calls_of(message)) put_calls_into_content(message, *calls);
    if (!is_result) {
      shown.push_back(std::move(message));
      continue;
    }
    const std::string text =
        "<tool_response>\n" + std::string(text_of(object, "content")) + "\n</tool_response>";
    // Results of one turn stand in one message, since templates want the roles to take turns.
    json::object* last = shown.empty() ? nullptr : &shown.back().as_object();
    if (last != nullptr && text_of(*last, "role") == "user" && last->contains("is_result")) {
      (*last)["content"] = std::string(text_of(*last, "content")) + "\n" + text;
    } else {
      shown.push_back(json::object{{"role", "user"}, {"content", text}, {"is_result", true}});
    }
  }
  for (json::value& message : shown) message.as_object().erase("is_result");
  if (!has_system && !tools.empty()) {
    shown.insert(shown.begin(),
                 json::object{{"role", "system"}, {"content", instructions_for(tools)}});
  }
  return shown;
}

}  // namespace octavo
