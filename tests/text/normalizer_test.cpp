#include "src/text/normalizer.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

Normalizer parse(const char* spec) { return Normalizer::parse(boost::json::parse(spec)); }

std::string apply(const char* spec, std::string text) {
  return parse(spec).apply(std::move(text)).text;
}

std::string repeated(std::string_view part, int count) {
  std::string text;
  for (; count > 0; --count) text += part;
  return text;
}

}  // namespace

TEST_CASE("each Unicode form composes and maps compatible characters as it is defined", "[text]") {
  struct Case {
    const char* text;
    const char* nfc;
    const char* nfd;
    const char* nfkc;
    const char* nfkd;
  };
  // The examples of Unicode Standard Annex 15, and a Hangul syllable.
  const Case c = GENERATE(
      Case{"", "", "", "", ""}, Case{"plain", "plain", "plain", "plain", "plain"},
      Case{"\u00C5", "\u00C5", "A\u030A", "\u00C5", "A\u030A"},
      Case{"\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A"},
      Case{"\uFB01", "\uFB01", "\uFB01", "fi", "fi"},
      Case{"2\u2075", "2\u2075", "2\u2075", "25", "25"},
      Case{"\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307"},
      Case{"\uAC01", "\uAC01", "\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8"});
  CAPTURE(c.text);
  CHECK(to_unicode_form(c.text, UnicodeForm::kNfc) == c.nfc);
  CHECK(to_unicode_form(c.text, UnicodeForm::kNfd) == c.nfd);
  CHECK(to_unicode_form(c.text, UnicodeForm::kNfkc) == c.nfkc);
  CHECK(to_unicode_form(c.text, UnicodeForm::kNfkd) == c.nfkd);
  CHECK(apply(R"({"type": "NFC"})", c.text) == c.nfc);
  CHECK(apply(R"({"type": "NFD"})", c.text) == c.nfd);
  CHECK(apply(R"({"type": "NFKC"})", c.text) == c.nfkc);
  CHECK(apply(R"({"type": "NFKD"})", c.text) == c.nfkd);
}

TEST_CASE("marks are put into the order of their classes, equal ones as they came", "[text]") {
  // Below has class 220, the two above have 230 and do not pass each other.
  CHECK(to_unicode_form("q\u0307\u0323\u0301", UnicodeForm::kNfd) == "q\u0323\u0307\u0301");
  CHECK(to_unicode_form("q\u0301\u0307\u0323", UnicodeForm::kNfd) == "q\u0323\u0301\u0307");
  CHECK(to_unicode_form("\u0307\u0323q\u0307\u0323", UnicodeForm::kNfd) ==
        "\u0323\u0307q\u0323\u0307");
  const std::string unordered = "q" + repeated("\u0307\u0323\u0301", 1000);
  const std::string ordered = "q" + repeated("\u0323", 1000) + repeated("\u0307\u0301", 1000);
  CHECK(to_unicode_form(unordered, UnicodeForm::kNfd) == ordered);
}

TEST_CASE("no normalizer leaves every text as it is", "[text]") {
  CHECK(apply("null", " \u212B ") == " \u212B ");
  CHECK(apply(R"({"type": "Sequence", "normalizers": []})", " \u212B ") == " \u212B ");
}

TEST_CASE("steps of a normalizer run in their order", "[text]") {
  constexpr const char* kPrependFirst = R"({"type": "Sequence", "normalizers": [
    {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "A"}]},
    {"type": "Lowercase"}]})";
  constexpr const char* kLowerFirst = R"({"type": "Sequence", "normalizers": [
    {"type": "Lowercase"}, {"type": "Prepend", "prepend": "A"}]})";
  CHECK(apply(kPrependFirst, "B") == "ab");
  CHECK(apply(kLowerFirst, "B") == "Ab");
}

TEST_CASE("a prefix is put before a text that is not empty", "[text]") {
  CHECK(apply(R"({"type": "Prepend", "prepend": "__"})", "a") == "__a");
  CHECK(apply(R"({"type": "Prepend", "prepend": "__"})", "__a") == "____a");
  CHECK(apply(R"({"type": "Prepend", "prepend": "__"})", "") == "");
}

TEST_CASE("every match is replaced and what was put there is not looked at again", "[text]") {
  CHECK(apply(R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})", "banana") ==
        "baanaanaa");
  CHECK(apply(R"({"type": "Replace", "pattern": {"String": "."}, "content": ""})", ".a.b.") ==
        "ab");
  CHECK(apply(R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"})", "a  b c") ==
        "a_b c");
  CHECK(apply(R"({"type": "Replace", "pattern": {"String": "x"}, "content": "y"})", "") == "");
}

TEST_CASE("a match without text is replaced too", "[text]") {
  CHECK(apply(R"({"type": "Replace", "pattern": {"Regex": "a*"}, "content": "_"})", "baac") ==
        "_b_c_");
  CHECK(apply(R"({"type": "Replace", "pattern": {"String": ""}, "content": "-"})", "a\u4F60") ==
        "-a-\u4F60-");
}

TEST_CASE("BERT's normalizer cleans, sets Chinese apart, strips accents and lowers", "[text]") {
  const auto bert = [](const char* members, const char* text) {
    return apply((std::string(R"({"type": "BertNormalizer")") + members + "}").c_str(), text);
  };
  CHECK(bert("", "A\u0001\u00AD\uFFFD\t\u00C9\u3000\u4F60\u597D") == "a e  \u4F60  \u597D ");
  CHECK(bert(R"(, "clean_text": false, "handle_chinese_chars": false)", "\u0001\u00C9\u4F60") ==
        "\u0001e\u4F60");
  CHECK(bert(R"(, "strip_accents": null, "lowercase": false)", "\u00C9") == "\u00C9");
  CHECK(bert(R"(, "strip_accents": true, "lowercase": false)", "\u00C9\u0915\u093E") ==
        "E\u0915\u093E");
  CHECK(bert(R"(, "strip_accents": false)", "\u00C9") == "\u00E9");
  CHECK(bert("", "a\u0085b\u000Bc") == "abc");
}

