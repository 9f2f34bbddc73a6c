#include "src/text/chat_template.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/interpreter.hpp"
#include "src/text/jinja/parser.hpp"
#include "src/text/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using jinja::Value;

constexpr std::size_t kMaxRoleBytes = 32;

Error template_error(const jinja::TemplateFault& fault) {
  const std::string place =
      fault.line > 0 ? "Line " + std::to_string(fault.line) + " of the chat template: " : "";
  return {Errc::kTemplateError, place + fault.message, {}};
}

/// A word that cannot be, or become part of, anything but a role.
bool is_plain_role(const json::string& text) {
  return text.size() <= kMaxRoleBytes && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

/// Whose words are in a part of the context.
enum class Hand : std::uint8_t { kTemplate, kUser, kUserMessage };

Value to_value(const json::value& value, Hand hand);

Value to_text_value(const json::string& text, bool trusted) {
  return Value(jinja::Text(replace_broken_utf8({text.data(), text.size()}), trusted));
}

Value to_dict(const json::object& object, Hand hand) {
  jinja::Dict dict;
  for (const auto& [key, value] : object) {
    const bool is_role = hand == Hand::kUserMessage && key == "role" && value.is_string() &&
                         is_plain_role(value.get_string());
    const Hand inner = hand == Hand::kUserMessage ? Hand::kUser : hand;
    const std::string name = replace_broken_utf8({key.data(), key.size()});
    dict.set(Value(jinja::Text(name, hand == Hand::kTemplate)),
             is_role ? to_text_value(value.get_string(), true) : to_value(value, inner));
  }
  return Value(std::move(dict));
}

Value to_value(const json::value& value, Hand hand) {
  switch (value.kind()) {
    case json::kind::null:
      return Value(nullptr);
    case json::kind::bool_:
      return Value(value.get_bool());
    case json::kind::int64:
      return Value(value.get_int64());
    case json::kind::uint64:
      return Value(jinja::Integer{value.get_uint64()});
    case json::kind::double_:
      return Value(value.get_double());
    case json::kind::string:
      return to_text_value(value.get_string(), hand == Hand::kTemplate);
    case json::kind::array: {
      std::vector<Value> items;
      for (const auto& item : value.get_array()) items.push_back(to_value(item, hand));
      return Value(std::move(items));
    }
    case json::kind::object:
      return to_dict(value.get_object(), hand);
  }
  return {};
}

Hand hand_of(std::string_view variable) {
  if (variable == "messages") return Hand::kUserMessage;
  return variable == "tools" || variable == "documents" ? Hand::kUser : Hand::kTemplate;
}

}  // namespace

struct ChatTemplate::Tree {
  jinja::Template root;
};

ChatTemplate::ChatTemplate(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
ChatTemplate::~ChatTemplate() = default;

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::parse(const std::string& source) {
  try {
    auto tree =
        std::make_unique<const Tree>(Tree{jinja::Parser::parse(replace_broken_utf8(source))});
    return std::shared_ptr<const ChatTemplate>(new ChatTemplate(std::move(tree)));
  } catch (const jinja::TemplateFault& fault) {
    return template_error(fault);
  }
}

bool ChatTemplate::has_variable(std::string_view name) const {
  return std::ranges::binary_search(tree_->root.variables, name);
}

Result<std::vector<TextSpan>> ChatTemplate::render(const json::object& context,
                                                   RenderLimits limits) const {
  try {
    const json::value* now = context.if_contains("now");
    auto variables =
        jinja::make_functions(now != nullptr && now->is_string() ? now->get_string() : "");
    for (const auto& [key, value] : context) {
      if (key == "now") continue;
      variables.emplace_back(key, to_value(value, hand_of(key)));
    }
    jinja::Interpreter interpreter({limits.max_steps, limits.max_output_bytes, limits.max_depth});
    return interpreter.render(tree_->root, variables).spans();
  } catch (const jinja::TemplateFault& fault) {
    return template_error(fault);
  }
}

}  // namespace octavo
