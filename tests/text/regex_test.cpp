#include "src/text/regex.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

std::vector<std::string> matches(const Result<Regex>& regex, std::string_view text) {
  REQUIRE(regex.has_value());
  std::vector<std::string> found;
  const bool is_whole = regex->for_each_match(text, [&](ByteRange range) {
    found.emplace_back(text.substr(range.begin, range.end - range.begin));
  });
  if (!is_whole) found.emplace_back("gave up");
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("matches come from left to right and do not overlap", "[text]") {
  CHECK(matches(Regex::compile("aa"), "aaaaa") == Texts{"aa", "aa"});
  CHECK(matches(Regex::compile("[0-9]+"), "a1b22") == Texts{"1", "22"});
  CHECK(matches(Regex::compile("a"), "") == Texts{});
  CHECK(matches(Regex::compile("x"), "abc") == Texts{});
}

TEST_CASE("a match is told by its bytes in the text", "[text]") {
  const auto regex = Regex::compile("b+");
  REQUIRE(regex.has_value());
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  CHECK(regex->for_each_match(
      "\u00E9bb\u4F60b", [&](ByteRange range) { ranges.emplace_back(range.begin, range.end); }));
  CHECK(ranges == std::vector<std::pair<std::size_t, std::size_t>>{{2, 4}, {7, 8}});
}

TEST_CASE("a match may be without text, but not where the one before it ended", "[text]") {
  CHECK(matches(Regex::compile("a*"), "baab") == Texts{"", "aa", ""});
  CHECK(matches(Regex::compile("^|$"), "ab") == Texts{"", ""});
  CHECK(matches(Regex::compile("(?=a)|b"), "ab") == Texts{"", "b"});
  CHECK(matches(Regex::compile("(?=a)|b"), "bab") == Texts{"b", "b"});
}

TEST_CASE("what stands before a match is seen by the next one", "[text]") {
  CHECK(matches(Regex::compile("(?<=a)b|a"), "abb") == Texts{"a", "b"});
  CHECK(matches(Regex::compile("^a"), "aa\na") == Texts{"a", "a"});
  CHECK(matches(Regex::compile("\\s+(?!\\S)|\\s+"), "a   b") == Texts{"  ", " "});
}

TEST_CASE("classes mean characters of Unicode and never single bytes", "[text]") {
  CHECK(matches(Regex::compile("."), "\u4F60\U0001F642") == Texts{"\u4F60", "\U0001F642"});
  CHECK(matches(Regex::compile("\\p{L}+"), "a\u00E9\u4F60 1") == Texts{"a\u00E9\u4F60"});
  CHECK(matches(Regex::compile("\\w+"), "\u00E9_\u0661!") == Texts{"\u00E9_\u0661"});
  CHECK(matches(Regex::compile("\\d"), "\u0661") == Texts{"\u0661"});
  CHECK(matches(Regex::compile("\\s"), "\u3000") == Texts{"\u3000"});
  CHECK(matches(Regex::compile("(?i)\u00C9"), "\u00E9") == Texts{"\u00E9"});
}

TEST_CASE("a pattern that cannot be compiled is an error that says why", "[text]") {
  const auto regex = Regex::compile("ab(c");
  REQUIRE_FALSE(regex.has_value());
  CHECK(regex.error().code == Errc::kInvalidFile);
  CHECK(regex.error().detail.find("unmatched parenthesis") != std::string::npos);
  const std::string nested(5'000, '(');
  const std::string long_one(70'000, 'a');
  for (const std::string& pattern :
       Texts{"[", "*", "\\p{Nonsense}", "\\", "\xFF", nested + std::string(5'000, ')'), long_one}) {
    CAPTURE(pattern.substr(0, 40));
    CHECK_FALSE(Regex::compile(pattern).has_value());
  }
}

TEST_CASE("a literal matches its text and nothing else", "[text]") {
  for (int code = 1; code < 128; ++code) {
    const std::string text(1, static_cast<char>(code));
    CAPTURE(code);
    CHECK(matches(Regex::literal(text), "\u00E9" + text + "\u00E9") == Texts{text});
    const std::string other(1, code == 'q' ? 'r' : 'q');
    CHECK(matches(Regex::literal(text), other).empty());
  }
  CHECK(matches(Regex::literal("a.b"), "axb a.b") == Texts{"a.b"});
  CHECK(matches(Regex::literal("\\Q(.*)\\E"), "x\\Q(.*)\\E") == Texts{"\\Q(.*)\\E"});
  CHECK(matches(Regex::literal("\u2581"), "a\u2581\u2582") == Texts{"\u2581"});
}

TEST_CASE("a copy matches after the pattern it was made of is gone", "[text]") {
  auto original = std::make_unique<Regex>(*Regex::compile("a"));
  const Result<Regex> copy = *original;
  original.reset();
  CHECK(matches(copy, "banana").size() == 3);
}

TEST_CASE("a match inside another pattern's callback disturbs neither", "[text]") {
  const auto words = Regex::compile("[a-z]+");
  const auto vowels = Regex::compile("[aeiou]");
  REQUIRE(words.has_value());
  const std::string text = "one two three";
  Texts found;
  CHECK(words->for_each_match(text, [&](ByteRange range) {
    const std::string word = text.substr(range.begin, range.end - range.begin);
    found.push_back(word + std::to_string(matches(vowels, word).size()));
  }));
  CHECK(found == Texts{"one2", "two1", "three2"});
}

TEST_CASE("a text of many matches is matched to its end", "[text]") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ab ";
  CHECK(matches(Regex::compile("[a-z]+"), text).size() == 100'000);
  CHECK(matches(Regex::compile("(?:a|b| )+"), text) == Texts{text});
}

TEST_CASE("a pattern that takes too long gives up", "[text]") {
  // After the second bang every division of the run would be tried.
  const std::string text = "a!" + std::string(64, 'a') + "-a!";
  CHECK(matches(Regex::compile("(?:a|aa)+[!?]"), text) == Texts{"a!", "gave up"});
  // Each search ends soon enough, and all of them together do not.
  CHECK(matches(Regex::compile("a*a*b|a"), std::string(4'000, 'a')).back() == "gave up");
}

TEST_CASE("a match is found however far away it begins", "[text]") {
  const std::string gap = std::string(200'000, '.') + "\u4F60";
  CHECK(matches(Regex::compile("[a-z](?<=b)"), gap + "xb" + gap + "b") == Texts{"b", "b"});
  CHECK(matches(Regex::compile("\\G[a-z]"), "ab.c") == Texts{"a", "b"});
  CHECK(matches(Regex::compile("$"), gap).size() == 1);
}

}  // namespace octavo::text
