// Byte-pair encoding: turns one piece of text into the tokens that the learned merges give, in
// O(n log n) of the piece's length. Most pieces of a text are words that the vocabulary has whole,
// and most others are short: for these it looks into one table, or merges in place.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {
class JsonReader;
}

namespace octavo::text {

class Bpe {
 public:
  /// model: the member `model` of a tokenizer.json. is_byte_level: its pieces are written in the
  /// byte-level alphabet and text comes as bytes. Throws `Error`.
  static Bpe parse(const boost::json::object& model, bool is_byte_level);

  /// Appends the tokens of piece to out. Source: Sennrich et al. 2016, section 3.2; merges by
  /// rank. Once out holds more than max_tokens the rest is left away.
  void encode(std::string_view piece, std::vector<TokenId>& out,
              std::size_t max_tokens = SIZE_MAX) const;

  /// The most bytes of a piece that one token stands for. Nothing when the vocabulary lacks
  /// characters and any number of them may vanish.
  std::optional<std::size_t> max_piece_bytes() const;

  /// The piece as the model works with it: bytes when byte-level, else as in the file.
  std::optional<TokenId> find(std::string_view piece) const;

 private:
  struct Merge {
    std::int32_t rank;
    TokenId merged;
  };
  struct PairHash {
    std::size_t operator()(std::uint64_t pair) const noexcept {
      pair ^= pair >> 32U;
      pair *= 0x9E3779B97F4A7C15U;
      return pair ^ (pair >> 29U);
    }
  };
  /// Finds a string by a view of it.
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void read_vocabulary(JsonReader& model);
  void read_merges(JsonReader& model);
  void add_merge(std::string_view left, std::string_view right, std::size_t rank);
  /// Learns which pieces of the vocabulary are one token.
  void find_whole();
  const Merge* find_merge(TokenId left, TokenId right) const;
  /// Appends the tokens of the characters alone.
  void append_characters(std::string_view piece, std::vector<TokenId>& out) const;
  bool append_bytes(std::string_view character, std::vector<TokenId>& out) const;
  void append_merged(std::string_view piece, std::vector<TokenId>& out) const;
  /// Both merge ids in place and give back how many are left. The first looks at all pairs for each
  /// merge, the second keeps them in a heap.
  std::size_t merge_few(std::span<TokenId> ids) const;
  std::size_t merge_many(std::span<TokenId> ids) const;

  bool is_byte_level_ = false;
  bool byte_fallback_ = false;
  bool fuse_unknown_ = false;
  bool ignore_merges_ = false;
  std::optional<TokenId> unknown_;
  std::array<TokenId, 256> byte_ids_{};  ///< -1 where the vocabulary lacks the byte.
  std::unordered_map<std::string, TokenId, TextHash, std::equal_to<>> vocabulary_;
  std::vector<bool> is_whole_;  ///< By token: each of its pieces is that one token.
  std::unordered_map<std::uint64_t, Merge, PairHash> merges_;
};

/// The byte that a piece of the form `<0x41>` stands for.
std::optional<unsigned char> read_byte_piece(std::string_view piece);

}  // namespace octavo::text
