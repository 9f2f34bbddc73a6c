#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("range", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"to a stop", "{{ range(3) | list }}", "[0, 1, 2]"},
      {"from a start", "{{ range(1, 3) | list }}", "[1, 2]"},
      {"with a step", "{{ range(0, 5, 2) | list }}", "[0, 2, 4]"},
      {"backwards", "{{ range(3, 0, -1) | list }}", "[3, 2, 1]"},
      {"nothing", "{{ range(0) | list }} {{ range(3, 1) | list }}", "[] []"},
      {"up to the largest number", "{{ range(9223372036854775806, 9223372036854775807) | list }}",
       "[9223372036854775806]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("range refuses what Python's does, and what is too long", "[text]") {
  for (const char* source :
       {"{{ range() }}", "{{ range(1, 2, 3, 4) }}", "{{ range('a') }}", "{{ range(1.5) }}",
        "{{ range(1, 2, 0) }}", "{{ range(100001) }}", "{{ range(stop=3) }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
  CHECK(rendered("{{ range(100000) | length }}") == "100000");
}

TEST_CASE("dict and namespace", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"dict of names", "{{ dict(a=1, b=2) }}", "{'a': 1, 'b': 2}"},
      {"dict of a dictionary and names", "{{ dict({'a': 1}, a=2) }}", "{'a': 2}"},
      {"dict of pairs", "{{ dict([('a', 1)]) }}", "{'a': 1}"},
      {"a namespace outlives the loop",
       "{% set n = namespace(x=0) %}{% for i in range(3) %}{% set n.x = n.x + i %}{% endfor %}{{ "
       "n.x }}",
       "3"},
      {"a plain name does not",
       "{% set x = 0 %}{% for i in range(3) %}{% set x = i %}{% endfor %}{{ x }}", "0"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("raise_exception gives its message, whole", "[text]") {
  CHECK(rendered("{{ raise_exception('no ' ~ 1) }}") == "fault: Line 1 of the chat template: no 1");
  CHECK(testing::is_fault(rendered("{{ raise_exception() }}")));
}
