#include "src/text/jinja/character_names.hpp"

#include "tests/support/catch.hpp"
#include "tests/text/jinja/rules.hpp"

namespace octavo {

using jinja::character_named;

TEST_CASE("a character is found by its name, an alias and its number", "[text]") {
  const auto [name, character] = GENERATE(Catch::Generators::table<const char*, char32_t>({
      {"BULLET", 0x2022},
      {"bullet", 0x2022},
      {"SPACE", 0x20},
      {"LATIN SMALL LETTER SHARP S", 0xDF},
      {"TAG SPACE", 0xE0020},
      {"LF", 0x0A},
      {"line feed", 0x0A},
      {"NBSP", 0xA0},
      {"BOM", 0xFEFF},
      {"VS1", 0xFE00},
      {"VS16", 0xFE0F},
      {"VS17", 0xE0100},
      {"VS256", 0xE01EF},
      {"HANGUL SYLLABLE GA", 0xAC00},
      {"HANGUL SYLLABLE HIH", 0xD7A3},
      {"CJK UNIFIED IDEOGRAPH-4E00", 0x4E00},
      {"CJK UNIFIED IDEOGRAPH-04E00", 0x4E00},
      {"CJK UNIFIED IDEOGRAPH-20000", 0x20000},
      {"CJK COMPATIBILITY IDEOGRAPH-F900", 0xF900},
  }));
  CAPTURE(name);
  CHECK(character_named(name) == character);
}

TEST_CASE("what is no character's name is none", "[text]") {
  const char* name = GENERATE(
      "", "BULLET ", "BULLE", "ULLET", "BULLET\t2022", "2022", "\n", "hangul syllable ga",
      "CJK UNIFIED IDEOGRAPH-", "CJK UNIFIED IDEOGRAPH-4e00", "cjk unified ideograph-4E00",
      "CJK UNIFIED IDEOGRAPH-0041", "CJK UNIFIED IDEOGRAPH-004E00", "CJK UNIFIED IDEOGRAPH-FFFFFF");
  CAPTURE(name);
  CHECK(character_named(name) == std::nullopt);
}

TEST_CASE("a string of a template may name its characters", "[text]") {
  CHECK(testing::rendered(R"({{ "\N{BULLET} \N{nbsp}" }})") == "• \u00A0");
  CHECK(testing::rendered(R"({{ "\N{NO SUCH THING}" }})").find("NO SUCH THING") !=
        std::string::npos);
  CHECK(testing::is_fault(testing::rendered(R"({{ "\N" }})")));
  CHECK(testing::is_fault(testing::rendered(R"({{ "\N{BULLET" }})")));
}

}  // namespace octavo