TEST_CASE("letters of every script become small", "[text]") {
  CHECK(apply(R"({"type": "Lowercase"})", "AbC \u00C9\u0394\u0416 1!\u4F60") ==
        "abc \u00E9\u03B4\u0436 1!\u4F60");
  CHECK(apply(R"({"type": "Lowercase"})", "\u0130\u1E9E\u03A3") == "i\u0307\u00DF\u03C3");
}

TEST_CASE("accents are stripped where they stand apart from their letters", "[text]") {
  constexpr const char* kStrip = R"({"type": "StripAccents"})";
  CHECK(apply(kStrip, "e\u0301a\u0300\u0323") == "ea");
  CHECK(apply(kStrip, "\u00E9") == "\u00E9");
  // Spacing and enclosing marks go too.
  CHECK(apply(kStrip, "\u0915\u093E\u0915\u094D") == "\u0915\u0915");
  CHECK(apply(kStrip, "a\u20DD") == "a");
  CHECK(apply(kStrip, "^`\u00B4\u02C6") == "^`\u00B4\u02C6");
}

TEST_CASE("blanks of every width are stripped from the sides that are asked for", "[text]") {
  const std::string blanks = " \n\u00A0\u3000";
  const std::string text = blanks + "a b" + blanks;
  CHECK(apply(R"({"type": "Strip"})", text) == "a b");
  CHECK(apply(R"({"type": "Strip", "strip_right": false})", text) == "a b" + blanks);
  CHECK(apply(R"({"type": "Strip", "strip_left": false})", text) == blanks + "a b");
  CHECK(apply(R"({"type": "Strip", "strip_left": false, "strip_right": false})", text) == text);
  CHECK(apply(R"({"type": "Strip"})", blanks) == "");
  CHECK(apply(R"({"type": "Strip"})", "") == "");
}

TEST_CASE("the shrink of a sequence is the product of its steps", "[text]") {
  CHECK(parse("null").max_shrink() == 1);
  CHECK(parse(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]})")
            .max_shrink() == 48);
  CHECK(parse(R"({"type": "Replace", "pattern": {"String": "12345"}, "content": "ab"})")
            .max_shrink() == 3);
  CHECK_FALSE(parse(R"({"type": "Sequence", "normalizers": [{"type": "NFC"},
                        {"type": "StripAccents"}]})")
                  .max_shrink());
}

TEST_CASE("blanks are stripped when any step strips them", "[text]") {
  CHECK_FALSE(parse("null").strips_blanks());
  CHECK_FALSE(parse(R"({"type": "StripAccents"})").strips_blanks());
  CHECK(parse(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip"}]})")
            .strips_blanks());
}

TEST_CASE("a normalizer that lacks what it needs is refused by the member's name", "[text]") {
  struct Case {
    const char* spec;
    const char* names;
  };
  const Case c =
      GENERATE(Case{"7", "normalizer"}, Case{"{}", "type"}, Case{R"({"type": 7})", "type"},
               Case{R"({"type": "Sequence"})", "normalizers"},
               Case{R"({"type": "Sequence", "normalizers": {}})", "normalizers"},
               Case{R"({"type": "Prepend"})", "prepend"},
               Case{R"({"type": "Replace", "content": ""})", "pattern"},
               Case{R"({"type": "Replace", "pattern": {}, "content": ""})", "String"},
               Case{R"({"type": "Replace", "pattern": {"String": "a"}})", "content"},
               Case{R"({"type": "Strip", "strip_left": 1})", "strip_left"});
  CAPTURE(c.spec);
  CHECK(testing::is_refusal(testing::refusal_of([&] { parse(c.spec); }), Errc::kInvalidFile,
                            c.names));
}

TEST_CASE("a normal form knows which of its characters stand for the first one of the input",
          "[text]") {
  using First = std::optional<std::size_t>;
  const auto [spec, text,
              first] = GENERATE(Catch::Generators::table<const char*, const char*, First>({
      {"null", "ab", 0},
      {R"({"type": "Prepend", "prepend": "__"})", "ab", 2},
      {R"({"type": "Lowercase"})", "\u0130a", 1},
      {R"({"type": "NFC"})", "e\u0301a", 0},
      {R"({"type": "NFKC"})", "\uFB01a", 1},
      {R"({"type": "NFD"})", "\u00E9a", 1},
      {R"({"type": "StripAccents"})", "\u0301a", std::nullopt},
      {R"({"type": "Strip"})", " a", std::nullopt},
      {R"({"type": "Strip"})", "a ", 0},
      {R"({"type": "BertNormalizer"})", "\u4F60a", 4},
      // What replaces a match stands where its last character stood, or where the one before did.
      {R"({"type": "Replace", "pattern": {"String": "a"}, "content": "xyz"})", "ab", 2},
      {R"({"type": "Replace", "pattern": {"String": "ab"}, "content": "xyz"})", "ab", std::nullopt},
      {R"({"type": "Replace", "pattern": {"String": "a"}, "content": ""})", "ab", std::nullopt},
      {R"({"type": "Replace", "pattern": {"String": ""}, "content": "-"})", "ab", 2},
      {R"({"type": "Sequence", "normalizers": [{"type": "Strip"}, {"type": "Prepend", "prepend": "_"}]})",
       " a", 0},
  }));
  CAPTURE(spec, text);
  CHECK(parse(spec).apply(text).first == first);
}

}  // namespace octavo::text
