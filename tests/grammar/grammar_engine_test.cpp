#include "src/grammar/grammar_engine.hpp"

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

#ifdef OCTAVO_GRAMMAR

namespace {

constexpr TokenId kEnd = 256;

std::shared_ptr<const GrammarEngine> engine() {
  return GrammarEngine::make(testing::byte_tokenizer(), 257, {kEnd});
}

std::vector<TokenId> allowed_by(TokenMatcher& matcher) {
  std::vector<std::uint32_t> words(9);
  matcher.fill(words);
  std::vector<TokenId> tokens;
  for (TokenId token = 0; token < 257; ++token) {
    if ((words[static_cast<std::size_t>(token / 32)] >> (token % 32) & 1U) != 0)
      tokens.push_back(token);
  }
  return tokens;
}

}  // namespace

TEST_CASE("a matcher allows what may be next, and the end once the text is whole") {
  const auto constraint = engine()->compile({OutputKind::kRegex, "a[bc]", false, "regex"}, {});
  REQUIRE(constraint.has_value());
  const auto matcher = (*constraint)->begin();
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{'a'});
  CHECK(matcher->accept('a'));
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{'b', 'c'});
  const auto other = matcher->fork();
  CHECK(matcher->accept('b'));
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{kEnd});
  CHECK_FALSE(matcher->accept('b'));
  CHECK(other->accept('c'));  // It goes its own way.
  CHECK(other->accept(kEnd));
  CHECK(other->accept('z'));  // What an engine that ran ahead has made is nobody's.
}

TEST_CASE("a request's own stop tokens end it as EOS does") {
  const auto constraint = engine()->compile({OutputKind::kRegex, "a", false, "regex"}, {'.'});
  REQUIRE(constraint.has_value());
  const auto matcher = (*constraint)->begin();
  REQUIRE(matcher->accept('a'));
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{'.', kEnd});
}

TEST_CASE("a JSON object is one, whatever it holds") {
  const auto constraint = engine()->compile({OutputKind::kJsonObject, "", false, "format"}, {});
  REQUIRE(constraint.has_value());
  const auto matcher = (*constraint)->begin();
  for (const char c : std::string(R"({"a": [1, {"b": null}], "c": "d"})"))
    REQUIRE(matcher->accept(c));
  CHECK(allowed_by(*matcher) == std::vector<TokenId>{kEnd});
  CHECK_FALSE((*constraint)->begin()->accept('['));
}

TEST_CASE("blanks come to an end") {
  const auto constraint = engine()->compile({OutputKind::kJsonObject, "", false, "format"}, {});
  const auto matcher = (*constraint)->begin();
  REQUIRE(matcher->accept('{'));
  int num_blanks = 0;
  while (num_blanks < 100 && matcher->accept(' ')) ++num_blanks;
  CHECK(num_blanks >= 4);
  CHECK(num_blanks <= 16);
}

TEST_CASE("a grammar that takes ever longer to follow is given up, and others are not") {
  const std::string ambiguous = R"(root ::= ("a"? "a"? "a"? "a"?){0,1000} ("a"?){0,2000})";
  const auto slow = engine()->compile({OutputKind::kGrammar, ambiguous, false, "grammar"}, {});
  REQUIRE(slow.has_value());
  const auto matcher = (*slow)->begin();
  int num_tokens = 0;
  while (num_tokens < 200 && matcher->accept('a')) ++num_tokens;
  CHECK(num_tokens > 0);
  CHECK(num_tokens < 200);
  CHECK_FALSE(matcher->fork()->accept('a'));
  const auto quick = engine()->compile({OutputKind::kRegex, "(a|b)*", false, "regex"}, {});
  const auto other = (*quick)->begin();
  for (int i = 0; i < 2000; ++i) REQUIRE(other->accept('a'));
}

