#include "protocol/tool_fields.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

#include "protocol/unknown_fields.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxTools = 512;
constexpr std::size_t kMaxNameBytes = 64;

bool is_function_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// Reads the tools of one request in either spelling. Faults are those of `fields`.
class ToolReader {
 public:
  ToolReader(JsonReader& fields, ResponseCreate& create, bool is_nested)
      : fields_(fields), create_(create), is_nested_(is_nested) {}

  void read_all() {
    read_tools();
    read_choice();
    bool is_parallel = true;
    if (fields_.read("parallel_tool_calls", is_parallel))
      create_.repeated["parallel_tool_calls"] = is_parallel;
    create_.parallel_tool_calls = is_parallel && !is_named_;
  }
  /// As they are in effect, in the spelling of the Responses API.
  json::array shown_tools() const {
    json::array shown;
    for (const Tool& tool : create_.tools) {
      json::object item{{"type", "function"}, {"name", tool.name}};
      item["description"] =
          tool.description.empty() ? json::value(nullptr) : json::value(tool.description);
      item["parameters"] =
          tool.has_parameters ? json::value(tool.parameters) : json::value(nullptr);
      item["strict"] = tool.is_strict;
      shown.push_back(std::move(item));
    }
    return shown;
  }
  const json::value& shown_choice() const { return shown_choice_; }

 private:
  void read_tools() {
    const auto* tools = fields_.find("tools");
    if (tools == nullptr) return;
    const json::array& list = fields_.as_array("tools", *tools);
    if (list.size() > kMaxTools)
      return fields_.wrong("tools", "a list of at most " + std::to_string(kMaxTools));
    for (const json::value& each : list) {
      if (fields_.error()) return;
      read_tool(each, "tools[" + std::to_string(create_.tools.size()) + "]");
    }
  }

  void read_tool(const json::value& value, const std::string& where) {
    JsonReader tool(fields_.as_object(where, value), fields_, where);
    if (fields_.error()) return;
    const std::string type = tool.text("type", "");
    if (type.empty()) return tool.wrong("type", "a string");
    if (type != "function") {
      return tool.unsupported("type", where + ": tools of type `" + quotable(type, 64) +
                                          "` are not supported: only functions are");
    }
    if (!is_nested_) return read_function(tool);
    const auto* function = tool.find("function");
    if (function == nullptr) return tool.wrong("function", "an object with a `name`");
    JsonReader members(tool.as_object("function", *function), tool, "function");
    read_function(members);
    note_unknown(tool, "tools[]", create_.unknown_fields);
  }

  void read_function(JsonReader& members) {
    Tool tool;
    tool.name = members.text("name", "");
    if (!is_function_name(tool.name))
      members.wrong("name", "up to 64 letters, digits, underscores and hyphens");
    members.read("description", tool.description);
    members.read("strict", tool.is_strict);
    if (const auto* parameters = members.find("parameters")) {
      tool.has_parameters = true;
      tool.parameters = members.as_object("parameters", *parameters);
    }
    if (find(tool.name) != create_.tools.end())
      members.wrong("name", "a name that no other tool has");
    note_unknown(members, is_nested_ ? "tools[].function" : "tools[]", create_.unknown_fields);
    create_.tools.push_back(std::move(tool));
  }

  std::vector<Tool>::const_iterator find(std::string_view name) const {
    return std::ranges::find(create_.tools, name, &Tool::name);
  }

  void read_choice() {
    const auto* given = fields_.find("tool_choice");
    if (given == nullptr) return;
    shown_choice_ = *given;
    ToolChoice& choice = create_.tool_choice;
    if (given->is_object()) {
      JsonReader members(given->get_object(), fields_, "tool_choice");
      read_choice_object(members);
    } else if (!read_mode(given->is_string() ? given->get_string() : "", choice)) {
      fields_.wrong("tool_choice", "auto, none, required, or an object that names functions");
    }
    if (choice.mode == ToolMode::kRequired && create_.tools.empty())
      fields_.wrong("tool_choice", "auto or none where there are no `tools`");
  }

  static bool read_mode(std::string_view text, ToolChoice& choice) {
    if (text == "auto")
      choice.mode = ToolMode::kAuto;
    else if (text == "none")
      choice.mode = ToolMode::kNone;
    else if (text == "required")
      choice.mode = ToolMode::kRequired;
    else
      return false;
    return true;
  }

  void read_choice_object(JsonReader& choice) {
    const std::string type = choice.text("type", "");
    if (type == "function") {
      create_.tool_choice.mode = ToolMode::kRequired;
      is_named_ = true;
      return allow(choice);
    }
    if (type == "allowed_tools") return read_allowed(choice);
    choice.unsupported("type", "tool_choice of type `" + quotable(type, 64) +
                                   "` is not supported: use function or allowed_tools");
  }

  void read_allowed(JsonReader& choice) {
    const auto* nested = is_nested_ ? choice.find("allowed_tools") : nullptr;
    if (is_nested_ && nested == nullptr)
      return choice.wrong("allowed_tools", "an object with `mode` and `tools`");
    if (!is_nested_) return read_allowed_members(choice);
    JsonReader members(choice.as_object("allowed_tools", *nested), choice, "allowed_tools");
    read_allowed_members(members);
  }

  void read_allowed_members(JsonReader& members) {
    std::string mode = "auto";
    members.read("mode", mode);
    if (mode == "none" || !read_mode(mode, create_.tool_choice))
      members.wrong("mode", "auto or required");
    const json::array& tools = members.array("tools");
    if (tools.empty()) members.wrong("tools", "a list of functions, not empty");
    for (const json::value& each : tools) {
      const std::string where = "tools[" + std::to_string(create_.tool_choice.allowed.size()) + "]";
      JsonReader tool(members.as_object(where, each), members, where);
      if (fields_.error()) return;
      allow(tool);
    }
  }

  // One function by its name, which must be among the tools.
  void allow(JsonReader& reader) {
    const auto* nested = reader.find("function");
    std::string name;
    if (is_nested_ && nested != nullptr) {
      JsonReader function(reader.as_object("function", *nested), reader, "function");
      name = function.text("name", "");
    } else {
      name = reader.text("name", "");
    }
    if (find(name) == create_.tools.end())
      return reader.wrong("name", "the name of one of the `tools`");
    create_.tool_choice.allowed.push_back(std::move(name));
  }

  JsonReader& fields_;
  ResponseCreate& create_;
  bool is_nested_;  ///< A function's members stand in an object of their own.
  bool is_named_ = false;
  json::value shown_choice_;
};

}  // namespace

void read_response_tools(JsonReader& fields, ResponseCreate& create) {
  ToolReader reader(fields, create, false);
  reader.read_all();
  if (!create.tools.empty()) create.repeated["tools"] = reader.shown_tools();
  if (!reader.shown_choice().is_null()) create.repeated["tool_choice"] = reader.shown_choice();
  std::int64_t max_calls = 1;
  if (!fields.read("max_tool_calls", max_calls)) return;
  if (max_calls < 1) fields.wrong("max_tool_calls", "at least 1");
  create.repeated["max_tool_calls"] = max_calls;
}

void read_chat_tools(JsonReader& fields, ResponseCreate& create) {
  ToolReader(fields, create, true).read_all();
}

}  // namespace octavo
