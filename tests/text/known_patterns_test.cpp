// The patterns that run in PCRE2 for speed mean there what they mean in Oniguruma.
#include <utf8proc.h>

#include <random>

#include "src/text/onig_matcher.hpp"
#include "src/text/pcre2_matcher.hpp"
#include "src/text/regex.hpp"
#include "src/text/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/known_patterns.hpp"

namespace octavo::text {
namespace {

std::vector<std::size_t> borders(const Regex& regex, std::string_view text) {
  std::vector<std::size_t> found;
  const bool is_whole = regex.for_each_match(text, [&](ByteRange range) {
    found.push_back(range.begin);
    found.push_back(range.end);
  });
  REQUIRE(is_whole);
  return found;
}

/// A pattern as each library is given it.
struct Pair {
  Pair(const std::string& pattern, const std::string& translated)
      : oniguruma(OnigMatcher::compile(pattern).value()),
        pcre2(Pcre2Matcher::compile(translated)) {}
  explicit Pair(const std::string& pattern) : Pair(pattern, known_pattern(pattern)) {}
  bool agree_on(std::string_view text) const {
    return borders(oniguruma, text) == borders(pcre2, text);
  }
  Regex oniguruma;
  Regex pcre2;
};

/// Both libraries come with a version of Unicode: only what the older one has can be compared.
bool is_assigned(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) != UTF8PROC_CATEGORY_CN;
}

}  // namespace

TEST_CASE("what known patterns are made of has the same characters in both libraries", "[text]") {
  std::string all;
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if ((c < 0xD800 || c > 0xDFFF) && is_assigned(c)) append_utf8(all, c);
  }
  for (const char* same : {"\\p{L}", "\\p{N}", "\\p{Lu}", "\\p{Ll}", "\\p{Lt}", "\\p{Lm}",
                           "\\p{Lo}", "\\p{M}", "(?i:s|t|r|v|m|l|d|e)"}) {
    CAPTURE(same);
    CHECK(Pair(same, same).agree_on(all));
  }
  CHECK(Pair("\\s", "\\p{WSpace}").agree_on(all));
  CHECK(Pair("\\S", "\\P{WSpace}").agree_on(all));
}

TEST_CASE("a known pattern takes characters in all places as Oniguruma does", "[text]") {
  constexpr char32_t kSampledFrom = 0x3000;
  constexpr char32_t kSampleStep = 61;
  for (const std::string& pattern : testing::known_patterns()) {
    CAPTURE(pattern);
    REQUIRE_FALSE(known_pattern(pattern).empty());
    const Pair pair(pattern);
    for (char32_t c = 0; c <= 0x10FFFF; c += c < kSampledFrom ? 1 : kSampleStep) {
      if ((c >= 0xD800 && c <= 0xDFFF) || !is_assigned(c)) continue;
      std::string text = "a'";
      for (const char* after : {" ", "", "7\n ", ""}) {
        append_utf8(text, c);
        text += after;
      }
      INFO(static_cast<std::uint32_t>(c));
      if (!pair.agree_on(text)) FAIL("other pieces");
    }
  }
}

TEST_CASE("a known pattern cuts texts of all kinds as Oniguruma does", "[text]") {
  constexpr const char* kParts[] = {
      "a",      "B",      "s",      "S",      "'",      "'s",         "'LL",    "'\u017F", " ",
      "  ",     "\n",     "\r\n",   "\t",     "1",      "23",         "\u0661", "\u00BD",  ".",
      "/",      "!?",     "\u180E", "\u00A0", "\u3000", "\u200D",     "\u093E", "\u0301",  "\u4F60",
      "\u00DF", "\u01C5", "\u02B0", "\u212A", "\u2028", "\U0001F642", "\u0085", "ve"};
  std::mt19937 random(3);
  for (const std::string& pattern : testing::known_patterns()) {
    CAPTURE(pattern);
    const Pair pair(pattern);
    for (int round = 0; round < 3'000; ++round) {
      std::string text;
      for (auto num = random() % 24; num > 0; --num) text += kParts[random() % std::size(kParts)];
      CAPTURE(text);
      REQUIRE(pair.agree_on(text));
    }
  }
}

TEST_CASE("a pattern that is not known goes to Oniguruma", "[text]") {
  CHECK(known_pattern("\\s+").empty());
  CHECK(known_pattern("").empty());
  CHECK(known_pattern(testing::known_patterns().front() + " ").empty());
}

}  // namespace octavo::text
