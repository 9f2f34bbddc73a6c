#include "src/text/jinja/lexer.hpp"

#include "src/text/jinja/fault.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using namespace octavo::jinja;

namespace {

/// The tokens of an expression, without the tag around them.
std::vector<Token> expression(const std::string& source) {
  std::vector<Token> tokens = tokenize("{{ " + source + " }}");
  REQUIRE(tokens.size() >= 3);
  return {tokens.begin() + 1, tokens.end() - 2};
}

}  // namespace

TEST_CASE("a template is text, tags and an end", "[text]") {
  const std::vector<Token> tokens = tokenize("a {{ b }}{% if c %}\nd");
  const std::vector<TokenKind> kinds{
      TokenKind::kData,       TokenKind::kOutputBegin, TokenKind::kName, TokenKind::kOutputEnd,
      TokenKind::kBlockBegin, TokenKind::kName,        TokenKind::kName, TokenKind::kBlockEnd,
      TokenKind::kData,       TokenKind::kEnd};
  REQUIRE(tokens.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(tokens[i].kind == kinds[i]);
  CHECK(tokens.front().text == "a ");
  CHECK(tokens[8].text == "d");
  CHECK(tokens[8].line == 2);
}

TEST_CASE("numbers are read as Python reads them", "[text]") {
  const auto [source, kind, text] =
      GENERATE(Catch::Generators::table<const char*, TokenKind, const char*>(
          {{"0", TokenKind::kInteger, "0"},
           {"1_000", TokenKind::kInteger, "1000"},
           {"1.5", TokenKind::kFloat, "1.5"},
           {"1e3", TokenKind::kFloat, "1e3"},
           {"1.5E-3", TokenKind::kFloat, "1.5e-3"},
           {"2e+4", TokenKind::kFloat, "2e4"},
           {"1_0.5_0e1_0", TokenKind::kFloat, "10.50e10"},
           {"0x1F", TokenKind::kInteger, "31"},
           {"0X_f", TokenKind::kInteger, "15"},
           {"0b1_1", TokenKind::kInteger, "3"},
           {"0O17", TokenKind::kInteger, "15"},
           {"0_0", TokenKind::kInteger, "00"}}));
  CAPTURE(source);
  const auto tokens = expression(source);
  REQUIRE(tokens.size() == 1);
  CHECK(tokens[0].kind == kind);
  CHECK(tokens[0].text == text);
}

TEST_CASE("a point after a number is an attribute unless a digit follows", "[text]") {
  const auto tokens = expression("1.real");
  REQUIRE(tokens.size() == 3);
  CHECK(tokens[0].kind == TokenKind::kInteger);
  CHECK(tokens[1].text == ".");
  CHECK(tokens[2].text == "real");
}

TEST_CASE("an escape that lacks its digits, or names no character, is a fault", "[text]") {
  for (const char* source : {R"('\x4')", R"('\u12')", R"('\U00110000')", R"('\N{BULET}')"}) {
    CAPTURE(source);
    CHECK_THROWS_AS(expression(source), TemplateFault);
  }
}

TEST_CASE("escapes in strings mean what they mean in Python", "[text]") {
  const auto [source, text] = GENERATE(Catch::Generators::table<const char*, const char*>(
      {{R"('a\nb')", "a\nb"},
       {R"("\t\\\"")", "\t\\\""},
       {R"('\x41')", "A"},
       {R"('\u00e9')", "\u00e9"},
       {R"('\U0001F600')", "\U0001F600"},
       {R"('\q')", "\\q"},       // an escape that is none stays
       {R"('\101\47')", "A'"},   // octal
       {"'a\\\nb'", "ab"},       // a line that goes on
       {R"('it''s')", "it"}}));  // strings side by side are two tokens
  CAPTURE(source);
  const auto tokens = expression(source);
  CHECK(tokens[0].kind == TokenKind::kString);
  CHECK(tokens[0].text == text);
}

TEST_CASE("the longest operator is taken", "[text]") {
  for (const char* op : {"==", "!=", "<=", ">=", "//", "**"}) {
    CAPTURE(op);
    const auto tokens = expression(std::string("a") + op + "b");
    REQUIRE(tokens.size() == 3);
    CHECK(tokens[1].kind == TokenKind::kOperator);
    CHECK(tokens[1].text == op);
  }
}

TEST_CASE("the end of a tag inside of brackets or strings is none", "[text]") {
  CHECK(expression("{'a': {'b': 1}}").size() == 9);
  CHECK(expression("'}}'").front().text == "}}");
  CHECK(tokenize("{% set x = '%}' %}").size() == 7);
}

TEST_CASE("white space around tags follows trim_blocks and lstrip_blocks", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a block takes its newline", "{% if 1 %}\na{% endif %}\nb", "ab"},
      {"a block takes one newline alone", "{% if 1 %}\n\na{% endif %}", "\na"},
      {"an output keeps its newline", "{{ 1 }}\nb", "1\nb"},
      {"blanks before a block that begins its line go", "x\n  {% if 1 %}a{% endif %}", "x\na"},
      {"blanks before a block within a line stay", "x  {% if 1 %}a{% endif %}", "x  a"},
      {"blanks before an output stay", "x\n  {{ 1 }}", "x\n  1"},
      {"a minus takes all blanks before", "x \n {%- if 1 %}a{% endif %}", "xa"},
      {"a minus takes all blanks after", "{% if 1 -%} \n a{% endif %}", "a"},
      {"a minus works on outputs", "x {{- 1 -}} y", "x1y"},
      {"a plus keeps blanks before a block", "x\n  {%+ if 1 %}a{% endif %}", "x\n  a"},
      {"a plus keeps the newline after a block", "{% if 1 +%}\na{% endif %}", "\na"},
      {"a comment goes with its newline", "a\n{# b #}\nc", "a\nc"},
      {"a minus works on comments", "a {#- b -#} c", "ac"},
      {"the last newline of a template goes", "a\n", "a"},
      {"only one of them", "a\n\n", "a\n"},
      {"line ends are all one kind", "a\r\nb\rc", "a\nb\nc"},
  }));
  CAPTURE(rule);
  CHECK(testing::rendered(source) == expected);
}

TEST_CASE("what is raw is text", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"tags are none", "{% raw %}{{ a }}{% b %}{# c #}{% endraw %}", "{{ a }}{% b %}{# c #}"},
      {"signs work at its ends", "x {%- raw -%} {{ a }} {%- endraw -%} y", "x{{ a }}y"},
      {"it ends at the first endraw", "{% raw %}{% raw %}{% endraw %}", "{% raw %}"},
  }));
  CAPTURE(rule);
  CHECK(testing::rendered(source) == expected);
}

TEST_CASE("what does not end is a fault on the line where it began", "[text]") {
  for (const char* source :
       {"\n\n{{ 'a", "\n\n{{ a", "\n\n{# a", "\n\n{% raw %}{% b %}", "\n\n{{ a ? b }}"}) {
    CAPTURE(source);
    try {
      tokenize(source);
      FAIL("no fault");
    } catch (const TemplateFault& fault) {
      CHECK(fault.line == 3);
      CHECK_FALSE(fault.message.empty());
    }
  }
}
