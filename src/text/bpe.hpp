// Byte-pair encoding: turns one piece of text into the tokens that the learned merges give, in
// O(n log n) of the piece's length.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
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

  /// Appends the tokens of piece to out. Source: Sennrich et al. 2016, section 3.2; merges by rank
  /// from a heap over a linked list. Once out holds more than max_tokens the rest is left away.
  void encode(std::string_view piece, std::vector<TokenId>& out,
              std::size_t max_tokens = SIZE_MAX) const;

  /// The most bytes of a piece that one token stands for. Nothing when the vocabulary lacks
  /// characters and any number of them may vanish.
  std::optional<std::size_t> max_piece_bytes() const;

  /// The piece as the model works with it: bytes when byte-level, else as in the file.
  std::optional<TokenId> find(std::string_view piece) const;
  const std::unordered_map<std::string, TokenId>& vocabulary() const { return vocabulary_; }

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
  struct Symbol {
    TokenId id;
    std::int32_t previous;
    std::int32_t next;
  };

  void read_vocabulary(JsonReader& model);
  void read_merges(JsonReader& model);
  void add_merge(std::string_view left, std::string_view right, std::size_t rank);
  const Merge* find_merge(TokenId left, TokenId right) const;
  std::vector<Symbol> make_symbols(std::string_view piece) const;
  bool append_bytes(std::string_view character, std::vector<Symbol>& symbols) const;
  void merge_symbols(std::vector<Symbol>& symbols) const;

  bool is_byte_level_ = false;
  bool byte_fallback_ = false;
  bool fuse_unknown_ = false;
  bool ignore_merges_ = false;
  std::optional<TokenId> unknown_;
  std::array<TokenId, 256> byte_ids_{};  ///< -1 where the vocabulary lacks the byte.
  std::unordered_map<std::string, TokenId> vocabulary_;
  std::unordered_map<std::uint64_t, Merge, PairHash> merges_;
};

/// The byte that a piece of the form `<0x41>` stands for.
std::optional<unsigned char> read_byte_piece(std::string_view piece);

}  // namespace octavo::text
