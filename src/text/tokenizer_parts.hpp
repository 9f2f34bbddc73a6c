// What the files of a tokenizer say, read and checked: the data that `Tokenizer` uses.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/ids.hpp"
#include "src/core/json_reader.hpp"
#include "src/text/added_tokens.hpp"
#include "src/text/bpe.hpp"
#include "src/text/normalizer.hpp"
#include "src/text/piece_decoder.hpp"
#include "src/text/pre_tokenizer.hpp"
#include "src/text/token_bound.hpp"

namespace octavo::text {

/// A token that the configuration names for a role, such as BOS.
struct RoleToken {
  std::string text;
  std::optional<TokenId> id;
};

struct TokenizerParts {
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  PieceDecoder decoder;
  std::map<std::string, AddedToken, std::less<>> added_tokens;  ///< By content.
  AddedTokenMatcher raw_matcher;         ///< Tokens found before normalization.
  AddedTokenMatcher normalized_matcher;  ///< Those found after it.
  std::vector<TokenId> prefix;           ///< What the post-processor puts before a text.
  std::vector<TokenId> suffix;
  std::string bytes;                         ///< The bytes of all tokens, end to end.
  std::vector<std::uint32_t> bytes_offsets;  ///< [vocab_size + 1]
  std::vector<bool> is_special;              ///< [vocab_size]
  TokenBound bound;
  RoleToken bos;
  RoleToken eos;
  std::map<std::string, std::string, std::less<>> chat_templates;

  std::optional<TokenId> find(std::string_view token) const;
};

/// Throws `Error`.
TokenizerParts read_tokenizer_parts(const std::filesystem::path& path);

/// tokenizer_config.json, special_tokens_map.json and the template's files beside it, all optional.
/// Before the tables are built: adds tokens and marks the special ones. Throws `Error`.
void read_configured_tokens(const std::filesystem::path& folder, TokenizerParts& parts);
void read_chat_templates(const std::filesystem::path& folder, TokenizerParts& parts);

/// `token` reads an entry of added tokens, and throws.
AddedToken read_added_token(JsonReader& token, TokenId id);
std::string read_text_file(const std::filesystem::path& path);
/// Null when there is no such file.
boost::json::value read_json_file(const std::filesystem::path& path);

}  // namespace octavo::text
