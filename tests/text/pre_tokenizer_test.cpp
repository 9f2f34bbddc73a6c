#include "src/text/pre_tokenizer.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

using Texts = std::vector<std::string>;
using testing::is_refusal;

PreTokenizer parse(const std::string& spec) {
  return PreTokenizer::parse(boost::json::parse(spec));
}

Texts split(const std::string& spec, std::string_view text, bool at_start = true) {
  const Pieces pieces =
      parse(spec).split(text, at_start ? std::optional<std::size_t>(0) : std::nullopt);
  return {pieces.views.begin(), pieces.views.end()};
}

std::string split_spec(const std::string& behavior, bool invert) {
  return R"({"type": "Split", "pattern": {"String": "-"}, "behavior": ")" + behavior +
         R"(", "invert": )" + (invert ? "true}" : "false}");
}

constexpr const char* kBytes = R"({"type": "ByteLevel", "add_prefix_space": false})";

}  // namespace

TEST_CASE("a text without a pre-tokenizer is one piece and no text is none", "[text]") {
  CHECK(split("null", "a b") == Texts{"a b"});
  CHECK(split("null", "").empty());
  CHECK(split(R"({"type": "Metaspace"})", "").empty());
  CHECK(split(R"({"type": "Sequence", "pretokenizers": []})", "a b") == Texts{"a b"});
}

TEST_CASE("each behavior says what becomes of matches in a row and at the ends", "[text]") {
  struct Case {
    const char* behavior;
    Texts pieces;
  };
  const auto [behavior, pieces] =
      GENERATE(Case{"Removed", {"a", "b"}}, Case{"Isolated", {"-", "-", "a", "-", "-", "b", "-"}},
               Case{"MergedWithPrevious", {"-", "-", "a-", "-", "b-"}},
               Case{"MergedWithNext", {"-", "-a", "-", "-b", "-"}},
               Case{"Contiguous", {"--", "a", "--", "b", "-"}});
  CAPTURE(behavior);
  CHECK(split(split_spec(behavior, false), "--a--b-") == pieces);
}

TEST_CASE("an inverted split treats what lies between matches as the matches", "[text]") {
  struct Case {
    const char* behavior;
    Texts pieces;
  };
  const auto [behavior, pieces] = GENERATE(
      Case{"Removed", {"-", "-", "-"}}, Case{"Isolated", {"-", "a", "-", "-", "b"}},
      Case{"MergedWithPrevious", {"-a", "-", "-b"}}, Case{"MergedWithNext", {"-", "a-", "-", "b"}},
      Case{"Contiguous", {"-", "a", "--", "b"}});
  CAPTURE(behavior);
  CHECK(split(split_spec(behavior, true), "-a--b") == pieces);
}

TEST_CASE("a split that says nothing else removes its matches", "[text]") {
  CHECK(split(R"({"type": "Split", "pattern": {"Regex": "[0-9]+"}})", "a12b3") == Texts{"a", "b"});
  CHECK(split(R"({"type": "Split", "pattern": {"String": "a"}})", "aaa").empty());
}

TEST_CASE("digits stand apart from letters, each by itself where asked for", "[text]") {
  CHECK(split(R"({"type": "Digits"})", "a12b\u0661\u00BD") ==
        Texts{"a", "12", "b", "\u0661\u00BD"});
  CHECK(split(R"({"type": "Digits", "individual_digits": true})", "a12b") ==
        Texts{"a", "1", "2", "b"});
}

TEST_CASE("punctuation of ASCII and of Unicode stands apart", "[text]") {
  const std::string ascii = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  Texts each;
  for (const char c : ascii) each.emplace_back(1, c);
  CHECK(split(R"({"type": "Punctuation"})", ascii) == each);
  CHECK(split(R"({"type": "Punctuation"})", "a\u3002b\u00BFc") ==
        Texts{"a", "\u3002", "b", "\u00BF", "c"});
  CHECK(split(R"({"type": "Punctuation"})", "a 1\u20AC") == Texts{"a 1\u20AC"});
  CHECK(split(R"({"type": "Punctuation", "behavior": "Contiguous"})", "a..b") ==
        Texts{"a", "..", "b"});
}

TEST_CASE("words are cut at blanks, and at the borders of words where asked for", "[text]") {
  CHECK(split(R"({"type": "WhitespaceSplit"})", " a.b \n\u3000 c! ") == Texts{"a.b", "c!"});
  CHECK(split(R"({"type": "Whitespace"})", " a.b \n\u3000 c_1!? ") ==
        Texts{"a", ".", "b", "c_1", "!?"});
}

TEST_CASE("GPT-2's words are cut where its expression says", "[text]") {
  CHECK(split(kBytes, "I'll go  home 12!\n\nok") ==
        Texts{"I", "'ll", " go", " ", " home", " 12", "!", "\n", "\n", "ok"});
  CHECK(split(kBytes, "a  ") == Texts{"a", "  "});
  CHECK(split(kBytes, "I'LL") == Texts{"I", "'", "LL"});
  CHECK(split(R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})", "a b 1") ==
        Texts{"a b 1"});
}

