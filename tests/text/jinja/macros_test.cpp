// Macros, calls and the blocks that have names of their own; what is written is what Jinja 3.1
// writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("a macro sees the names of its place and hides its own", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a name that is set later",
       "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "2"},
      {"a macro that is defined later",
       "{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", "AB"},
      {"what it sets is its own",
       "{% macro m() %}{% set x = 1 %}{% endmacro %}{{ m() }}{{ x is defined }}", "False"},
      {"a parameter may be set", "{% macro m(a) %}{% set a = 2 %}{{ a }}{% endmacro %}{{ m(1) }}",
       "2"},
      {"a macro of a branch is known behind it",
       "{% if true %}{% macro m() %}x{% endmacro %}{% endif %}{{ m() }}", "x"},
      {"a macro of a loop's turn",
       "{% for i in [1,2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "12"},
      {"itself",
       "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}",
       "3210"},
      {"within an assignment",
       "{% set f %}{% macro m() %}x{% endmacro %}{{ m() }}{% endset %}{{ f }}", "x"},
      {"its name", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(a=1) }}{{ m.name }}", "1m"},
      {"a default of an argument before", "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(3) }}",
       "3"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a block is handed over and called with what the macro gives it", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"without a call there is none",
       "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "False"},
      {"by place and by name",
       "{% macro m() %}<{{ caller(1, b=2) }}>{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% "
       "endcall %}",
       "<12>"},
      {"several times",
       "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}",
       "xx"},
      {"with defaults",
       "{% macro m() %}{{ caller() }}{% endmacro %}{% call(a=5) m() %}{{ a }}{% endcall %}", "5"},
      {"it sees the names of its own place",
       "{% set x = 1 %}{% macro m() %}{% set x = 2 %}{{ caller() }}{% endmacro %}{% call m() %}{{ "
       "x }}{% endcall %}",
       "1"},
      {"beside arguments",
       "{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call m(1) %}x{% endcall %}", "1x"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("with and filter blocks have names of their own, assignments take tuples", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"with nothing", "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a is defined }}", "1False"},
      {"with several", "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}", "3"},
      {"a value comes from outside", "{% set a = 5 %}{% with a = 1, b = a %}{{ b }}{% endwith %}",
       "5"},
      {"with a tuple", "{% with a, b = (1, 2) %}{{ b }}{% endwith %}", "2"},
      {"a filter's own names",
       "{% filter upper %}{% set q = 1 %}{{ q }}a{% endfilter %}{{ q is defined }}", "1AFalse"},
      {"a chain of filters", "{% filter upper | replace('A', 'x') %}abc{% endfilter %}", "xBC"},
      {"an assigned block through a chain",
       "{% set x | upper | replace('A','b') %}a{% endset %}{{ x }}", "b"},
      {"an assigned tuple", "{% set a = 1, %}{{ a }}{% set (b, c) = 'xy' %}{{ c }}{{ b }}",
       "(1,)yx"},
      {"a namespace of a dictionary and names",
       "{% set n = namespace({'a': 1}, b=2) %}{{ n.a }}{{ n.b }}{{ n.c is defined }}{{ n['a'] }}",
       "12False1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a macro refuses what it has no parameter for", "[text]") {
  for (const char* source :
       {"{{ m() }}{% macro m() %}x{% endmacro %}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call m() %}x{% endcall %}",
        "{% macro m(a, *c) %}{% endmacro %}", "{% call 1 %}x{% endcall %}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
