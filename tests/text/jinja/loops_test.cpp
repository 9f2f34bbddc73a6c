// Loops where their input is unusual; what is written is what Jinja 3.1 writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("a loop counts what its filter lets through, and else is said for nothing", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"what is let through",
       "{% for a in [1,2,3] if a > 1 %}{{ loop.index }}/{{ loop.length }} {% endfor %}",
       "1/2 2/2 "},
      {"nothing is let through", "{% for a in [1,2] if a > 5 %}{{ a }}{% else %}none{% endfor %}",
       "none"},
      {"what is undefined has nothing", "{% for a in missing %}x{% else %}none{% endfor %}",
       "none"},
      {"the last is the last let through",
       "{% for a in [1,2,3] if a != 3 %}{{ a }}{{ ',' if not loop.last }}{% endfor %}", "1,2"},
      {"characters of several bytes",
       "{% for c in 'a\u00f1"
       "b' %}{{ c }},{% endfor %}",
       "a,\u00f1,b,"},
      {"targets within targets",
       "{% for a, (b, c) in [[1,[2,3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"},
      {"pairs in order", "{% for k, v in {'b':1,'a':2} | dictsort %}{{ k }}{{ v }}{% endfor %}",
       "a2b1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what a loop knows of itself changes from turn to turn", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"changed compares with the turn before",
       "{% for i in [1,1,2,2,1] %}{{ 'x' if loop.changed(i) }}{{ i }}{% endfor %}", "x11x22x1"},
      {"changed takes several values",
       "{% for i in [1,1,2] %}{{ loop.changed(i, loop.first) }} {% endfor %}", "True True True "},
      {"depth counts from one", "{% for i in [1] %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}",
       "10"},
      {"before the first and behind the last is nothing",
       "{% for i in [1,2] %}{{ loop.previtem | default('-') }}{{ loop.nextitem | default('-') }} "
       "{% endfor %}",
       "-2 1- "},
      {"what it does not know is undefined",
       "{% for i in [1] %}{{ loop.nothing is defined }}{% endfor %}", "False"},
      {"an inner loop hides the outer",
       "{% for i in [1,2] %}{% for j in [1,2,3] %}{{ loop.length }}{% endfor %}{{ loop.length }}{% "
       "endfor %}",
       "33323332"},
      {"behind a loop there is none", "{% for i in [1] %}{% endfor %}{{ loop is defined }}",
       "False"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("names that a loop sets end with each turn", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"its own name", "{% for i in [1,2] %}{% endfor %}{{ i is defined }}", "False"},
      {"its own name, where it stood before",
       "{% set i = 7 %}{% for i in [1,2] %}{{ i }}{% endfor %}{{ i }}", "127"},
      {"a name that is set in it",
       "{% for i in [1,2] %}{% set x = i %}{% endfor %}{{ x is defined }}", "False"},
      {"a name that is set in its else",
       "{% for a in [] %}{% else %}{% set x = 1 %}{{ x }}{% endfor %}{{ x is defined }}", "1False"},
      {"a sum starts anew every turn",
       "{% set x = 0 %}{% for i in [1,2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "120"},
      {"what an attribute of a namespace holds does not",
       "{% set n = namespace() %}{% for i in [1,2] %}{% set n.x = i %}{% endfor %}{{ n.x }}", "2"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("break and continue are of the innermost loop", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"break leaves the inner one",
       "{% for i in [1,2] %}{% for j in [1,2] %}{% break %}{% endfor %}{{ i }}{% endfor %}", "12"},
      {"continue goes on with the inner one",
       "{% for i in [1,2] %}{% for j in [1,2] %}{% if j == 1 %}{% continue %}{% endif %}{{ j }}{% "
       "endfor %}{% endfor %}",
       "22"},
      {"from within a block",
       "{% for i in [1,2,3] %}{% with %}{% if i == 2 %}x{% endif %}{% endwith %}{{ i }}{% endfor "
       "%}",
       "1x23"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a recursive loop says its body for what it is called with", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"from within another loop",
       "{% for x in [[1,[2,[3]]]] recursive %}{% for y in x %}{{ y if y is number else 'L' }}{% "
       "endfor %}{% endfor %}",
       "1L"},
      {"a tree with its depths",
       "{% for n in [{'v':1,'c':[{'v':2,'c':[]}]},{'v':3,'c':[]}] recursive %}{{ loop.depth }}:{{ "
       "n.v }}[{{ "
       "loop(n.c) }}]{% endfor %}",
       "1:1[2:2[]]1:3[]"},
      {"its else, too", "{% for n in [[]] recursive %}<{{ loop(n) }}>{% else %}none{% endfor %}",
       "<none>"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a loop refuses what has no items and targets that do not fit", "[text]") {
  for (const char* source :
       {"{% for a in none %}x{% endfor %}", "{% for a in 5 %}x{% endfor %}",
        "{% for a, b in [[1,2,3]] %}{% endfor %}", "{% for a, b in [[1]] %}{% endfor %}",
        "{% for a, b in [1] %}{% endfor %}", "{% for x in [1] %}{{ loop([1]) }}{% endfor %}",
        "{% for x in [1] %}{{ loop.cycle() }}{% endfor %}",
        "{% for x in [1] recursive %}{{ loop() }}{% endfor %}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
