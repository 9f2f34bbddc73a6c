#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("tests of type", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"defined and undefined", "{{ x is defined }} {{ x is undefined }} {{ none is defined }}",
       "False True True"},
      {"none", "{{ none is none }} {{ 0 is none }} {{ x is none }}", "True False False"},
      {"true and false are the booleans alone",
       "{{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }}",
       "True False True False"},
      {"a boolean is a number and no integer",
       "{{ true is boolean }} {{ true is number }} {{ true is integer }}", "True True False"},
      {"integer and float",
       "{{ 1 is integer }} {{ 1.0 is integer }} {{ 1.0 is float }} {{ 1 is float }}",
       "True False True False"},
      {"string", "{{ 'a' is string }} {{ 1 is string }}", "True False"},
      {"mapping, sequence, iterable",
       "{{ {} is mapping }} {{ [] is mapping }} {{ [] is sequence }} {{ 'a' is iterable }} {{ 1 is "
       "iterable }}",
       "True False True True False"},
      {"a dictionary counts as a sequence", "{{ {} is sequence }}", "True"},
      {"callable", "{{ range is callable }} {{ 1 is callable }} {{ 'a'.upper is callable }}",
       "True False True"},
      {"filter and test by name",
       "{{ 'upper' is filter }} {{ 'nothing' is filter }} {{ 'odd' is test }}", "True False True"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("tests of value", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"odd, even, divisibleby",
       "{{ 3 is odd }} {{ -3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is "
       "divisibleby(2) }}",
       "True True True True False"},
      {"comparisons by name",
       "{{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is le 2 }} {{ 3 is gt 2 }} {{ 2 is ge "
       "2 }}",
       "True True True True True True"},
      {"their other names", "{{ 1 is equalto 1 }} {{ 1 is lessthan 2 }} {{ 3 is greaterthan 2 }}",
       "True True True"},
      {"in", "{{ 1 is in [1] }} {{ 'b' is in 'abc' }} {{ 'k' is in {'k': 1} }}", "True True True"},
      {"sameas knows the types", "{{ 1 is sameas 1 }} {{ 1 is sameas true }}", "True False"},
      {"lower and upper",
       "{{ 'ab' is lower }} {{ 'aB' is lower }} {{ 'AB' is upper }} {{ '1' is upper }}",
       "True False True False"},
      {"not turns a test around", "{{ 1 is not odd }} {{ not 1 is odd }}", "False False"},
      {"a test binds closer than and", "{{ 1 is odd and 2 is even }}", "True"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what a test refuses", "[text]") {
  for (const char* source : {"{{ 1 is nothing }}", "{{ 'a' is odd }}", "{{ 1 is divisibleby 0 }}",
                             "{{ 1 is divisibleby }}", "{{ 1 is lt 'a' }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
