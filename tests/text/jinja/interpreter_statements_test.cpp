#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("loops", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"over a list", "{% for x in [1, 2] %}{{ x }},{% endfor %}", "1,2,"},
      {"over a dictionary's keys", "{% for k in {'a': 1} %}{{ k }}{% endfor %}", "a"},
      {"over pairs", "{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"},
      {"else where there is nothing", "{% for x in [] %}a{% else %}b{% endfor %}", "b"},
      {"a filter before the loop counts",
       "{% for x in range(6) if x is odd %}{{ loop.index }}:{{ x }} {% endfor %}", "1:1 2:3 3:5 "},
      {"loop.index, index0, revindex, revindex0",
       "{% for x in 'ab' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 "
       "}} {% endfor %}",
       "1021 2110 "},
      {"loop.first, last, length",
       "{% for x in 'abc' %}{% if loop.first %}[{% endif %}{{ x }}{{ ',' if not loop.last }}{% if "
       "loop.last %}]{{ loop.length }}{% endif %}{% endfor %}",
       "[a,b,c]3"},
      {"loop.previtem and nextitem",
       "{% for x in 'abc' %}{{ loop.previtem }}{{ x }}{{ loop.nextitem }} {% endfor %}",
       "ab abc bc "},
      {"loop.cycle", "{% for x in range(3) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba"},
      {"loop.changed", "{% for x in [1, 1, 2] %}{{ loop.changed(x) }} {% endfor %}",
       "True False True "},
      {"break and continue",
       "{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 4 %}{% break "
       "%}{% endif %}{{ x }}{% endfor %}",
       "023"},
      {"recursive",
       "{% for x in [[1, [2]], [3]] recursive %}({{ loop(x) if x is iterable else x }}){% endfor "
       "%}",
       "((1)((2)))((3))"},
      {"loop.depth", "{% for x in [[[]]] recursive %}{{ loop.depth }}{{ loop(x) }}{% endfor %}",
       "12"},
      {"the outer loop by a name",
       "{% for x in 'ab' %}{% set o = loop %}{% for y in 'c' %}{{ o.index }}{{ loop.index }} {% "
       "endfor %}{% endfor %}",
       "11 21 "},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("conditions", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"the first branch that holds", "{% if 0 %}a{% elif 1 %}b{% elif 1 %}c{% else %}d{% endif %}",
       "b"},
      {"else", "{% if 0 %}a{% elif 0 %}b{% else %}c{% endif %}", "c"},
      {"nothing", "[{% if 0 %}a{% endif %}]", "[]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("assignments", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"of several names", "{% set a, b = 1, 2 %}{{ b }}{{ a }}", "21"},
      {"of a block", "{% set a %}x{{ 1 }}{% endset %}[{{ a }}]", "[x1]"},
      {"of a block through a filter", "{% set a | upper %}x{% endset %}{{ a }}", "X"},
      {"to a namespace alone", "{% set n = namespace() %}{% set n.a = 1 %}{{ n.a }}", "1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
  for (const char* wrong : {"{% set a, b = 1 %}", "{% set a, b = [1] %}",
                            "{% set d = {} %}{% set d.a = 1 %}", "{% set missing.a = 1 %}"}) {
    CAPTURE(wrong);
    CHECK(testing::is_fault(rendered(wrong)));
  }
}

TEST_CASE("macros", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"arguments by place, name and default",
       "{% macro m(a, b=2, c=3) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1, c=4) }}", "124"},
      {"an absent argument is undefined",
       "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}", "False"},
      {"a default may use an argument before it",
       "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(1) }}", "1"},
      {"a macro answers its text", "{% macro m() %}x{% endmacro %}{{ m() | upper ~ m() }}", "Xx"},
      {"call hands over a block",
       "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{% endcall %}", "[x]"},
      {"call with arguments",
       "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(a) m() %}{{ a }}{% endcall %}", "1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
  CHECK(testing::is_fault(rendered("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}")));
  CHECK(testing::is_fault(rendered("{% macro m(a) %}{% endmacro %}{{ m(b=2) }}")));
}