TEST_CASE("a byte-level text begins with one blank unless its file says otherwise", "[text]") {
  CHECK(split(R"({"type": "ByteLevel"})", "a b") == Texts{" a", " b"});
  CHECK(split(R"({"type": "ByteLevel"})", " a") == Texts{" a"});
  CHECK(split(R"({"type": "ByteLevel"})", "\na") == Texts{" ", "\n", "a"});
  CHECK(split(R"({"type": "ByteLevel"})", "a", false) == Texts{" a"});
}

TEST_CASE("blanks are written as a character and begin the pieces", "[text]") {
  CHECK(split(R"({"type": "Metaspace"})", "a b  c ") ==
        Texts{"\u2581a", "\u2581b", "\u2581", "\u2581c", "\u2581"});
  CHECK(split(R"({"type": "Metaspace"})", " a") == Texts{"\u2581a"});
  CHECK(split(R"({"type": "Metaspace", "split": false})", "a b") == Texts{"\u2581a\u2581b"});
  CHECK(split(R"({"type": "Metaspace", "replacement": "."})", "a b") == Texts{".a", ".b"});
  CHECK(split(R"({"type": "Metaspace"})", "a\nb") == Texts{"\u2581a\nb"});
}

TEST_CASE("where a text is continued the scheme says whether a blank comes before it", "[text]") {
  struct Case {
    const char* members;
    const char* at_start;
    const char* later;
  };
  const auto [members, at_start, later] =
      GENERATE(Case{R"("prepend_scheme": "always")", "_a", "_a"},
               Case{R"("prepend_scheme": "first")", "_a", "a"},
               Case{R"("prepend_scheme": "never")", "a", "a"},
               Case{R"("add_prefix_space": false)", "a", "a"},
               Case{R"("add_prefix_space": true)", "_a", "_a"});
  CAPTURE(members);
  const std::string spec =
      std::string(R"({"type": "Metaspace", "replacement": "_", )") + members + "}";
  CHECK(split(spec, "a", true) == Texts{at_start});
  CHECK(split(spec, "a", false) == Texts{later});
}

TEST_CASE("only the first piece of a text that was cut before is its start", "[text]") {
  const std::string spec = R"({"type": "Sequence", "pretokenizers": [{"type": "Digits"},
    {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]})";
  CHECK(split(spec, "a1b", true) == Texts{"_a", "1", "b"});
  CHECK(split(spec, "a1b", false) == Texts{"a", "1", "b"});
}

TEST_CASE("a piece before which text was removed is not the start", "[text]") {
  const std::string spec = R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
    {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]})";
  CHECK(split(spec, "a b") == Texts{"_a", "b"});
  CHECK(split(spec, " a b") == Texts{"a", "b"});
}

TEST_CASE("a pattern that matches no text cuts between characters", "[text]") {
  const auto cut = [](const char* pattern, const char* behavior, const char* text) {
    const std::string spec = std::string(R"({"type": "Split", "pattern": )") + pattern +
                             R"(, "behavior": ")" + behavior + "\"}";
    return split(spec, text);
  };
  constexpr const char* kBeforeB = R"x({"Regex": "(?=b)"})x";
  CHECK(cut(R"({"Regex": "x*"})", "Isolated", "axxb\u00E9") == Texts{"a", "xx", "b", "\u00E9"});
  CHECK(cut(R"({"String": ""})", "Isolated", "ab") == Texts{"a", "b"});
  CHECK(cut(kBeforeB, "Isolated", "abcb") == Texts{"a", "bc", "b"});
  CHECK(cut(kBeforeB, "MergedWithNext", "abcb") == Texts{"a", "bc", "b"});
  CHECK(cut(R"({"Regex": "x*"})", "Removed", "axxb") == Texts{"a", "b"});
}

TEST_CASE("words are cut as Rust's classes say", "[text]") {
  constexpr const char* kWords = R"({"type": "Whitespace"})";
  // Vowel signs and the virama belong to a word, as do those that join; circled letters are
  // alphabetic, circled digits are not.
  CHECK(split(kWords, "\u0928\u092E\u0938\u094D\u0924\u0947") ==
        Texts{"\u0928\u092E\u0938\u094D\u0924\u0947"});
  CHECK(split(kWords, "a\u200Db") == Texts{"a\u200Db"});
  CHECK(split(kWords, "a\u2460") == Texts{"a", "\u2460"});
  CHECK(split(kWords, "a\u24B6") == Texts{"a\u24B6"});
  CHECK(split(kWords, "a\u00BD\u2163") == Texts{"a", "\u00BD", "\u2163"});
  CHECK(split(kWords, "a\u180Eb") == Texts{"a", "\u180E", "b"});
}

