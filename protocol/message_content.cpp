#include "protocol/message_content.hpp"

#include "protocol/unknown_fields.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::string text_of_part(const json::value& value, JsonReader& root, const std::string& where,
                         std::vector<std::string>* unknown_fields) {
  const auto* object = value.if_object();
  const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
  if (type == nullptr || !type->is_string()) {
    root.wrong(where, "a content part with a `type`");
    return {};
  }
  if (*type != "input_text" && *type != "output_text" && *type != "text" &&
      *type != "reasoning_text") {
    root.unsupported(where, where + " is of type `" + quotable(type->get_string(), 64) +
                                "`: only text is supported");
    return {};
  }
  JsonReader part(*object, root, where);
  part.find("type");
  if (!part.has("text")) part.wrong("text", "a string");
  for (const char* name : {"annotations", "logprobs"}) {
    if (const auto* list = part.find(name)) part.as_array(name, *list);
  }
  if (const auto* point = part.find("prompt_cache_breakpoint"))
    part.as_object("prompt_cache_breakpoint", *point);
  std::string text = part.text("text", "");
  if (unknown_fields != nullptr) {
    const std::string list = where.substr(0, where.find('[')) + "[].content[]";
    note_unknown(part, list, *unknown_fields);
  }
  return text;
}

}  // namespace

std::string read_content(JsonReader& message, JsonReader& root, const std::string& where,
                         std::vector<std::string>* unknown_fields, std::string_view name) {
  const auto* content = message.find(name);
  std::string text;
  if (content == nullptr || (!content->is_string() && !content->is_array())) {
    message.wrong(name, "a string or a list of parts");
  } else if (content->is_string()) {
    text.assign(content->get_string());
  } else {
    std::size_t index = 0;
    for (const json::value& part : content->get_array()) {
      if (root.error()) break;
      text += text_of_part(part, root, where + "[" + std::to_string(index++) + "]", unknown_fields);
    }
  }
  return text;
}

}  // namespace octavo
