#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "src/text/tokenizer_json.hpp"
#include "src/text/tokenizer_parts.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfigFile = "tokenizer_config.json";
constexpr const char* kMapFile = "special_tokens_map.json";

const json::object kNoMembers;

const json::object& object_or_empty(const json::value& file) {
  return file.is_object() ? file.get_object() : kNoMembers;
}

/// What both files are asked for, the configuration first.
class ConfigFiles {
 public:
  explicit ConfigFiles(const fs::path& folder)
      : config_file_(read_json_file(folder / kConfigFile)),
        map_file_(read_json_file(folder / kMapFile)),
        config_(object_or_empty(config_file_), kConfigFile, OnFault::kThrow),
        map_(object_or_empty(map_file_), kMapFile, OnFault::kThrow) {}

  JsonReader& config() { return config_; }

  const json::value* find(std::string_view name) const {
    const json::value* value = config_.find(name);
    return value != nullptr ? value : map_.find(name);
  }

  /// The text of the token in the member `name`.
  std::string token(std::string_view name) { return token_text(find(name)); }

  /// A token is written as a string, or as an object with `content`. Empty when it is neither.
  std::string token_text(const json::value* value) {
    if (value == nullptr) return {};
    if (value->is_object())
      return JsonReader(value->get_object(), config_, "token").text("content", "");
    return value->is_string() ? std::string(value->get_string()) : std::string();
  }

 private:
  json::value config_file_;
  json::value map_file_;
  JsonReader config_;
  JsonReader map_;
};

void add_configured_tokens(JsonReader& config, TokenizerParts& parts) {
  constexpr std::string_view kTokens = "added_tokens_decoder";
  if (!config.has(kTokens)) return;
  for (const auto& [key, value] : config.object(kTokens)) {
    TokenId id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc{} || end != key.data() + key.size() || id < 0 || id >= kMaxTokenId)
      config.wrong(kTokens, "an object whose keys are token ids");
    JsonReader entry(config.as_object(kTokens, value), config, kTokens);
    AddedToken token = read_added_token(entry, id);
    parts.added_tokens.try_emplace(token.content, token);
  }
}

void mark_special(const std::string& text, TokenizerParts& parts) {
  const auto it = parts.added_tokens.find(text);
  if (it != parts.added_tokens.end()) it->second.is_special = true;
}

void mark_special_tokens(ConfigFiles& files, TokenizerParts& parts) {
  for (const std::string_view key : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
    mark_special(files.token(key), parts);
  }
  const json::value* more = files.find("additional_special_tokens");
  if (more == nullptr || !more->is_array()) return;
  for (const auto& token : more->get_array()) mark_special(files.token_text(&token), parts);
}

void read_templates_of(const fs::path& file, TokenizerParts& parts) {
  constexpr std::string_view kMember = "chat_template";
  const json::value root = read_json_file(file);
  JsonReader reader(object_or_empty(root), file.filename().string(), OnFault::kThrow);
  const json::value* source = reader.find(kMember);
  if (source == nullptr) return;
  if (!source->is_array()) {
    parts.chat_templates["default"] = reader.as_text(kMember, *source);
    return;
  }
  for (const auto& item : source->get_array()) {
    JsonReader named(reader.as_object(kMember, item), reader, kMember);
    parts.chat_templates[named.text("name")] = named.text("template");
  }
}

}  // namespace

void read_configured_tokens(const fs::path& folder, TokenizerParts& parts) {
  ConfigFiles files(folder);
  add_configured_tokens(files.config(), parts);
  mark_special_tokens(files, parts);
  const auto read_role = [&](std::string_view key) {
    RoleToken role{files.token(key), {}};
    role.id = parts.find(role.text);
    return role;
  };
  parts.bos = read_role("bos_token");
  parts.eos = read_role("eos_token");
  if (files.config().flag("add_bos_token", false) && parts.prefix.empty() && parts.bos.id) {
    parts.prefix.push_back(*parts.bos.id);
  }
  if (files.config().flag("add_eos_token", false) && parts.suffix.empty() && parts.eos.id) {
    parts.suffix.push_back(*parts.eos.id);
  }
}

void read_chat_templates(const fs::path& folder, TokenizerParts& parts) {
  read_templates_of(folder / kConfigFile, parts);
  read_templates_of(folder / "chat_template.json", parts);
  std::error_code error;
  if (fs::exists(folder / "chat_template.jinja", error)) {
    parts.chat_templates["default"] = read_text_file(folder / "chat_template.jinja");
  }
}

}  // namespace octavo::text
