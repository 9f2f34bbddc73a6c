#include "src/text/utf8.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo::text {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

TEST_CASE("broken UTF-8 is replaced by maximal parts", "[text]") {
  const auto items = testing::read_json(testing::shipped_data() / "utf8-sequences.json");
  REQUIRE(items.as_array().size() == 80);
  for (const auto& item : items.as_array()) {
    const std::string bytes = from_hex(boost::json::value_to<std::string>(item.at("hex")));
    CAPTURE(item.at("hex").as_string().c_str());
    CHECK(replace_broken_utf8(bytes) == boost::json::value_to<std::string>(item.at("replaced")));
    CHECK(is_valid_utf8(bytes) == item.at("valid").as_bool());
  }
}

TEST_CASE("what is quoted is cut between characters and holds no broken part", "[text]") {
  CHECK(quotable("\xE2\x82\xAC\xE2\x82\xAC", 5) == "\xE2\x82\xAC");
  CHECK(quotable("\xE2\x82\xAC\xE2\x82\xAC", 6) == "\xE2\x82\xAC\xE2\x82\xAC");
  CHECK(quotable("a\xE2\x82", 64) == "a\xEF\xBF\xBD");
  CHECK(quotable("abc", 0).empty());
  CHECK(quotable("a\nb\r\tc\x7F", 64) == "a b  c ");
}

TEST_CASE("every character is written and read back", "[text]") {
  for (char32_t c = 0; c <= 0x10FFFF; c += 0x1F) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const Utf8Unit unit = read_utf8(bytes);
    REQUIRE(unit.kind == Utf8Kind::kWhole);
    REQUIRE(unit.length == bytes.size());
    REQUIRE(unit.character == c);
  }
}

}  // namespace octavo::text
