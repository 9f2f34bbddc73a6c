#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("tojson writes as Python's json.dumps", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"separators have a blank", "{{ {'a': 1, 'b': [1, 2]} | tojson }}",
       R"({"a": 1, "b": [1, 2]})"},
      {"constants", "{{ [none, true, false] | tojson }}", "[null, true, false]"},
      {"characters beyond ASCII stay", "{{ '\u00e9' | tojson }}", "\"\u00e9\""},
      {"or are escaped where asked", "{{ '\u00e9\U0001F600' | tojson(ensure_ascii=true) }}",
       R"("\u00e9\ud83d\ude00")"},
      {"controls and quotes are escaped", R"({{ 'a"\\\n\t\x01' | tojson }})",
       R"("a\"\\\n\t\u0001")"},
      {"indented", "{{ {'a': [1]} | tojson(indent=2) }}", "{\n  \"a\": [\n    1\n  ]\n}"},
      {"keys sorted where asked", "{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}",
       R"({"a": 2, "b": 1})"},
      {"a tuple is a list", "{{ (1, 2) | tojson }}", "[1, 2]"},
      {"keys that are no strings become some", "{{ {1: 2, true: 3, none: 4} | tojson }}",
       R"({"1": 3, "null": 4})"},
      {"empty collections", "{{ [] | tojson }}{{ {} | tojson }}", "[]{}"},
      {"floats", "{{ [1.0, 1e16] | tojson }}", "[1.0, 1e+16]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what JSON has no word for is a fault", "[text]") {
  for (const char* source : {"{{ range | tojson }}", "{{ x | tojson }}", "{{ [x] | tojson }}",
                             "{{ namespace() | tojson }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
