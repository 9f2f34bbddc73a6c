#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "src/text/tokenizer_json.hpp"
#include "src/text/tokenizer_parts.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfigFile = "tokenizer_config.json";
constexpr const char* kMapFile = "special_tokens_map.json";
constexpr std::string_view kTokens = "added_tokens_decoder";

const json::object kNoMembers;

const json::object& object_or_empty(const json::value& file) {
  return file.is_object() ? file.get_object() : kNoMembers;
}

/// The tokens that have a part of their own in every tokenizer.
constexpr std::array<std::string_view, 7> kRoles = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

/// What both files are asked for. A configuration that lists its added tokens says all; else the
/// map, which is the older file, comes first. This and the names are transformers' rules.
class ConfigFiles {
 public:
  explicit ConfigFiles(const fs::path& folder)
      : config_file_(read_json_file(folder / kConfigFile)),
        map_file_(read_json_file(folder / kMapFile)),
        config_(object_or_empty(config_file_), kConfigFile, OnFault::kThrow),
        map_(config_.has(kTokens) ? kNoMembers : object_or_empty(map_file_), kMapFile,
             OnFault::kThrow) {}

  JsonReader& config() { return config_; }

  const json::value* find(std::string_view name) const {
    const json::value* value = map_.find(name);
    return value != nullptr ? value : config_.find(name);
  }

  /// A token is written as a string, or as an object with `content`. Nothing when it is neither.
  std::optional<std::string> token_text(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (!value.is_object()) return std::nullopt;
    JsonReader token(value.get_object(), config_, "token");
    if (!token.has("content")) return std::nullopt;
    return token.text("content");
  }

  /// The tokens that have a name: the roles, what else ends in `_token`, and the extra ones.
  std::map<std::string, std::string> named_tokens() {
    std::map<std::string, std::string> named;
    const auto add = [&](std::string_view name, const json::value* value) {
      const auto text = value == nullptr ? std::nullopt : token_text(*value);
      if (text) named[std::string(name)] = *text;
    };
    for (const std::string_view role : kRoles) add(role, find(role));
    for (const json::object* file : {&config_.object(), &map_.object()}) {
      for (const auto& [key, value] : *file) {
        if (std::string_view(key).ends_with("_token")) add(key, find(key));
      }
    }
    const json::value* extra = find("extra_special_tokens");
    if (extra != nullptr && extra->is_object()) {
      for (const auto& [key, value] : extra->get_object()) add(key, &value);
    }
    return named;
  }

 private:
  json::value config_file_;
  json::value map_file_;
  JsonReader config_;
  JsonReader map_;
};

void add_configured_tokens(JsonReader& config, TokenizerParts& parts) {
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
  for (const auto& [name, token] : parts.named_tokens) mark_special(token, parts);
  for (const std::string_view list : {"additional_special_tokens", "extra_special_tokens"}) {
    const json::value* more = files.find(list);
    if (more == nullptr || !more->is_array()) continue;
    for (const auto& token : more->get_array()) {
      mark_special(files.token_text(token).value_or(""), parts);
    }
  }
}

}  // namespace

void read_configured_tokens(const fs::path& folder, TokenizerParts& parts) {
  ConfigFiles files(folder);
  parts.named_tokens = files.named_tokens();
  add_configured_tokens(files.config(), parts);
  mark_special_tokens(files, parts);
  const auto read_role = [&](const char* name) {
    const auto token = parts.named_tokens.find(name);
    if (token == parts.named_tokens.end()) return RoleToken{};
    return RoleToken{token->second, parts.find(token->second)};
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

}  // namespace octavo::text
