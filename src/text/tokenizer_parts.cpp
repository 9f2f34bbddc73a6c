#include "src/text/tokenizer_parts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "src/text/byte_level.hpp"
#include "src/text/tokenizer_json.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kMaxFileBytes = 256U << 20U;

const json::value& member_or_null(const JsonReader& reader, std::string_view name) {
  static const json::value null;
  const json::value* value = reader.find(name);
  return value == nullptr ? null : *value;
}

std::vector<TokenId> read_template_ids(JsonReader& processor, std::string_view name) {
  JsonReader tokens(processor.object("special_tokens"), processor, "special_tokens");
  JsonReader token(tokens.object(name), tokens, name);
  std::vector<TokenId> ids;
  for (const auto& id : token.array("ids")) ids.push_back(as_token_id(token, "ids", id));
  return ids;
}

void read_template(JsonReader& processor, TokenizerParts& parts) {
  bool after_text = false;
  for (const auto& item : processor.array("single")) {
    JsonReader piece(processor.as_object("single", item), processor, "single");
    if (piece.has("Sequence")) {
      if (after_text) fail_unsupported("A template that repeats the text is not supported.");
      after_text = true;
      continue;
    }
    JsonReader token(piece.object("SpecialToken"), piece, "SpecialToken");
    auto& side = after_text ? parts.suffix : parts.prefix;
    std::ranges::copy(read_template_ids(processor, token.text("id")), std::back_inserter(side));
  }
}

/// A pair ["</s>", 2], as Bert's and Roberta's processors write it.
TokenId read_pair_id(JsonReader& processor, std::string_view name) {
  const auto& pair = processor.array(name);
  if (pair.size() != 2) processor.wrong(name, "a token and its id");
  return as_token_id(processor, name, pair[1]);
}

void read_post_processor(const json::value& spec, TokenizerParts& parts) {
  if (spec.is_null()) return;
  JsonReader processor = part_reader("post_processor", spec);
  const std::string type = processor.text("type");
  if (type == "Sequence") {
    for (const auto& each : processor.array("processors")) read_post_processor(each, parts);
  } else if (type == "TemplateProcessing") {
    read_template(processor, parts);
  } else if (type == "RobertaProcessing" || type == "BertProcessing") {
    parts.prefix.push_back(read_pair_id(processor, "cls"));
    parts.suffix.push_back(read_pair_id(processor, "sep"));
  } else if (type != "ByteLevel") {
    fail_unsupported("The post-processor '" + type + "' is not supported.");
  }
}

void build_matchers(TokenizerParts& parts) {
  for (const auto& [content, token] : parts.added_tokens) {
    // A control token is what its file says, whatever the normalizer would make of it.
    if (token.normalized && !token.is_special) {
      parts.normalized_matcher.add(token, parts.normalizer.apply(content).text);
    } else {
      parts.raw_matcher.add(token, content);
    }
  }
}

void build_tables(JsonReader& model, TokenizerParts& parts) {
  std::map<TokenId, std::string> pieces;
  for (const auto& [key, value] : model.object("vocab")) {
    pieces[as_token_id(model, "vocab", value)] = replace_broken_utf8({key.data(), key.size()});
  }
  for (const auto& [content, token] : parts.added_tokens) pieces[token.id] = content;
  if (pieces.empty()) fail_file("The vocabulary is empty.");
  const TokenId num_tokens = pieces.rbegin()->first + 1;
  for (TokenId id = 0; id < num_tokens; ++id) {
    const auto it = pieces.find(id);
    const bool is_token = it != pieces.end();
    const std::string_view piece = is_token ? std::string_view(it->second) : std::string_view();
    parts.is_token.push_back(is_token);
    parts.pieces.append(piece);
    parts.bytes.append(is_token ? parts.decoder.bytes_of(piece) : std::string());
  }
  parts.is_special.assign(static_cast<std::size_t>(num_tokens), false);
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
  if (size > kMaxFileBytes) {
    throw Error{Errc::kInvalidFile, path.filename().string() + " is larger than 256 MiB.", {}};
  }
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
  if (error) {
    throw Error{Errc::kInvalidFile,
                path.filename().string() + " is not valid JSON: " + error.message() + ".",
                {}};
  }
  return value;
}

AddedToken read_added_token(JsonReader& token, TokenId id) {
  return {id,
          token.text("content"),
          token.flag("special", false),
          token.flag("single_word", false),
          token.flag("lstrip", false),
          token.flag("rstrip", false),
          token.flag("normalized", true)};
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
  JsonReader object = part_reader("tokenizer", root);
  JsonReader model(object.object("model"), object, "model");

  TokenizerParts parts;
  parts.normalizer = Normalizer::parse(member_or_null(object, "normalizer"));
  parts.pre_tokenizer = PreTokenizer::parse(member_or_null(object, "pre_tokenizer"));
  parts.decoder = PieceDecoder::parse(member_or_null(object, "decoder"));
  parts.bpe = Bpe::parse(model.object(), parts.pre_tokenizer.is_byte_level());
  if (object.has("added_tokens")) {
    for (const auto& item : object.array("added_tokens")) {
      JsonReader token(object.as_object("added_tokens", item), object, "added_tokens");
      const auto id = static_cast<TokenId>(token.integer("id", 0, kMaxTokenId - 1));
      AddedToken added = read_added_token(token, id);
      parts.added_tokens.insert_or_assign(added.content, std::move(added));
    }
  }
  read_post_processor(member_or_null(object, "post_processor"), parts);
  read_configured_tokens(folder, parts);
  read_chat_templates(folder, parts);
  build_matchers(parts);
  build_tables(model, parts);
  parts.bound = token_bound_of(parts);
  return parts;
}

}  // namespace octavo::text
