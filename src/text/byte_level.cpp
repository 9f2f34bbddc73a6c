#include "src/text/byte_level.hpp"

#include <array>
#include <cstdint>

#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

constexpr std::int16_t kNoByte = -1;
constexpr std::size_t kAlphabetEnd = 0x144;

constexpr bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<std::int16_t, kAlphabetEnd> make_alphabet() {
  std::array<std::int16_t, kAlphabetEnd> bytes{};
  bytes.fill(kNoByte);
  std::size_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const std::size_t character = is_printable(byte) ? static_cast<std::size_t>(byte) : next++;
    bytes[character] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}

constexpr auto kByteOfCharacter = make_alphabet();

}  // namespace

std::optional<std::string> decode_byte_level(std::string_view piece) {
  std::string bytes;
  while (!piece.empty()) {
    const Utf8Unit unit = read_utf8(piece);
    piece.remove_prefix(unit.length);
    if (unit.character >= kAlphabetEnd || kByteOfCharacter[unit.character] == kNoByte) return {};
    bytes.push_back(static_cast<char>(kByteOfCharacter[unit.character]));
  }
  return bytes;
}

}  // namespace octavo::text
