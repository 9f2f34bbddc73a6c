// Every keyword of JSON Schema 2020-12 that is claimed: instances that satisfy it can be written to
// their end, and instances that do not cannot, token by token, a token being a byte.
#include <boost/json/parse.hpp>

#include "src/grammar/grammar_engine.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr TokenId kEnd = 256;

struct Case {
  std::string schema;
  std::vector<std::string> valid;
  std::vector<std::string> invalid;
};

bool can_write(const TokenConstraint& constraint, const std::string& text) {
  const auto matcher = constraint.begin();
  std::vector<std::uint32_t> allowed(9);
  const auto may_follow = [&](TokenId token) {
    matcher->fill(allowed);
    return (allowed[static_cast<std::size_t>(token / 32)] >> (token % 32) & 1U) != 0;
  };
  for (const char c : text) {
    const TokenId token = static_cast<unsigned char>(c);
    // What the mask allows and what is accepted afterwards are one and the same.
    const bool is_allowed = may_follow(token);
    const bool is_accepted = is_allowed && matcher->accept(token);
    CHECK(is_accepted == is_allowed);
    if (!is_allowed) return false;
  }
  return may_follow(kEnd);
}

std::string any_object(const std::string& members) {
  return R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}})" +
         members + "}";
}

const std::vector<Case> kCases{
    // Types
    {R"({"type":"null"})", {"null"}, {"nul", "0", "\"null\"", ""}},
    {R"({"type":"boolean"})", {"true", "false"}, {"True", "1", "null"}},
    {R"({"type":"integer"})", {"0", "-1", "12345"}, {"1.5", "01", "\"1\"", "+1", "-"}},
    {R"({"type":"number"})", {"0", "-1.5", "1e9", "2.5E-3"}, {".5", "1.", "01", "NaN"}},
    {R"({"type":"string"})",
     {R"("")", R"("a\nb\"c")", "\"\xC3\xA9\"", R"("\u00e9")"},
     {"a", "\"", "\"\n\"", R"("\x41")", "\"\x01\"", "'a'"}},
    {R"({"type":["string","null"]})", {"\"a\"", "null"}, {"1", "true"}},
    {R"({"type":["integer","string"],"minimum":3,"maxLength":1})", {"3", "\"a\""}, {"2", "\"ab\""}},
    {R"(true)", {"1", "{}", "\"a\"", "[null]"}, {"", "{", "[1,]"}},
    {R"({})", {"1", R"({"a":[1]})"}, {"x"}},
    // Values
    {R"({"const":{"a":1}})", {R"({"a":1})"}, {R"({"a":2})", "{}"}},
    {R"({"const":"x"})", {"\"x\""}, {"\"y\"", "x"}},
    {R"({"enum":["a",1,null,true]})", {"\"a\"", "1", "null", "true"}, {"\"b\"", "2", "false"}},
    {R"({"type":"string","enum":["a","b"]})", {"\"a\""}, {"\"c\""}},
    // Numbers
    {R"({"type":"integer","minimum":-2,"maximum":12})",
     {"-2", "0", "9", "10", "12"},
     {"-3", "13", "100"}},
    {R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":100})",
     {"1", "99"},
     {"0", "100", "-1"}},
    {R"({"type":"integer","minimum":98})", {"98", "100", "12345"}, {"97", "-98", "9"}},
    {R"({"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991})",
     {"0", "-7", "9007199254740991", "-9007199254740991", "1234567890123456"},
     {"9007199254740992", "-9007199254740992", "10000000000000000", "1.5"}},
    {R"({"type":"integer","maximum":-5})", {"-5", "-100"}, {"-4", "5", "0"}},
    {R"({"type":"integer","multipleOf":5})", {"0", "5", "-10", "125"}, {"1", "12", "-3"}},
    {R"({"type":"number","minimum":0.5,"maximum":2})",
     {"0.5", "1", "1.99", "2"},
     {"0.4", "2.1", "-1"}},
    {R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})",
     {"0.1", "0.999"},
     {"0", "1", "1.5"}},
    // Strings
    {R"({"type":"string","minLength":2,"maxLength":3})",
     {"\"ab\"", "\"abc\"", "\"\xC3\xA9\xC3\xA9\""},
     {"\"a\"", "\"abcd\"", "\"\""}},
    {R"({"type":"string","pattern":"^[a-c]{2}$"})", {"\"ab\""}, {"\"a\"", "\"abc\"", "\"xy\""}},
    {R"({"type":"string","format":"date"})",
     {"\"2026-11-30\""},
     {"\"2026-13-01\"", "\"30.11.2026\""}},
    {R"({"type":"string","format":"time"})", {"\"12:30:00Z\""}, {"\"25:00:00Z\"", "\"12\""}},
    {R"({"type":"string","format":"date-time"})", {"\"2026-11-30T12:30:00Z\""}, {"\"2026-11-30\""}},
    {R"({"type":"string","format":"uuid"})",
     {"\"123e4567-e89b-12d3-a456-426614174000\""},
     {"\"123\""}},
    {R"({"type":"string","format":"ipv4"})", {"\"127.0.0.1\""}, {"\"256.0.0.1\"", "\"1.2.3\""}},
    {R"({"type":"string","format":"email"})", {"\"a@b.example\""}, {"\"a\""}},
    // Objects
    {any_object(""),
     {"{}", R"({"a":1})", R"({"a":1,"b":2})", R"({"a":1,"c":"x"})"},
     {R"({"a":"x"})", "[]", R"({"a":1,"a":"x"})", R"({"c":1,"a":"x"})", R"({"c":1,"b":"x"})"}},
    {any_object(R"(,"required":["a"])"), {R"({"a":1})"}, {"{}", R"({"b":1})"}},
    {any_object(R"(,"additionalProperties":false)"),
     {"{}", R"({"b":2})"},
     {R"({"c":1})", R"({"a":1,"c":1})"}},
    {any_object(R"(,"additionalProperties":{"type":"boolean"})"),
     {R"({"a":1,"c":true})"},
     {R"({"c":1})"}},
    {R"({"type":"object","propertyNames":{"pattern":"^[a-z]+$"}})",
     {R"({"ab":1})"},
     {R"({"A":1})"}},
    {R"({"type":"object","minProperties":1,"maxProperties":2,"additionalProperties":{"type":"integer"}})",
     {R"({"a":1})", R"({"a":1,"b":2})"},
     {"{}", R"({"a":1,"b":2,"c":3})"}},
    {R"({"properties":{"a":{"type":"integer"}}})", {R"({"a":1})"}, {R"({"a":"x"})"}},
    // Lists
    {R"({"type":"array","items":{"type":"integer"}})",
     {"[]", "[1]", "[1, 2]"},
     {"[\"a\"]", "[1,]", "1"}},
    {R"({"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2})",
     {"[1]", "[1,2]"},
     {"[]", "[1,2,3]"}},
    {R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false})",
     {"[1,\"a\"]"},
     {"[\"a\",1]", "[1,\"a\",2]"}},
    {R"({"type":"array","prefixItems":[{"type":"integer"}],"items":{"type":"string"}})",
     {"[1]", "[1,\"a\",\"b\"]"},
     {"[1,2]", "[\"a\"]"}},
    {R"({"type":"array"})", {"[]", "[1,\"a\",{}]"}, {"{}"}},
    // Combinations and references
    {R"({"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]})",
     {"1", "\"a\""},
     {"\"ab\"", "null"}},
    {R"({"oneOf":[{"type":"integer"},{"type":"null"}]})", {"1", "null"}, {"\"a\""}},
    {R"({"allOf":[{"type":"integer","minimum":3}]})", {"3"}, {"2"}},
    {R"({"$defs":{"n":{"type":"integer"}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"]})",
     {R"({"a":1})"},
     {R"({"a":"x"})", "{}"}},
    {R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false})",
     {R"({"next":null})", R"({"next":{"next":{"next":null}}})"},
     {R"({"next":1})", "{}"}},
    {R"({"title":"t","description":"d","default":1,"examples":[1],"type":"integer"})",
     {"1"},
     {"\"1\""}},
};

}  // namespace

TEST_CASE("what a schema allows can be written, and nothing else") {
  const auto engine = GrammarEngine::make(testing::byte_tokenizer(), 257, {kEnd});
#ifndef OCTAVO_GRAMMAR
  CHECK(engine == nullptr);
  return;
#endif
  REQUIRE(engine != nullptr);
  for (const Case& each : kCases) {
    CAPTURE(each.schema);
    const auto constraint =
        engine->compile({OutputKind::kJsonSchema, each.schema, false, "schema"}, {});
    if (!constraint) FAIL_CHECK(constraint.error().message());
    if (!constraint) continue;
    for (const std::string& instance : each.valid) {
      CAPTURE(instance);
      CHECK(can_write(**constraint, instance));
    }
    for (const std::string& instance : each.invalid) {
      CAPTURE(instance);
      CHECK_FALSE(can_write(**constraint, instance));
    }
  }
}
