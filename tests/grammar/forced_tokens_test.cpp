// What a matcher says must come, against what its masks leave: with a token for every byte, a text
// is forced as long as one byte is allowed and no other token.
#include <random>

#include "src/grammar/grammar_engine.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

#ifdef OCTAVO_GRAMMAR

namespace {

constexpr TokenId kEnd = 256;
constexpr TokenId kMark = 257;
constexpr std::int32_t kVocabSize = 258;

std::shared_ptr<const TokenConstraint> constraint_of(OutputKind kind, const std::string& source,
                                                     const std::vector<TokenId>& stops = {}) {
  const auto tokenizer =
      testing::byte_tokenizer({{{"id", kMark}, {"content", "<mark>"}, {"special", true}}});
  const auto engine = GrammarEngine::make(tokenizer, kVocabSize, {kEnd}, {kMark});
  const auto constraint = engine->compile({kind, source, false, "source"}, stops);
  if (!constraint) FAIL(constraint.error().message());
  return *constraint;
}

std::vector<std::uint32_t> mask_of(TokenMatcher& matcher) {
  std::vector<std::uint32_t> words((kVocabSize + 31) / 32);
  matcher.fill(words);
  return words;
}

std::vector<TokenId> forced_by(TokenMatcher& matcher) { return matcher.forced(mask_of(matcher)); }

std::vector<TokenId> allowed_by(TokenMatcher& matcher) {
  const auto words = mask_of(matcher);
  std::vector<TokenId> tokens;
  for (TokenId token = 0; token < kVocabSize; ++token) {
    if ((words[static_cast<std::size_t>(token / 32)] >> (token % 32) & 1U) != 0)
      tokens.push_back(token);
  }
  return tokens;
}

/// The only text that the masks leave from here on.
std::string only_way(const TokenMatcher& from) {
  const auto matcher = from.fork();
  std::string text;
  for (;;) {
    const auto allowed = allowed_by(*matcher);
    if (allowed.size() != 1 || allowed[0] >= kEnd || text.size() == 4096) return text;
    text.push_back(static_cast<char>(allowed[0]));
    REQUIRE(matcher->accept(allowed[0]));
  }
}

std::string text_of(const std::vector<TokenId>& tokens) {
  std::string text;
  for (const TokenId token : tokens) text.push_back(static_cast<char>(token));
  return text;
}

/// What is forced after this text.
std::string forced_after(const TokenConstraint& constraint, const std::string& text) {
  const auto matcher = constraint.begin();
  for (const char c : text) REQUIRE(matcher->accept(static_cast<unsigned char>(c)));
  return text_of(forced_by(*matcher));
}

const std::string kAddress =
    R"({"type":"object","properties":{"delivery_address":{"type":"string"},)"
    R"("kind":{"enum":["invoice","inventory"]}},"required":["delivery_address","kind"],)"
    R"("additionalProperties":false})";

std::string tags_of(const std::string& elements) {
  return R"({"type":"structural_tag","format":{"type":"sequence","elements":[)" + elements + "]}}";
}

const std::string kNameOrMark =
    R"({"type":"or","elements":[{"type":"const_string","value":"name"},{"type":"token","token":257}]})";

}  // namespace

TEST_CASE("a key of a schema is forced once it has begun, and its values are not") {
  const auto constraint = constraint_of(OutputKind::kJsonSchema, kAddress);
  CHECK(forced_after(*constraint, "{").empty());  // A blank or the key.
  CHECK(forced_after(*constraint, "{\"") == "delivery_address");
  CHECK(forced_after(*constraint, "{\"delivery_address\": \"").empty());
  CHECK(forced_after(*constraint, "{\"delivery_address\": \"x\", \"") == "kind");
  CHECK(forced_after(*constraint, "{\"delivery_address\": \"x\", \"kind\": \"") == "in");
  CHECK(forced_after(*constraint, "{\"delivery_address\": \"x\", \"kind\": \"invo") == "ice");
}

TEST_CASE("an expression forces what every text of it has there, and no more") {
  const auto constraint = constraint_of(OutputKind::kRegex, "order number [0-9]+ is (paid|past)!");
  CHECK(forced_after(*constraint, "") == "order number");
  CHECK(forced_after(*constraint, "order number ").empty());
  CHECK(forced_after(*constraint, "order number 7").empty());
  CHECK(forced_after(*constraint, "order number 7 ") == "is p");
  CHECK(forced_after(*constraint, "order number 7 is pas") == "t");
  CHECK(forced_after(*constraint, "order number 7 is past!").empty());
}

TEST_CASE("a choice is forced as soon as one is left, and not where a text may end") {
  const auto constraint =
      constraint_of(OutputKind::kGrammar, R"(root ::= "yes" | "yesterday" | "no, never")");
  CHECK(forced_after(*constraint, "").empty());
  CHECK(forced_after(*constraint, "y") == "e");
  CHECK(forced_after(*constraint, "yes").empty());
  CHECK(forced_after(*constraint, "yest") == "erda");
  CHECK(forced_after(*constraint, "n") == "o, neve");
}