TEST_CASE("a source that would be compiled for minutes is refused, and says so again") {
  const auto grammars = engine();
  std::string members;
  for (int i = 0; i < 300; ++i)
    members += (i == 0 ? "" : ",") + ("\"p" + std::to_string(i)) + R"(":{"type":"string"})";
  std::string questions;
  for (int i = 0; i < 20'000; ++i) questions += ".?";
  for (const OutputFormat& slow :
       {OutputFormat{OutputKind::kRegex, questions, false, "a.regex"},
        OutputFormat{OutputKind::kJsonSchema,
                     R"({"type":"object","minProperties":100,"maxProperties":200,"properties":{)" +
                         members + "}}",
                     false, "a.schema"}}) {
    CAPTURE(slow.param);
    for (int i = 0; i < 2; ++i) {
      const auto constraint = grammars->compile(slow, {});
      REQUIRE_FALSE(constraint.has_value());
      CHECK(constraint.error().code == Errc::kInvalidValue);
      CHECK(constraint.error().param == slow.param);
      CHECK(constraint.error().message().find("ms to compile") != std::string::npos);
    }
  }
  CHECK(grammars->compile({OutputKind::kRegex, "a[bc]", false, "regex"}, {}).has_value());
}

TEST_CASE("a compilation that is broken off anywhere leaves the engine as it was") {
  const std::string source =
      R"({"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"enum":[1,"x"]},
          "c":{"type":"array","items":{"$ref":"#"},"maxItems":9},"d":{"type":"string","pattern":"^(a|b)+c{2,9}$"}}})";
  for (int limit_us = 1; limit_us < 20'000; limit_us += 1 + limit_us / 4) {
    GrammarLimits limits;
    limits.max_time = std::chrono::microseconds(limit_us);
    limits.max_time_per_token = std::chrono::nanoseconds(0);
    const auto hurried = GrammarEngine::make(testing::byte_tokenizer(), 257, {kEnd}, {}, limits);
    const auto constraint = hurried->compile({OutputKind::kJsonSchema, source, false, "s"}, {});
    if (!constraint) {
      CHECK(constraint.error().code == Errc::kInvalidValue);
      continue;
    }
    CHECK((*constraint)->begin()->accept('{'));
  }
}

TEST_CASE("a broken source is told by its member, and costs nothing") {
  const auto grammars = engine();
  for (const OutputFormat& broken :
       {OutputFormat{OutputKind::kRegex, "(", false, "a.regex"},
        OutputFormat{OutputKind::kGrammar, "root ::= (", false, "a.grammar"},
        OutputFormat{OutputKind::kGrammar, "x ::= \"a\"", false, "a.grammar"},
        OutputFormat{OutputKind::kJsonSchema, "{", false, "a.schema"},
        OutputFormat{OutputKind::kJsonSchema, R"({"type":"integer","minimum":3,"maximum":2})",
                     false, "a.schema"},
        OutputFormat{OutputKind::kJsonSchema, R"({"$ref":"#/$defs/none"})", false, "a.schema"},
        OutputFormat{OutputKind::kRegex, std::string(70'000, 'a'), false, "a.regex"}}) {
    CAPTURE(broken.source.substr(0, 60));
    const auto constraint = grammars->compile(broken, {});
    REQUIRE_FALSE(constraint.has_value());
    CHECK(constraint.error().code == Errc::kInvalidValue);
    CHECK(constraint.error().param == broken.param);
  }
}

TEST_CASE("what the library would leave out is refused") {
  const auto constraint = engine()->compile(
      {OutputKind::kJsonSchema,
       R"({"oneOf":[{"type":"integer","minimum":1},{"type":"integer","maximum":5}]})", false, "s"},
      {});
  REQUIRE_FALSE(constraint.has_value());
  CHECK(constraint.error().code == Errc::kUnsupportedParameter);
}

#else

TEST_CASE("a build without grammars has no engine") {
  CHECK(GrammarEngine::make(testing::byte_tokenizer(), 257, {256}) == nullptr);
}

#endif
