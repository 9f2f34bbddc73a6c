#include "src/text/bpe.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <queue>
#include <utility>

#include "src/text/byte_level.hpp"
#include "src/text/tokenizer_json.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

constexpr TokenId kNone = -1;
/// Symbols are linked by 32-bit indices; longer pieces are cut there, far beyond any context.
constexpr std::size_t kMaxPieceBytes = 1U << 30U;
/// Up to so many symbols it is faster to look at all pairs than to keep a heap of them.
constexpr std::size_t kFewSymbols = 24;

std::uint64_t pair_key(TokenId left, TokenId right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) |
         static_cast<std::uint32_t>(right);
}

struct Symbol {
  TokenId id;
  std::int32_t previous;
  std::int32_t next;
};

std::vector<Symbol> linked(std::span<const TokenId> ids) {
  std::vector<Symbol> symbols;
  symbols.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    symbols.push_back({ids[i], static_cast<std::int32_t>(i) - 1,
                       i + 1 < ids.size() ? static_cast<std::int32_t>(i) + 1 : kNone});
  }
  return symbols;
}

struct Candidate {
  std::int32_t rank;
  std::int32_t left;  ///< Index of the left symbol.
  TokenId merged;
  bool operator>(const Candidate& other) const {
    return std::pair(rank, left) > std::pair(other.rank, other.left);
  }
};

}  // namespace

std::optional<unsigned char> read_byte_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return {};
  unsigned value = 0;
  const auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (error != std::errc{} || end != piece.data() + 5) return {};
  return static_cast<unsigned char>(value);
}

Bpe Bpe::parse(const boost::json::object& object, bool is_byte_level) {
  JsonReader model(object, "tokenizer.json", OnFault::kThrow);
  const std::string type = model.text("type", "BPE");
  if (type != "BPE") {
    fail_unsupported("The tokenizer model '" + type + "' is not supported.");
  }
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model.text(key, "").empty()) {
      fail_unsupported("The tokenizer model's '" + std::string(key) + "' is not supported.");
    }
  }
  Bpe bpe;
  bpe.is_byte_level_ = is_byte_level;
  bpe.byte_fallback_ = model.flag("byte_fallback", false);
  bpe.fuse_unknown_ = model.flag("fuse_unk", false);
  bpe.ignore_merges_ = model.flag("ignore_merges", false);
  bpe.read_vocabulary(model);
  bpe.read_merges(model);
  if (const std::string unknown = model.text("unk_token", ""); !unknown.empty()) {
    bpe.unknown_ = bpe.find(unknown);
  }
  bpe.find_whole();
  return bpe;
}

void Bpe::read_vocabulary(JsonReader& model) {
  const auto& pieces = model.object("vocab");
  vocabulary_.reserve(pieces.size());
  byte_ids_.fill(kNone);
  for (const auto& [key, value] : pieces) {
    const std::string_view piece(key.data(), key.size());
    const TokenId id = as_token_id(model, piece, value);
    const auto bytes = is_byte_level_ ? decode_byte_level(piece) : std::nullopt;
    vocabulary_.emplace(bytes ? *bytes : std::string(piece), id);
    if (bytes && bytes->size() == 1) byte_ids_[static_cast<unsigned char>((*bytes)[0])] = id;
    const auto byte = byte_fallback_ ? read_byte_piece(piece) : std::nullopt;
    if (byte) byte_ids_[*byte] = id;
  }
}

void Bpe::read_merges(JsonReader& model) {
  const auto& merges = model.array("merges");
  merges_.reserve(merges.size());
  std::size_t rank = 0;
  for (const auto& merge : merges) {
    if (merge.is_array()) {
      const auto& pair = merge.get_array();
      if (pair.size() != 2) fail_file("A merge must have two parts.");
      add_merge(model.as_text("merges", pair[0]), model.as_text("merges", pair[1]), rank);
    } else {
      const std::string_view text = model.as_text("merges", merge);
      const std::size_t gap = text.find(' ');
      if (gap == std::string_view::npos || text.find(' ', gap + 1) != std::string_view::npos) {
        fail_file("The merge '" + std::string(text) + "' does not have two parts.");
      }
      add_merge(text.substr(0, gap), text.substr(gap + 1), rank);
    }
    ++rank;
  }
}

void Bpe::add_merge(std::string_view left, std::string_view right, std::size_t rank) {
  const auto id_of = [this](const std::string& piece) {
    const auto bytes = is_byte_level_ ? decode_byte_level(piece) : std::nullopt;
    const auto id = find(bytes ? *bytes : piece);
    if (!id) fail_file("A merge needs the piece '" + piece + "', which is not in the vocabulary.");
    return *id;
  };
  const std::string first(left);
  const std::string second(right);
  const Merge merge{static_cast<std::int32_t>(rank), id_of(first + second)};
  merges_.emplace(pair_key(id_of(first), id_of(second)), merge);
}

std::optional<TokenId> Bpe::find(std::string_view piece) const {
  const auto it = vocabulary_.find(piece);
  return it == vocabulary_.end() ? std::nullopt : std::optional(it->second);
}

const Bpe::Merge* Bpe::find_merge(TokenId left, TokenId right) const {
  const auto it = merges_.find(pair_key(left, right));
  return it == merges_.end() ? nullptr : &it->second;
}

