#include <algorithm>
#include <boost/json.hpp>

#include "src/text/tokenizer_parts.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

using Templates = decltype(TokenizerParts::chat_templates);

constexpr const char* kDefault = "default";

Templates templates_of_own_files(const fs::path& folder) {
  Templates templates;
  std::error_code error;
  if (fs::exists(folder / "chat_template.jinja", error)) {
    templates[kDefault] = read_text_file(folder / "chat_template.jinja");
  }
  for (const auto& entry : fs::directory_iterator(folder / "additional_chat_templates", error)) {
    if (entry.path().extension() != ".jinja") continue;
    templates[entry.path().stem().string()] = read_text_file(entry.path());
  }
  return templates;
}

/// The member `chat_template`: one template, a list of named ones, or an object of them.
Templates templates_in(const fs::path& file) {
  constexpr std::string_view kMember = "chat_template";
  const json::value root = read_json_file(file);
  Templates templates;
  if (!root.is_object()) return templates;
  JsonReader reader(root.get_object(), file.filename().string(), OnFault::kThrow);
  const json::value* source = reader.find(kMember);
  if (source == nullptr) return templates;
  if (source->is_array()) {
    for (const auto& item : source->get_array()) {
      JsonReader named(reader.as_object(kMember, item), reader, kMember);
      templates[named.text("name")] = named.text("template");
    }
  } else if (source->is_object()) {
    for (const auto& [name, text] : source->get_object()) {
      templates[std::string(name)] = reader.as_text(kMember, text);
    }
  } else {
    templates[kDefault] = reader.as_text(kMember, *source);
  }
  return templates;
}

}  // namespace

void read_chat_templates(const fs::path& folder, TokenizerParts& parts) {
  parts.chat_templates = templates_of_own_files(folder);
  if (!parts.chat_templates.empty()) return;
  parts.chat_templates = templates_in(folder / "chat_template.json");
  parts.chat_templates.merge(templates_in(folder / "tokenizer_config.json"));
}

}  // namespace octavo::text
