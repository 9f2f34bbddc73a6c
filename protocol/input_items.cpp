#include "protocol/input_items.hpp"

#include <boost/json/object.hpp>
#include <utility>

#include "protocol/message_content.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"
#include "src/output/tool_messages.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

const json::object kNothing;
const json::array kNoItems;

/// Reads the items of one input into messages: calls go to the assistant's message before them,
/// what was thought to the one after. Faults are those of `root_`, whose object has no members: the
/// items are named by their places.
class ItemReader {
 public:
  explicit ItemReader(std::vector<std::string>* unknown_fields) : unknown_(unknown_fields) {}

  void read(const json::value& value, const std::string& where) {
    JsonReader item(root_.as_object(where, value), root_, where);
    if (root_.error()) return;
    std::string type = "message";
    item.read("type", type);
    if (type == "message")
      read_message(item, where);
    else if (type == "function_call")
      read_call(item);
    else if (type == "function_call_output")
      read_result(item, where);
    else if (type == "reasoning")
      read_reasoning(item, where);
    else if (type == "compaction")
      read_compaction(item);
    else
      item.unsupported("type",
                       where + ": items of type `" + quotable(type, 64) + "` are not supported");
    check_unused(item);
    note(item, "input[]");
  }
  const std::optional<Error>& error() const { return root_.error(); }
  void wrong(std::string_view name, std::string_view expected) { root_.wrong(name, expected); }
  json::array take() { return std::move(messages_); }

 private:
  void read_message(JsonReader& item, const std::string& where) {
    const std::string role = item.text("role", "");
    if (!item.has("role"))
      item.wrong("role", "a string");
    else if (role != "user" && role != "assistant" && role != "system" && role != "developer")
      item.wrong("role", "user, assistant, system or developer");
    const std::string content = read_content(item, root_, where + ".content", unknown_);
    if (role == "assistant") return begin_answer(content);
    reasoning_.clear();
    messages_.push_back(
        json::object{{"role", role == "developer" ? "system" : role}, {"content", content}});
  }

  void begin_answer(const std::string& content) {
    json::object message{{"role", "assistant"}, {"content", content}};
    if (!reasoning_.empty()) message["reasoning_content"] = std::exchange(reasoning_, {});
    messages_.push_back(std::move(message));
  }

  void read_call(JsonReader& item) {
    const std::string id = read_call_id(item);
    const std::string name = item.text("name", "");
    if (name.empty()) item.wrong("name", "the name of the function");
    const std::string arguments = item.text("arguments", "");
    if (!item.has("arguments")) item.wrong("arguments", "a string");
    const bool follows_answer = !messages_.empty() && reasoning_.empty() &&
                                messages_.back().as_object().at("role") == "assistant";
    if (!follows_answer) begin_answer("");
    json::object& message = messages_.back().as_object();
    if (!message.contains("tool_calls")) message["tool_calls"] = json::array();
    message["tool_calls"].as_array().push_back(tool_call_json(id, name, arguments));
  }

  void read_result(JsonReader& item, const std::string& where) {
    const std::string id = read_call_id(item);
    const std::string content = read_content(item, root_, where + ".output", unknown_, "output");
    messages_.push_back(json::object{{"role", "tool"}, {"tool_call_id", id}, {"content", content}});
  }

  void read_reasoning(JsonReader& item, const std::string& where) {
    if (const auto* summary = item.find("summary")) item.as_array("summary", *summary);
    std::string encrypted;
    item.read("encrypted_content", encrypted);
    if (item.has("content")) reasoning_ += read_content(item, root_, where + ".content", unknown_);
  }

  // It stands for all that came before, so nothing can.
  void read_compaction(JsonReader& item) {
    const std::string handle = item.text("encrypted_content", "");
    if (handle.empty()) item.wrong("encrypted_content", "that of an item of /v1/responses/compact");
    if (!messages_.empty()) item.wrong("type", "that of another item: a compaction comes first");
    messages_.push_back(json::object{{"role", "compaction"}, {"content", handle}});
  }

  static std::string read_call_id(JsonReader& item) {
    const std::string id = item.text("call_id", "");
    if (id.empty()) item.wrong("call_id", "the id of the call");
    return id;
  }

  static void check_unused(JsonReader& item) {
    std::string text;
    item.read("id", text);
    if (item.read("status", text) && text != "in_progress" && text != "completed" &&
        text != "incomplete")
      item.wrong("status", "in_progress, completed or incomplete");
    if (item.read("phase", text) && text != "commentary" && text != "final_answer")
      item.wrong("phase", "commentary or final_answer");
  }

  void note(const JsonReader& reader, std::string_view path) {
    if (unknown_ != nullptr) note_unknown(reader, path, *unknown_);
  }

  JsonReader root_{kNothing};
  std::vector<std::string>* unknown_;
  json::array messages_;
  std::string reasoning_;  ///< Of the answer that follows.
};

}  // namespace

Result<json::array> messages_of(const json::value& input,
                                std::vector<std::string>* unknown_fields) {
  if (input.is_string())
    return json::array{json::object{{"role", "user"}, {"content", input.get_string()}}};
  ItemReader reader(unknown_fields);
  if (!input.is_array()) reader.wrong("input", "a string or a list of messages");
  std::size_t index = 0;
  for (const json::value& item : reader.error() ? kNoItems : input.get_array()) {
    if (reader.error()) break;
    reader.read(item, "input[" + std::to_string(index++) + "]");
  }
  if (reader.error()) return *reader.error();
  return reader.take();
}

}  // namespace octavo
