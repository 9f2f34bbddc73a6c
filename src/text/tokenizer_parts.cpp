#include "src/text/tokenizer_parts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "src/text/byte_level.hpp"
#include "src/text/tokenizer_json.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kMaxFileBytes = 256U << 20U;

const json::value& member_or_null(const json::object& object, std::string_view key) {
  static const json::value null;
  const json::value* value = find_member(object, key);
  return value == nullptr ? null : *value;
}

std::vector<TokenId> read_template_ids(const json::object& processor, std::string_view name) {
  const auto& tokens = as_object(need_member(processor, "special_tokens"), "special_tokens");
  const auto& token = as_object(need_member(tokens, name), name);
  std::vector<TokenId> ids;
  for (const auto& id : as_array(need_member(token, "ids"), "ids")) {
    ids.push_back(as_token_id(id, "ids"));
  }
  return ids;
}

void read_template(const json::object& processor, TokenizerParts& parts) {
  bool after_text = false;
  for (const auto& item : as_array(need_member(processor, "single"), "single")) {
    const auto& object = as_object(item, "single");
    if (find_member(object, "Sequence") != nullptr) {
      if (after_text) fail_unsupported("A template that repeats the text is not supported.");
      after_text = true;
      continue;
    }
    const auto& token = as_object(need_member(object, "SpecialToken"), "SpecialToken");
    auto& side = after_text ? parts.suffix : parts.prefix;
    std::ranges::copy(read_template_ids(processor, need_string(token, "id")),
                      std::back_inserter(side));
  }
}

/// A pair ["</s>", 2], as Bert's and Roberta's processors write it.
TokenId read_pair_id(const json::object& processor, std::string_view key) {
  const auto& pair = as_array(need_member(processor, key), key);
  if (pair.size() != 2) fail_file("'" + std::string(key) + "' must be a token and its id.");
  return as_token_id(pair[1], key);
}

void read_post_processor(const json::value& spec, TokenizerParts& parts) {
  if (spec.is_null()) return;
  const auto& object = as_object(spec, "post_processor");
  const std::string_view type = need_string(object, "type");
  if (type == "Sequence") {
    for (const auto& part : as_array(need_member(object, "processors"), "processors")) {
      read_post_processor(part, parts);
    }
  } else if (type == "TemplateProcessing") {
    read_template(object, parts);
  } else if (type == "RobertaProcessing" || type == "BertProcessing") {
    parts.prefix.push_back(read_pair_id(object, "cls"));
    parts.suffix.push_back(read_pair_id(object, "sep"));
  } else if (type != "ByteLevel") {
    fail_unsupported("The post-processor '" + std::string(type) + "' is not supported.");
  }
}

void build_matchers(TokenizerParts& parts) {
  for (const auto& [content, token] : parts.added_tokens) {
    // A control token is what its file says, whatever the normalizer would make of it.
    if (token.normalized && !token.is_special) {
      parts.normalized_matcher.add(token, parts.normalizer.apply(content));
    } else {
      parts.raw_matcher.add(token, content);
    }
  }
}

void build_tables(const json::object& vocabulary, TokenizerParts& parts) {
  TokenId num_tokens = 0;
  std::map<TokenId, std::string> bytes_of;
  for (const auto& [key, value] : vocabulary) {
    bytes_of[as_token_id(value, "vocab")] = parts.decoder.bytes_of({key.data(), key.size()});
  }
  for (const auto& [content, token] : parts.added_tokens) bytes_of[token.id] = content;
  if (bytes_of.empty()) fail_file("The vocabulary is empty.");
  num_tokens = bytes_of.rbegin()->first + 1;
  parts.bytes_offsets.assign(static_cast<std::size_t>(num_tokens) + 1, 0);
  parts.is_special.assign(static_cast<std::size_t>(num_tokens), false);
  for (TokenId id = 0; id < num_tokens; ++id) {
    const auto it = bytes_of.find(id);
    if (it != bytes_of.end()) parts.bytes += it->second;
    parts.bytes_offsets[static_cast<std::size_t>(id) + 1] =
        static_cast<std::uint32_t>(parts.bytes.size());
  }
  for (const auto& [content, token] : parts.added_tokens) {
    if (token.is_special) parts.is_special[static_cast<std::size_t>(token.id)] = true;
  }
  for (const auto* ids : {&parts.prefix, &parts.suffix}) {
    if (std::ranges::any_of(*ids, [&](TokenId id) { return id >= num_tokens; })) {
      fail_file("The post-processor adds a token that is not in the vocabulary.");
    }
  }
}

}  // namespace

std::optional<TokenId> TokenizerParts::find(std::string_view token) const {
  if (const auto it = added_tokens.find(token); it != added_tokens.end()) return it->second.id;
  if (pre_tokenizer.is_byte_level()) {
    if (const auto raw = decode_byte_level(token)) return bpe.find(*raw);
  }
  return bpe.find(token);
}

std::string read_text_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error{Errc::kIo, path.filename().string() + " cannot be read.", {}};
  if (size > kMaxFileBytes) fail_file(path.filename().string() + " is larger than 256 MiB.");
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

json::value read_json_file(const fs::path& path) {
  std::error_code exists_error;
  if (!fs::exists(path, exists_error)) return nullptr;
  boost::system::error_code error;
  const std::string text = read_text_file(path);
  json::value value =
      json::parse(text, error, json::make_shared_resource<json::monotonic_resource>());
  if (error) fail_file(path.filename().string() + " is not valid JSON: " + error.message() + ".");
  return value;
}

AddedToken read_added_token(const json::object& object, TokenId id) {
  return {id,
          std::string(need_string(object, "content")),
          bool_or(object, "special", false),
          bool_or(object, "single_word", false),
          bool_or(object, "lstrip", false),
          bool_or(object, "rstrip", false),
          bool_or(object, "normalized", true)};
}

TokenizerParts read_tokenizer_parts(const fs::path& path) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  const fs::path folder = is_folder ? path : path.parent_path();
  const fs::path file = is_folder ? path / "tokenizer.json" : path;
  if (!fs::exists(file, error)) {
    throw Error{
        Errc::kIo, "There is no " + file.filename().string() + " in the model's folder.", {}};
  }
  const json::value root = read_json_file(file);
  const auto& object = as_object(root, "tokenizer.json");
  const auto& model = as_object(need_member(object, "model"), "model");

  TokenizerParts parts;
  parts.normalizer = Normalizer::parse(member_or_null(object, "normalizer"));
  parts.pre_tokenizer = PreTokenizer::parse(member_or_null(object, "pre_tokenizer"));
  parts.decoder = PieceDecoder::parse(member_or_null(object, "decoder"));
  parts.bpe = Bpe::parse(model, parts.pre_tokenizer.is_byte_level());
  if (const json::value* tokens = find_member(object, "added_tokens")) {
    for (const auto& item : as_array(*tokens, "added_tokens")) {
      const auto& token = as_object(item, "added_tokens");
      AddedToken added = read_added_token(token, as_token_id(need_member(token, "id"), "id"));
      parts.added_tokens.insert_or_assign(added.content, std::move(added));
    }
  }
  read_post_processor(member_or_null(object, "post_processor"), parts);
  read_configured_tokens(folder, parts);
  read_chat_templates(folder, parts);
  build_matchers(parts);
  build_tables(as_object(need_member(model, "vocab"), "vocab"), parts);
  parts.bound = token_bound_of(parts);
  return parts;
}

}  // namespace octavo::text
