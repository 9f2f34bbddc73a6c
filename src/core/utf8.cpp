#include "src/core/utf8.hpp"

#include <algorithm>

namespace octavo {
namespace {

struct Lead {
  std::uint32_t length = 0;  ///< 0: no character begins with that byte.
  unsigned char low = 0x80;  ///< Bounds of the second byte.
  unsigned char high = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

/// Most text is, and this is many times faster than reading its characters one by one.
bool is_ascii(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(),
                      [](char byte) { return (static_cast<unsigned char>(byte) & 0x80U) != 0; });
}

}  // namespace

Utf8Unit read_utf8(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0x80) return {Utf8Kind::kWhole, 1, first};
  const Lead lead = lead_of(first);
  if (lead.length == 0) return {};
  char32_t character = first & (0xFFU >> (lead.length + 1));
  for (std::uint32_t i = 1; i < lead.length; ++i) {
    if (i == bytes.size()) return {Utf8Kind::kCutShort, i};
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const unsigned char low = i == 1 ? lead.low : 0x80;
    const unsigned char high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {Utf8Kind::kBroken, i};
    character = (character << 6) | (byte & 0x3FU);
  }
  return {Utf8Kind::kWhole, lead.length, character};
}

void append_utf8(std::string& out, char32_t character) {
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    push(character);
  } else if (character < 0x800) {
    push(0xC0 | (character >> 6));
    push(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    push(0xE0 | (character >> 12));
    push(0x80 | ((character >> 6) & 0x3F));
    push(0x80 | (character & 0x3F));
  } else {
    push(0xF0 | (character >> 18));
    push(0x80 | ((character >> 12) & 0x3F));
    push(0x80 | ((character >> 6) & 0x3F));
    push(0x80 | (character & 0x3F));
  }
}

std::string replace_broken_utf8(std::string_view bytes) {
  if (is_ascii(bytes)) return std::string(bytes);
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Unit unit = read_utf8(bytes);
    out += unit.kind == Utf8Kind::kWhole ? bytes.substr(0, unit.length) : kReplacementCharacter;
    bytes.remove_prefix(unit.length);
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  if (is_ascii(bytes)) return true;
  while (!bytes.empty()) {
    const Utf8Unit unit = read_utf8(bytes);
    if (unit.kind != Utf8Kind::kWhole) return false;
    bytes.remove_prefix(unit.length);
  }
  return true;
}

std::string quotable(std::string_view bytes, std::size_t max_bytes) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  std::string out;
  while (!bytes.empty()) {
    const Utf8Unit unit = read_utf8(bytes);
    std::string_view character =
        unit.kind == Utf8Kind::kWhole ? bytes.substr(0, unit.length) : kReplacementCharacter;
    if (is_control(static_cast<unsigned char>(character.front()))) character = " ";
    if (out.size() + character.size() > max_bytes) break;
    out += character;
    bytes.remove_prefix(unit.length);
  }
  return out;
}

std::size_t count_characters(std::string_view valid_utf8) {
  std::size_t num = 0;
  for (const char c : valid_utf8) num += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return num;
}

}  // namespace octavo
