#include "protocol/input_items.hpp"

#include <boost/json/object.hpp>

#include "protocol/message_content.hpp"
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
    const std::string content = read_content(item, root_, where + ".content", unknown_);
    check_unused(item);
    note(item, "input[]");
    if (root_.error()) return std::nullopt;
    return json::object{{"role", role == "developer" ? "system" : role}, {"content", content}};
  }
  const std::optional<Error>& error() const { return root_.error(); }
  void wrong(std::string_view name, std::string_view expected) { root_.wrong(name, expected); }

 private:
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
