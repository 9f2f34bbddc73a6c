#include "src/text/added_tokens.hpp"

#include <algorithm>
#include <array>

#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

std::uint64_t edge_key(std::uint32_t node, char byte) {
  return (static_cast<std::uint64_t>(node) << 8U) | static_cast<unsigned char>(byte);
}

/// Where the last character of text begins. text must not be empty.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

bool stands_alone(std::string_view text, ByteRange range) {
  const std::string_view before = text.substr(0, range.begin);
  const std::string_view after = text.substr(range.end);
  const bool word_before =
      !before.empty() &&
      is_word_character(read_utf8(before.substr(last_character(before))).character);
  const bool word_after = !after.empty() && is_word_character(read_utf8(after).character);
  return !word_before && !word_after;
}

}  // namespace

bool AddedToken::is_control() const {
  const auto is_between = [this](char first, char last) {
    return content.size() > 2 && content.front() == first && content.back() == last;
  };
  return is_special || is_between('<', '>') || is_between('[', ']');
}

void AddedTokenMatcher::add(const AddedToken& token, std::string_view content) {
  if (content.empty()) return;
  std::uint32_t node = 0;
  for (const char c : content) {
    const auto [edge, is_new] =
        edges_.try_emplace(edge_key(node, c), static_cast<std::uint32_t>(nodes_.size()));
    if (is_new) nodes_.emplace_back();
    node = edge->second;
  }
  nodes_[node].token = static_cast<std::int32_t>(tokens_.size());
  tokens_.push_back(token);
}

const AddedToken* AddedTokenMatcher::longest_at(std::string_view text, std::size_t at,
                                                std::size_t trusted_end,
                                                std::size_t& length) const {
  const AddedToken* best = nullptr;
  std::uint32_t node = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto edge = edges_.find(edge_key(node, text[i]));
    if (edge == edges_.end()) break;
    node = edge->second;
    if (nodes_[node].token == kNoToken) continue;
    const AddedToken& token = tokens_[static_cast<std::size_t>(nodes_[node].token)];
    if (i >= trusted_end && token.is_control()) continue;
    best = &token;
    length = i + 1 - at;
  }
  return best;
}

AddedTokenMatcher::Match AddedTokenMatcher::widen(const AddedToken& token, std::string_view text,
                                                  ByteRange found, std::size_t done) {
  while (token.lstrip && found.begin > done) {
    const std::size_t last = last_character(text.substr(0, found.begin));
    if (last < done || !is_white_space(read_utf8(text.substr(last)).character)) break;
    found.begin = last;
  }
  // Blanks that the token before took reach as far as this one's do.
  if (token.rstrip) found.end = std::max(found.end, done);
  while (token.rstrip && found.end < text.size()) {
    const Utf8Unit unit = read_utf8(text.substr(found.end));
    if (!is_white_space(unit.character)) break;
    found.end += unit.length;
  }
  return {found, token.id};
}

std::vector<AddedTokenMatcher::Match> AddedTokenMatcher::find_all(
    std::string_view text, const std::function<std::size_t(std::size_t)>& trusted_until) const {
  std::vector<Match> matches;
  if (is_empty()) return matches;
  std::array<bool, 256> can_begin{};
  for (std::size_t byte = 0; byte < can_begin.size(); ++byte) {
    can_begin[byte] = edges_.contains(edge_key(0, static_cast<char>(byte)));
  }
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    const AddedToken* token = nullptr;
    if (can_begin[static_cast<unsigned char>(text[at])]) {
      token = longest_at(text, at, trusted_until(at), length);
    }
    if (token == nullptr || (token->single_word && !stands_alone(text, {at, at + length}))) {
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    matches.push_back(widen(*token, text, {at, at + length}, done));
    // The blanks that a token takes may be the beginning of the next one.
    at += length;
    done = matches.back().range.end;
  }
  return matches;
}

}  // namespace octavo::text
