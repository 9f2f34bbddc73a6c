#include "src/grammar/schema_check.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

Error refused(const std::string& schema) {
  const auto checked = check_schema(json::parse(schema), "schema");
  INFO(schema);
  REQUIRE_FALSE(checked.has_value());
  return checked.error();
}

}  // namespace

TEST_CASE("a keyword that no mask can hold is refused where it stands") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"type":"string","not":{}})", "schema.not"},
      {R"({"type":"object","if":{},"then":{}})", "schema.if"},
      {R"({"type":"object","then":{}})", "schema.then"},
      {R"({"type":"object","else":{}})", "schema.else"},
      {R"({"type":"object","dependentRequired":{}})", "schema.dependentRequired"},
      {R"({"type":"object","dependentSchemas":{}})", "schema.dependentSchemas"},
      {R"({"type":"object","patternProperties":{}})", "schema.patternProperties"},
      {R"({"type":"object","unevaluatedProperties":false})", "schema.unevaluatedProperties"},
      {R"({"type":"object","properties":{},"propertyNames":{}})", "schema.propertyNames"},
      {R"({"type":"array","unevaluatedItems":false})", "schema.unevaluatedItems"},
      {R"({"type":"array","uniqueItems":true})", "schema.uniqueItems"},
      {R"({"type":"array","contains":{}})", "schema.contains"},
      {R"({"type":"array","minContains":1})", "schema.minContains"},
      {R"({"type":"number","multipleOf":0.5})", "schema.multipleOf"},
      {R"({"type":"integer","multipleOf":0.5})", "schema.multipleOf"},
      {R"({"type":"integer","multipleOf":2,"minimum":1})", "schema.multipleOf"},
      {R"({"type":"integer","maximum":9007199254740992})", "schema.maximum"},
      {R"({"type":"number","maximum":1e16})", "schema.maximum"},
      {R"({"type":"string","format":"color"})", "schema.format"},
      {R"({"type":"string","pattern":"a","maxLength":3})", "schema.pattern"},
      {R"({"type":"string","format":"date","minLength":3})", "schema.format"},
      {R"({"type":"string","minimum":3})", "schema.minimum"},
      {R"({"minimum":3})", "schema.minimum"},
      {R"({"maxLength":3})", "schema.maxLength"},
      {R"({"required":["a"]})", "schema.required"},
      {R"({"type":"object","required":["a"]})", "schema.required"},
      {R"({"type":"object","properties":{"a":{"type":"array","items":{"not":{}}}}})",
       "schema.properties.a.items.not"},
      {R"({"anyOf":[{"type":"integer"}],"minimum":1})", "schema.minimum"},
      {R"({"anyOf":[{"type":"integer"},{"type":"string","contentEncoding":"base64"}]})",
       "schema.anyOf[1].contentEncoding"},
      {R"({"allOf":[{"type":"integer"},{"minimum":1}]})", "schema.allOf"},
      {R"({"$ref":"https://elsewhere/schema"})", "schema.$ref"},
      {R"({"$ref":"#/$defs/a~1b"})", "schema.$ref"},
      {R"({"$ref":"#/$defs/a","type":"string"})", "schema.type"},
      {R"({"type":"string","enum":["a",1]})", "schema.enum[1]"},
      {R"({"type":"string","const":1})", "schema.const"},
      {R"({"type":["string","null"],"minimum":1})", "schema.minimum"},
      {R"({"$dynamicRef":"#a"})", "schema.$dynamicRef"},
      {R"({"type":"string","maxLength":100000})", "schema.maxLength"},
      {R"({"$defs":{"a":{"type":"integer","not":{}}},"type":"string"})", "schema.$defs.a.not"},
      {"false", "schema"},
  };
  for (const auto& [schema, where] : cases) {
    const Error error = refused(schema);
    CAPTURE(schema);
    CHECK(error.code == Errc::kUnsupportedParameter);
    CHECK(error.param == "schema");
    CHECK(error.message().starts_with(where + " "));
    CHECK(error.message().ends_with("cannot be enforced: leave it out of the schema"));
  }
}

TEST_CASE("what is no schema is a bad value") {
  for (const char* schema :
       {"1", R"({"type":"thing"})", R"({"type":1})", R"({"type":[]})", R"({"type":[1]})",
        R"({"type":"object","properties":[]})", R"({"type":"object","properties":{"a":1}})",
        R"({"type":"object","properties":{},"required":"a"})", R"({"type":"array","items":1})",
        R"({"type":"array","prefixItems":{}})", R"({"type":"string","minLength":-1})",
        R"({"type":"string","minLength":1.5})", R"({"type":"string","pattern":1})",
        R"({"enum":[]})", R"({"anyOf":{}})", R"({"$ref":1})",
        R"({"type":"integer","minimum":"1"})"}) {
    CAPTURE(schema);
    CHECK(refused(schema).code == Errc::kInvalidValue);
  }
  std::string deep = R"({"type":"integer"})";
  for (int i = 0; i < 80; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  json::parse_options options;
  options.max_depth = 512;
  const auto checked = check_schema(json::parse(deep, {}, options), "schema");
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().code == Errc::kInvalidValue);
}

TEST_CASE("annotations are fine anywhere") {
  CHECK(check_schema(json::parse(R"({"$schema":"x","$id":"y","title":"t","type":"object",
    "properties":{"a":{"anyOf":[{"type":"integer","description":"d"}],"default":1,"examples":[2],
    "deprecated":true,"readOnly":true,"writeOnly":false,"$comment":"c"}}})"),
                     "schema")
            .has_value());
}