TEST_CASE("BERT's words are cut at blanks and at each sign of punctuation", "[text]") {
  CHECK(split(R"({"type": "BertPreTokenizer"})", " a.b\u3000c!? ") ==
        Texts{"a", ".", "b", "c", "!", "?"});
}

TEST_CASE("U+180E is no white space to GPT-2's expression", "[text]") {
  CHECK(split(kBytes, "a\n\n\u180Eb") == Texts{"a", "\n", "\n", "\u180E", "b"});
}

TEST_CASE("steps of a sequence cut the pieces of the step before", "[text]") {
  const std::string spec = R"({"type": "Sequence", "pretokenizers": [
    {"type": "WhitespaceSplit"}, {"type": "Sequence", "pretokenizers": [{"type": "Digits"}]},
    {"type": "ByteLevel", "use_regex": false}]})";
  CHECK(split(spec, "a1 b") == Texts{" a", " 1", " b"});
}

TEST_CASE("pieces are bytes when the last step is byte-level, and nothing may follow", "[text]") {
  CHECK(parse(kBytes).is_byte_level());
  CHECK_FALSE(parse(R"({"type": "Digits"})").is_byte_level());
  CHECK_FALSE(parse("null").is_byte_level());
  const std::string bytes_first = std::string(R"({"type": "Sequence", "pretokenizers": [)") +
                                  kBytes + R"(, {"type": "Digits"}]})";
  CHECK(is_refusal(testing::refusal_of([&] { parse(bytes_first); }), Errc::kUnsupportedModel,
                   "Digits"));
}

TEST_CASE("text is removed by splits that remove and by no others", "[text]") {
  for (const char* spec : {R"({"type": "WhitespaceSplit"})", R"({"type": "Whitespace"})",
                           R"({"type": "Split", "pattern": {"String": "a"}})",
                           R"({"type": "Punctuation", "behavior": "Removed"})"}) {
    CAPTURE(spec);
    CHECK(parse(spec).removes_text());
  }
  for (const char* spec : {"null", kBytes, R"({"type": "Digits"})", R"({"type": "Punctuation"})",
                           R"({"type": "Metaspace"})"}) {
    CAPTURE(spec);
    CHECK_FALSE(parse(spec).removes_text());
  }
}

TEST_CASE("a pre-tokenizer that is not understood is refused by what is at fault", "[text]") {
  const auto refusal = [](const char* spec) { return testing::refusal_of([&] { parse(spec); }); };
  CHECK(is_refusal(refusal(R"({"type": "UnicodeScripts"})"), Errc::kUnsupportedModel,
                   "tokenizer.json: The pre-tokenizer 'UnicodeScripts'"));
  CHECK(is_refusal(refusal(R"({"type": "Metaspace", "prepend_scheme": "last"})"),
                   Errc::kUnsupportedModel, "last"));
  CHECK(is_refusal(refusal(R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Lost"})"),
                   Errc::kUnsupportedModel, "Lost"));
  CHECK(is_refusal(refusal(R"({"type": "Split", "pattern": {"Regex": "("}})"), Errc::kInvalidFile,
                   "regular expression"));
  CHECK(is_refusal(refusal(R"({"type": "Split"})"), Errc::kInvalidFile, "pattern"));
  CHECK(is_refusal(refusal(R"({"type": "Sequence"})"), Errc::kInvalidFile, "pretokenizers"));
  for (const char* replacement : {"", "ab"}) {
    const std::string spec =
        std::string(R"({"type": "Metaspace", "replacement": ")") + replacement + "\"}";
    CHECK(is_refusal(refusal(spec.c_str()), Errc::kInvalidFile, "replacement"));
  }
  CHECK(is_refusal(
      refusal(R"({"type": "Metaspace", "add_prefix_space": false, "prepend_scheme": "always"})"),
      Errc::kInvalidFile, "prepend_scheme"));
  CHECK(is_refusal(refusal(R"({"type": "Digits", "individual_digits": "yes"})"), Errc::kInvalidFile,
                   "individual_digits"));
}

TEST_CASE("every piece that stands for the first character of the input is a first one", "[text]") {
  const auto first_of = [](std::optional<std::size_t> first) {
    const std::string spec =
        R"({"type": "Sequence", "pretokenizers": [)" + split_spec("Isolated", false) +
        R"(, {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]})";
    const Pieces pieces = parse(spec).split("-a-b", first);
    return Texts(pieces.views.begin(), pieces.views.end());
  };
  CHECK(first_of(std::nullopt) == Texts{"-", "a", "-", "b"});
  CHECK(first_of(0) == Texts{"_-", "a", "-", "b"});
  CHECK(first_of(1) == Texts{"_-", "_a", "-", "b"});
  CHECK(first_of(3) == Texts{"_-", "_a", "_-", "_b"});
}

}  // namespace octavo::text
