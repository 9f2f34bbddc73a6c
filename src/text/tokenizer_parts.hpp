// What the files of a tokenizer say, read and checked: the data that `Tokenizer` uses.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
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

/// A text for each token, end to end.
class TokenTexts {
 public:
  /// The next token's.
  void append(std::string_view text) {
    bytes_ += text;
    offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }
  /// id must be one of those that were appended.
  std::string_view at(TokenId id) const {
    const auto index = static_cast<std::size_t>(id);
    return std::string_view(bytes_).substr(offsets_[index], offsets_[index + 1] - offsets_[index]);
  }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> offsets_ = {0};
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
  TokenTexts pieces;             ///< As the files write them.
  TokenTexts bytes;              ///< What each stands for by itself.
  std::vector<bool> is_token;    ///< [vocab_size]; false where no token has the id.
  std::vector<bool> is_special;  ///< [vocab_size]
  TokenBound bound;
  RoleToken bos;
  RoleToken eos;
  std::map<std::string, std::string> named_tokens;  ///< `bos_token` and the like.
  std::map<std::string, std::string, std::less<>> chat_templates;

  std::optional<TokenId> find(std::string_view token) const;
};

/// Throws `Error`.
TokenizerParts read_tokenizer_parts(const std::filesystem::path& path);

/// tokenizer_config.json and special_tokens_map.json, both optional. Before the tables are built:
/// adds tokens and marks the special ones. Throws `Error`.
void read_configured_tokens(const std::filesystem::path& folder, TokenizerParts& parts);
/// The chat templates by their names: those of files of their own, chat_template.jinja and
/// additional_chat_templates/NAME.jinja, and where there are none those that the configuration
/// holds. Throws `Error`.
void read_chat_templates(const std::filesystem::path& folder, TokenizerParts& parts);

/// `token` reads an entry of added tokens, and throws.
AddedToken read_added_token(JsonReader& token, TokenId id);
std::string read_text_file(const std::filesystem::path& path);
/// Null when there is no such file.
boost::json::value read_json_file(const std::filesystem::path& path);

}  // namespace octavo::text
