#include "protocol/input_items.hpp"

#include <boost/json/object.hpp>

#include "protocol/unknown_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

const json::object kNothing;
const json::array kNoItems;

/// Reads the items of one input. Faults are those of `root_`, whose object has no members: the
/// items are named by their places.
class ItemReader {
 public:
  explicit ItemReader(std::vector<std::string>* unknown_fields) : unknown_(unknown_fields) {}

  /// Nothing once there is a fault.
  std::optional<json::object> message(const json::value& value, const std::string& where) {
    JsonReader item(root_.as_object(where, value), root_, where);
    if (root_.error()) return std::nullopt;
    if (const auto* type = item.find("type"); type != nullptr && *type != "message") {
      if (!type->is_string())
        item.wrong("type", "a string");
      else
        item.unsupported("type", where + ": only items of type `message` are supported");
      return std::nullopt;
    }
    const std::string role = item.text("role", "");
    if (!item.has("role"))
      item.wrong("role", "a string");
    else if (role != "user" && role != "assistant" && role != "system" && role != "developer")
      item.wrong("role", "user, assistant, system or developer");
    const std::string content = content_of(item, where + ".content");
    check_unused(item);
    note(item, "input[]");
    if (root_.error()) return std::nullopt;
    return json::object{{"role", role == "developer" ? "system" : role}, {"content", content}};
  }
  const std::optional<Error>& error() const { return root_.error(); }
  void wrong(std::string_view name, std::string_view expected) { root_.wrong(name, expected); }

 private:
  std::string content_of(JsonReader& item, const std::string& where) {
    const auto* content = item.find("content");
    std::string text;
    if (content == nullptr || (!content->is_string() && !content->is_array())) {
      item.wrong("content", "a string or a list of parts");
    } else if (content->is_string()) {
      text.assign(content->get_string());
    } else {
      std::size_t index = 0;
      for (const json::value& part : content->get_array()) {
        if (root_.error()) break;
        text += text_of_part(part, where + "[" + std::to_string(index++) + "]");
      }
    }
    return text;
  }

  std::string text_of_part(const json::value& value, const std::string& where) {
    const auto* object = value.if_object();
    const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) {
      root_.wrong(where, "a content part with a `type`");
      return {};
    }
    if (*type != "input_text" && *type != "output_text" && *type != "text") {
      root_.unsupported(where, where + " is of type `" + quotable(type->get_string(), 64) +
                                   "`: only text is supported");
      return {};
    }
    JsonReader part(*object, root_, where);
    part.find("type");
    if (!part.has("text")) part.wrong("text", "a string");
    for (const char* name : {"annotations", "logprobs"}) {
      if (const auto* list = part.find(name)) part.as_array(name, *list);
    }
    if (const auto* point = part.find("prompt_cache_breakpoint"))
      part.as_object("prompt_cache_breakpoint", *point);
    std::string text = part.text("text", "");
    note(part, "input[].content[]");
    return text;
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
};

}  // namespace

Result<json::array> messages_of(const json::value& input,
                                std::vector<std::string>* unknown_fields) {
  json::array messages;
  if (input.is_string()) {
    messages.push_back(json::object{{"role", "user"}, {"content", input.get_string()}});
    return messages;
  }
  ItemReader reader(unknown_fields);
  if (!input.is_array()) reader.wrong("input", "a string or a list of messages");
  for (const json::value& item : reader.error() ? kNoItems : input.get_array()) {
    auto message = reader.message(item, "input[" + std::to_string(messages.size()) + "]");
    if (!message) break;
    messages.push_back(std::move(*message));
  }
  if (reader.error()) return *reader.error();
  return messages;
}

}  // namespace octavo
