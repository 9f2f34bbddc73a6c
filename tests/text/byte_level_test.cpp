#include "src/text/byte_level.hpp"

#include <set>

#include "src/core/utf8.hpp"
#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

std::string character(char32_t code) {
  std::string text;
  append_utf8(text, code);
  return text;
}

}  // namespace

TEST_CASE("each byte is written as exactly one character of the alphabet", "[text]") {
  std::set<unsigned char> bytes;
  std::size_t num_characters = 0;
  for (char32_t code = 0; code < 0x400; ++code) {
    const auto decoded = decode_byte_level(character(code));
    if (!decoded) continue;
    ++num_characters;
    REQUIRE(decoded->size() == 1);
    bytes.insert(static_cast<unsigned char>(decoded->front()));
  }
  CHECK(num_characters == 256);
  CHECK(bytes.size() == 256);
}

TEST_CASE("bytes that can be printed are written as themselves", "[text]") {
  for (const char32_t code : {0x21, 0x41, 0x7E, 0xA1, 0xAC, 0xAE, 0xFF}) {
    CAPTURE(static_cast<unsigned>(code));
    CHECK(decode_byte_level(character(code)) == std::string(1, static_cast<char>(code)));
  }
}

TEST_CASE("bytes that cannot be printed are written in their order from U+0100 on", "[text]") {
  struct Case {
    char32_t code;
    unsigned char byte;
  };
  const auto [code, byte] =
      GENERATE(Case{0x100, 0x00}, Case{0x10A, 0x0A}, Case{0x120, 0x20}, Case{0x121, 0x7F},
               Case{0x122, 0x80}, Case{0x142, 0xA0}, Case{0x143, 0xAD});
  CAPTURE(static_cast<unsigned>(code));
  CHECK(decode_byte_level(character(code)) == std::string(1, static_cast<char>(byte)));
}

TEST_CASE("a piece stands for the bytes of its characters together", "[text]") {
  CHECK(decode_byte_level("") == "");
  CHECK(decode_byte_level("\u0120the") == " the");
  CHECK(decode_byte_level("\u00E4\u00BD\u0142") == "\xE4\xBD\xA0");
}

TEST_CASE("a piece with one character outside the alphabet stands for nothing", "[text]") {
  for (const char32_t code : {0x00, 0x0A, 0x20, 0x7F, 0xA0, 0xAD, 0x144, 0x4F60, 0x1F642}) {
    CAPTURE(static_cast<unsigned>(code));
    CHECK_FALSE(decode_byte_level(character(code)));
    CHECK_FALSE(decode_byte_level("a" + character(code)));
    CHECK_FALSE(decode_byte_level(character(code) + "a"));
  }
  CHECK_FALSE(decode_byte_level("a\xFF"));
}

}  // namespace octavo::text
