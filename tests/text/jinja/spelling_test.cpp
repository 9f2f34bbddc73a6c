#include "src/text/jinja/value.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("values are spelled as Python spells them", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"constants", "{{ [none, true, false] }}", "[None, True, False]"},
      {"quotes follow what is inside", R"({{ ['a', "it's", 'say "x"', "b'\"" ] }})",
       R"(['a', "it's", 'say "x"', 'b\'"'])"},
      {"what is not printable is escaped", R"({{ ['\n\t\\', '\x00', '\u200b', '\u00e9'] }})",
       "['\\n\\t\\\\', '\\x00', '\\u200b', '\u00e9']"},
      {"a tuple of one has its comma", "{{ [(1,), (1, 2), ()] }}", "[(1,), (1, 2), ()]"},
      {"nested", "{{ {'a': [{'b': (1, 'c')}]} }}", "{'a': [{'b': (1, 'c')}]}"},
      {"a string alone has no quotes", "{{ 'a' }}", "a"},
      {"what is undefined writes nothing", "[{{ x }}]", "[]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("floats are spelled with the fewest digits that say which they are", "[text]") {
  const auto [value, expected] =
      GENERATE(Catch::Generators::table<double, const char*>({{1.0, "1.0"},
                                                              {0.1, "0.1"},
                                                              {-0.0, "-0.0"},
                                                              {100.0, "100.0"},
                                                              {1e15, "1000000000000000.0"},
                                                              {1e16, "1e+16"},
                                                              {1e-4, "0.0001"},
                                                              {1e-5, "1e-05"},
                                                              {0.1 + 0.2, "0.30000000000000004"},
                                                              {1e300, "1e+300"}}));
  CHECK(jinja::float_repr(value) == expected);
}
