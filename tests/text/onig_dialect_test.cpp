#include "src/text/onig_dialect.hpp"

#include <vector>

#include "src/text/regex.hpp"
#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

std::vector<std::string> matches(const char* pattern, std::string_view text) {
  std::vector<std::string> found;
  const auto regex = Regex::compile(pattern);
  REQUIRE(regex.has_value());
  REQUIRE(regex->for_each_match(text, [&](ByteRange range) {
    found.emplace_back(text.substr(range.begin, range.end - range.begin));
  }));
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("line ends in a row are one match where they are repeated", "[text]") {
  CHECK(matches("\\R+", "a\n\r\nb\u2028\u0085") == Texts{"\n\r\n", "\u2028\u0085"});
  CHECK(matches("(?:\\R)*b", "a\n\nb") == Texts{"\n\nb"});
  CHECK(matches("\\R", "\r\n\n") == Texts{"\r\n", "\n"});
  CHECK(matches("(?>\\R)\\n", "\r\n\n") == Texts{"\r\n\n"});
}

TEST_CASE("punctuation in brackets has the symbols too, as a property it has not", "[text]") {
  CHECK(matches("[[:punct:]]+", "a$+!\u20AC.b") == Texts{"$+!\u20AC."});
  CHECK(matches("[^[:punct:]]+", "a$b") == Texts{"a", "b"});
  CHECK(matches("[[:^punct:]$]+", "a$b+") == Texts{"a$b"});
  CHECK(matches("\\p{PosixPunct}+", "a$+!b") == Texts{"$+!"});
  CHECK(matches("\\P{PosixPunct}+", "a$+!b") == Texts{"a", "b"});
  CHECK(matches("\\p{Punct}+", "a$+!b") == Texts{"!"});
}

TEST_CASE("the property of words is what the letter for it is", "[text]") {
  CHECK(matches("\\p{Word}+", "a\u00BD") == matches("\\w+", "a\u00BD"));
  CHECK(matches("\\p{ ^wOrd}+", "a-\u00BD") == matches("\\W+", "a-\u00BD"));
  CHECK(matches("\\P{Word}+", "a-\u00BD") == matches("\\W+", "a-\u00BD"));
}

TEST_CASE("a look-behind at the end of a text sees what lies before", "[text]") {
  const auto [pattern, is_match] =
      GENERATE(Catch::Generators::table<const char*, bool>({{R"(\Z(?<=5))", true},
                                                            {R"(\Z(?<!5))", false},
                                                            {R"((?<=5)\z)", true},
                                                            {R"((?<!5)\z)", false},
                                                            {R"((\Z)(?<=\d5))", true},
                                                            {R"((?<=4)\Z)", false},
                                                            {R"((?i)(?<=A)\Z)", false},
                                                            {R"(a|\Z(?<!5))", false},
                                                            {R"((?<=5|ab)\Z)", true}}));
  CAPTURE(pattern);
  const auto regex = Regex::compile(pattern);
  REQUIRE(regex.has_value());
  bool found = false;
  REQUIRE(regex->for_each_match("12345", [&](ByteRange) { found = true; }));
  CHECK(found == is_match);
}

TEST_CASE("what means the same in every version is left as it stands", "[text]") {
  for (const char* pattern : {"", "\\", "[", "a\\\\R", "[\\R]", "[\\p{Word}]", "(?<=\\R)b",
                              "(?<!a(?:\\R))b", "(?#[[:punct:]])a", "\\p{Punct}", "[[:alpha:]]",
                              "[]a]", "\\p{", "\\pL", "[[:pun]", "\\cR", "\\C-R", "\u4F60+"}) {
    CHECK(in_todays_dialect(pattern) == pattern);
  }
}

}  // namespace octavo::text
