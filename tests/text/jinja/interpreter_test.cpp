#include "src/text/jinja/interpreter.hpp"

#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("names are looked up from the inside out", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a loop has names of its own",
       "{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21"},
      {"an if has none", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2"},
      {"a macro sees what stands outside",
       "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}", "1"},
      {"with has names of its own", "{% set x = 1 %}{% with x = 2 %}{{ x }}{% endwith %}{{ x }}",
       "21"},
      {"a function can be hidden by a name", "{% set range = 5 %}{{ range }}", "5"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("and, or and if evaluate what they need", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"and gives the deciding value", "{{ 0 and missing.x }} {{ 1 and 'a' }}", "0 a"},
      {"or gives the deciding value", "{{ 'a' or missing.x }} {{ '' or 0 }}", "a 0"},
      {"a condition leaves the other side alone", "{{ 1 if true else missing.x }}", "1"},
      {"a condition without else may give nothing", "[{{ 1 if false }}]", "[]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("values come from the context", "[text]") {
  const boost::json::object context{{"s", "text"},  {"i", 3},      {"f", 1.5},         {"b", true},
                                    {"n", nullptr}, {"l", {1, 2}}, {"d", {{"k", "v"}}}};
  CHECK(rendered("{{ s }} {{ i + 1 }} {{ f }} {{ b }} {{ n }} {{ l[1] }} {{ d.k }}", context) ==
        "text 4 1.5 True None 2 v");
}

TEST_CASE("a budget of steps bounds work, one of bytes bounds output", "[text]") {
  RenderLimits few;
  few.max_steps = 100;
  CHECK(rendered("{% for i in range(3) %}x{% endfor %}", {}, few) == "xxx");
  CHECK(testing::is_fault(rendered("{% for i in range(1000) %}x{% endfor %}", {}, few)));
  RenderLimits small;
  small.max_output_bytes = 3;
  CHECK(rendered("abc", {}, small) == "abc");
  CHECK(testing::is_fault(rendered("abcd", {}, small)));
  RenderLimits shallow;
  shallow.max_depth = 20;
  CHECK(testing::is_fault(
      rendered("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}", {},
               shallow)));
}
