#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "src/text/tokenizer_json.hpp"
#include "src/text/tokenizer_parts.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

/// A token's text: a string, or an object with `content`; empty when it is neither.
std::string token_text(const json::value* value) {
  if (value == nullptr) return {};
  if (value->is_object()) return std::string(string_or(value->get_object(), "content", ""));
  return value->is_string() ? std::string(value->get_string()) : std::string();
}

/// What both files are asked for, the configuration first.
struct ConfigFiles {
  json::value config;
  json::value map;

  const json::value* find(std::string_view key) const {
    for (const json::value* file : {&config, &map}) {
      if (!file->is_object()) continue;
      if (const json::value* value = find_member(file->get_object(), key)) return value;
    }
    return nullptr;
  }
  bool flag(std::string_view key) const {
    return config.is_object() && bool_or(config.get_object(), key, false);
  }
};

ConfigFiles read_config_files(const fs::path& folder) {
  return {read_json_file(folder / "tokenizer_config.json"),
          read_json_file(folder / "special_tokens_map.json")};
}

void add_configured_tokens(const json::object& config, TokenizerParts& parts) {
  const json::value* tokens = find_member(config, "added_tokens_decoder");
  if (tokens == nullptr) return;
  for (const auto& [key, value] : as_object(*tokens, "added_tokens_decoder")) {
    TokenId id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc{} || end != key.data() + key.size() || id < 0 || id >= kMaxTokenId) {
      fail_file("'added_tokens_decoder' has a key that is not a token id.");
    }
    AddedToken token = read_added_token(as_object(value, "added_tokens_decoder"), id);
    parts.added_tokens.try_emplace(token.content, token);
  }
}

void mark_special(const std::string& text, TokenizerParts& parts) {
  const auto it = parts.added_tokens.find(text);
  if (it != parts.added_tokens.end()) it->second.is_special = true;
}

void mark_special_tokens(const ConfigFiles& files, TokenizerParts& parts) {
  for (const std::string_view key : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
    mark_special(token_text(files.find(key)), parts);
  }
  const json::value* more = files.find("additional_special_tokens");
  if (more == nullptr || !more->is_array()) return;
  for (const auto& token : more->get_array()) mark_special(token_text(&token), parts);
}

}  // namespace

void read_configured_tokens(const fs::path& folder, TokenizerParts& parts) {
  const ConfigFiles files = read_config_files(folder);
  if (files.config.is_object()) add_configured_tokens(files.config.get_object(), parts);
  mark_special_tokens(files, parts);
  const auto read_role = [&](std::string_view key) {
    RoleToken role{token_text(files.find(key)), {}};
    role.id = parts.find(role.text);
    return role;
  };
  parts.bos = read_role("bos_token");
  parts.eos = read_role("eos_token");
  if (files.flag("add_bos_token") && parts.prefix.empty() && parts.bos.id) {
    parts.prefix.push_back(*parts.bos.id);
  }
  if (files.flag("add_eos_token") && parts.suffix.empty() && parts.eos.id) {
    parts.suffix.push_back(*parts.eos.id);
  }
}

void read_chat_templates(const fs::path& folder, TokenizerParts& parts) {
  const auto read = [&parts](const json::value& file) {
    const json::value* source =
        file.is_object() ? find_member(file.get_object(), "chat_template") : nullptr;
    if (source == nullptr) return;
    if (!source->is_array()) {
      parts.chat_templates["default"] = as_string(*source, "chat_template");
      return;
    }
    for (const auto& item : source->get_array()) {
      const auto& named = as_object(item, "chat_template");
      parts.chat_templates[std::string(need_string(named, "name"))] =
          need_string(named, "template");
    }
  };
  read(read_json_file(folder / "tokenizer_config.json"));
  read(read_json_file(folder / "chat_template.json"));
  std::error_code error;
  if (fs::exists(folder / "chat_template.jinja", error)) {
    parts.chat_templates["default"] = read_text_file(folder / "chat_template.jinja");
  }
}

}  // namespace octavo::text
