#include "protocol/input_items.hpp"

#include <boost/json/object.hpp>
#include <string>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

Error invalid(const std::string& where, const std::string& what) {
  return Error{Errc::kInvalidValue, where + " must be " + what, where};
}

Result<std::string> text_of_part(const json::value& part, const std::string& where) {
  const auto* object = part.if_object();
  const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
  if (type == nullptr || !type->is_string()) return invalid(where, "a content part with a `type`");
  if (*type != "input_text" && *type != "output_text" && *type != "text") {
    return Error{
        Errc::kUnsupportedParameter,
        where + " is of type `" + quotable(type->get_string(), 64) + "`: only text is supported",
        where};
  }
  const auto* text = object->if_contains("text");
  if (text == nullptr || !text->is_string()) return invalid(where + ".text", "a string");
  return std::string(text->get_string());
}

Result<std::string> text_of_content(const json::value* content, const std::string& where) {
  if (content == nullptr) return invalid(where, "a string or a list of parts");
  if (content->is_string()) return std::string(content->get_string());
  if (!content->is_array()) return invalid(where, "a string or a list of parts");
  std::string text;
  std::size_t index = 0;
  for (const auto& part : content->get_array()) {
    auto piece = text_of_part(part, where + "[" + std::to_string(index++) + "]");
    if (!piece) return piece.error();
    text += *piece;
  }
  return text;
}

Result<json::object> message_of(const json::value& item, const std::string& where) {
  const auto* object = item.if_object();
  if (object == nullptr) return invalid(where, "an object");
  if (const auto* type = object->if_contains("type"); type != nullptr && *type != "message") {
    return Error{Errc::kUnsupportedParameter,
                 where + ": only items of type `message` are supported", where + ".type"};
  }
  const auto* role = object->if_contains("role");
  if (role == nullptr || !role->is_string()) return invalid(where + ".role", "a string");
  if (*role != "user" && *role != "assistant" && *role != "system" && *role != "developer") {
    return invalid(where + ".role", "user, assistant, system or developer");
  }
  auto content = text_of_content(object->if_contains("content"), where + ".content");
  if (!content) return content.error();
  json::object message;
  message["role"] = *role == "developer" ? json::string("system") : role->get_string();
  message["content"] = *content;
  return message;
}

}  // namespace

Result<json::array> messages_of(const json::value& input) {
  json::array messages;
  if (input.is_string()) {
    messages.push_back(json::object{{"role", "user"}, {"content", input.get_string()}});
    return messages;
  }
  if (!input.is_array()) return invalid("input", "a string or a list of messages");
  for (const auto& item : input.get_array()) {
    auto message = message_of(item, "input[" + std::to_string(messages.size()) + "]");
    if (!message) return message.error();
    messages.push_back(std::move(*message));
  }
  return messages;
}

}  // namespace octavo