TEST_CASE("nothing is forced that a stop token of the request stands in, nor behind the end") {
  const auto constraint = constraint_of(OutputKind::kRegex, "abc.def", {'b'});
  CHECK(forced_after(*constraint, "").empty());
  const auto other = constraint_of(OutputKind::kRegex, "abcdef");
  const auto matcher = other->begin();
  for (const TokenId token : {'a', 'b', 'c', 'd', 'e', 'f'}) REQUIRE(matcher->accept(token));
  REQUIRE(matcher->accept(kEnd));
  CHECK(forced_by(*matcher).empty());
}

TEST_CASE("a mark ends what is forced, and where it may stand nothing is") {
  const std::string call = R"({"type":"const_string","value":"call"},)";
  const auto then_mark = constraint_of(
      OutputKind::kTags,
      tags_of(call + R"({"type":"token","token":257},{"type":"const_string","value":"end"})"));
  CHECK(forced_after(*then_mark, "") == "cal");
  const auto matcher = then_mark->begin();
  for (const TokenId token : {'c', 'a', 'l', 'l'}) REQUIRE(matcher->accept(token));
  CHECK(forced_by(*matcher).empty());
  REQUIRE(matcher->accept(kMark));
  CHECK(text_of(forced_by(*matcher)) == "en");
  const auto or_mark = constraint_of(OutputKind::kTags, tags_of(call + kNameOrMark));
  CHECK(forced_after(*or_mark, "call").empty());
  CHECK(forced_after(*or_mark, "calln") == "am");
}

TEST_CASE("what is forced is what the masks leave, wherever a text has come") {
  const std::vector<std::pair<OutputKind, std::string>> formats{
      {OutputKind::kJsonSchema, kAddress},
      {OutputKind::kJsonObject, ""},
      {OutputKind::kRegex, "(ab|ac)*(de{3}|fgh?ij)[k-m]no"},
      {OutputKind::kRegex, "na\xC3\xAFve (caf\xC3\xA9|caf\xC3\xA8s)"},
      {OutputKind::kGrammar, "root ::= \"a\" root \"bcd\" | \"xyz\" | \"xyx\" root"},
      {OutputKind::kTags, tags_of(R"({"type":"const_string","value":"{\"n\": "},)" + kNameOrMark)},
      {OutputKind::kTags,
       tags_of(R"({"type":"json_schema","json_schema":{"const":{"alpha":[1,2,{"beta":null}]}}})")}};
  std::mt19937 random(1);
  std::size_t num_forced = 0;
  for (const auto& [kind, source] : formats) {
    CAPTURE(source);
    const auto constraint = constraint_of(kind, source);
    for (int run = 0; run < 40; ++run) {
      const auto matcher = constraint->begin();
      std::string text;
      for (int i = 0; i < 60; ++i) {
        CAPTURE(text);
        const std::string expected = only_way(*matcher);
        const std::string forced = text_of(forced_by(*matcher));
        // All of it but the last token, or nothing where that is broken UTF-8.
        CHECK(expected.starts_with(forced));
        if (!expected.empty() && static_cast<unsigned char>(expected[0]) < 0x80)
          CHECK(forced.size() + 3 >= expected.size());
        num_forced += forced.size();
        const auto allowed = allowed_by(*matcher);
        REQUIRE_FALSE(allowed.empty());
        const TokenId next = allowed[random() % allowed.size()];
        text.push_back(static_cast<char>(next));
        REQUIRE(matcher->accept(next));
        if (next == kEnd) break;
      }
    }
  }
  CHECK(num_forced > 1000);
}

TEST_CASE("a text that has no end is forced piece by piece") {
  for (const char* source : {"root ::= \"a\" root", "root ::= \"a\" root | \"ab\" \"c\""}) {
    CAPTURE(source);
    const auto constraint = constraint_of(OutputKind::kGrammar, source);
    const auto matcher = constraint->begin();
    REQUIRE(matcher->accept('a'));
    CHECK(forced_by(*matcher).size() <= 255);
  }
  const auto many = constraint_of(OutputKind::kRegex, "a{3000}b");
  const auto matcher = many->begin();
  CHECK(forced_by(*matcher).size() == 255);
  for (const TokenId token : forced_by(*matcher)) REQUIRE(matcher->accept(token));
  REQUIRE(matcher->accept('a'));
  CHECK(forced_by(*matcher).size() == 255);
}

TEST_CASE("looking for what is forced leaves the matcher where it is") {
  const auto constraint = constraint_of(OutputKind::kTags, tags_of(kNameOrMark));
  const auto matcher = constraint->begin();
  const auto before = allowed_by(*matcher);
  CHECK(forced_by(*matcher).empty());
  CHECK(allowed_by(*matcher) == before);
  REQUIRE(matcher->accept('n'));
  CHECK(text_of(forced_by(*matcher)) == "am");
  CHECK(text_of(forced_by(*matcher->fork())) == "am");
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{'a'});
}

#endif