bool Bpe::append_bytes(std::string_view character, std::vector<TokenId>& out) const {
  const auto id_of = [this](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  if (std::any_of(character.begin(), character.end(), [&](char c) { return id_of(c) == kNone; })) {
    return false;
  }
  for (const char c : character) out.push_back(id_of(c));
  return true;
}

void Bpe::append_characters(std::string_view piece, std::vector<TokenId>& out) const {
  bool after_unknown = false;
  while (!piece.empty()) {
    const std::uint32_t length = is_byte_level_ ? 1 : read_utf8(piece).length;
    const std::string_view character = piece.substr(0, length);
    piece.remove_prefix(length);
    bool is_known = false;
    if (is_byte_level_) {
      is_known = append_bytes(character, out);
    } else if (const auto id = find(character)) {
      out.push_back(*id);
      is_known = true;
    } else {
      is_known = byte_fallback_ && append_bytes(character, out);
    }
    const bool fuses = fuse_unknown_ && after_unknown;
    if (!is_known && unknown_ && !fuses) out.push_back(*unknown_);
    after_unknown = !is_known;
  }
}

std::size_t Bpe::merge_few(std::span<TokenId> ids) const {
  std::array<const Merge*, kFewSymbols> merges{};  // merges[i] is that of ids[i] and ids[i + 1].
  std::size_t count = ids.size();
  for (std::size_t i = 0; i + 1 < count; ++i) merges[i] = find_merge(ids[i], ids[i + 1]);
  while (count > 1) {
    std::size_t best = count - 1;  // It has no next one.
    merges[best] = nullptr;
    for (std::size_t i = count - 1; i-- > 0;) {
      if (merges[i] == nullptr) continue;
      if (merges[best] == nullptr || merges[i]->rank <= merges[best]->rank) best = i;
    }
    if (merges[best] == nullptr) break;
    ids[best] = merges[best]->merged;
    --count;
    for (std::size_t i = best + 1; i < count; ++i) {
      ids[i] = ids[i + 1];
      merges[i] = merges[i + 1];
    }
    merges[best] = best + 1 < count ? find_merge(ids[best], ids[best + 1]) : nullptr;
    if (best > 0) merges[best - 1] = find_merge(ids[best - 1], ids[best]);
  }
  return count;
}

std::size_t Bpe::merge_many(std::span<TokenId> ids) const {
  std::vector<Symbol> symbols = linked(ids);
  std::vector<Candidate> candidates;
  const auto at = [&symbols](std::int32_t index) -> Symbol& {
    return symbols[static_cast<std::size_t>(index)];
  };
  const auto candidate_at = [&](std::int32_t left) -> std::optional<Candidate> {
    if (left == kNone || at(left).next == kNone) return {};
    const Merge* merge = find_merge(at(left).id, at(at(left).next).id);
    if (merge == nullptr) return {};
    return Candidate{merge->rank, left, merge->merged};
  };
  candidates.reserve(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (const auto c = candidate_at(static_cast<std::int32_t>(i))) candidates.push_back(*c);
  }
  std::priority_queue heap(std::greater<Candidate>{}, std::move(candidates));
  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    if (at(best.left).id == kNone) continue;
    const auto current = candidate_at(best.left);
    if (!current || current->merged != best.merged || current->rank != best.rank) continue;
    Symbol& left = at(best.left);
    Symbol& right = at(left.next);
    left.id = best.merged;
    left.next = right.next;
    right.id = kNone;
    if (left.next != kNone) at(left.next).previous = best.left;
    if (const auto c = candidate_at(left.previous)) heap.push(*c);
    if (const auto c = candidate_at(best.left)) heap.push(*c);
  }
  std::size_t count = 0;
  for (const Symbol& symbol : symbols) {
    if (symbol.id != kNone) ids[count++] = symbol.id;
  }
  return count;
}

void Bpe::append_merged(std::string_view piece, std::vector<TokenId>& out) const {
  const std::size_t begin = out.size();
  append_characters(piece, out);
  const std::span<TokenId> ids = std::span(out).subspan(begin);
  out.resize(begin + (ids.size() <= kFewSymbols ? merge_few(ids) : merge_many(ids)));
}

void Bpe::find_whole() {
  for (const auto& [piece, id] : vocabulary_) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= is_whole_.size()) is_whole_.resize(index + 1, true);
    if (ignore_merges_ || !is_whole_[index]) continue;
    std::vector<TokenId> ids;
    append_merged(piece, ids);
    is_whole_[index] = ids.size() == 1 && ids[0] == id;
  }
}

std::optional<std::size_t> Bpe::max_piece_bytes() const {
  const bool has_bytes = (is_byte_level_ || byte_fallback_) &&
                         std::find(byte_ids_.begin(), byte_ids_.end(), kNone) == byte_ids_.end();
  const bool has_unknown = unknown_ && !fuse_unknown_;
  if (!has_bytes && !has_unknown) return std::nullopt;
  std::size_t longest = 4;  // A character that only the token for unknown ones stands for.
  for (const auto& [piece, id] : vocabulary_) longest = std::max(longest, piece.size());
  return longest;
}

void Bpe::encode(std::string_view piece, std::vector<TokenId>& out, std::size_t max_tokens) const {
  if (out.size() > max_tokens) return;
  if (const auto id = find(piece); id && is_whole_[static_cast<std::size_t>(*id)]) {
    out.push_back(*id);
    return;
  }
  while (!piece.empty() && out.size() <= max_tokens) {
    append_merged(piece.substr(0, kMaxPieceBytes), out);
    piece.remove_prefix(std::min(piece.size(), kMaxPieceBytes));
  }
}

}  // namespace octavo::text
