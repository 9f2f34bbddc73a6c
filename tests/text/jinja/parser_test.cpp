#include "src/text/jinja/parser.hpp"

#include "src/text/jinja/fault.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("operators bind as in Python", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"products before sums", "{{ 2 + 3 * 4 }}", "14"},
      {"parentheses first", "{{ (2 + 3) * 4 }}", "20"},
      {"signs before powers, unlike Python", "{{ -2 ** 2 }}", "4"},
      {"sums from the left", "{{ 10 - 3 - 2 }}", "5"},
      {"products from the left", "{{ 100 // 10 * 2 }}", "20"},
      {"products before joining", "{{ 'a' ~ 2 * 3 }}", "a6"},
      {"joining before comparing", "{{ 'a' ~ 'b' == 'ab' }}", "True"},
      {"comparing before not", "{{ not 1 == 2 }}", "True"},
      {"not before and", "{{ not false and true }}", "True"},
      {"and before or", "{{ true or false and false }}", "True"},
      {"a condition last of all", "{{ 1 if true else 2 + 5 }}", "1"},
      {"a filter before a sum", "{{ 1 + 'ab' | length }}", "3"},
      {"a sign before a filter", "{{ -3 | abs }}", "3"},
      {"a test after a filter", "{{ 'a' | length is odd }}", "True"},
      {"not in is one operator", "{{ 3 not in [1, 2] }}", "True"},
      {"is not is one operator", "{{ 3 is not odd }}", "False"},
      {"comparisons chain", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }}", "True False"},
      {"an index after a call", "{{ 'a b'.split()[1] }}", "b"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("literals of collections", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a list may end in a comma", "{{ [1, 2,] }}", "[1, 2]"},
      {"a tuple of one needs its comma", "{{ (1,) }} {{ (1) }}", "(1,) 1"},
      {"an empty tuple", "{{ () }}", "()"},
      {"commas alone make a tuple", "{% set x = 1, 2 %}{{ x }}", "(1, 2)"},
      {"a dictionary", "{{ {'a': 1, 2: 'b'} }}", "{'a': 1, 2: 'b'}"},
      {"both spellings of the constants", "{{ [true, True, false, False, none, None] }}",
       "[True, True, False, False, None, None]"},
      {"strings side by side are one", "{{ 'a' 'b' }}", "ab"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("every statement that has no end says which end it wants", "[text]") {
  const auto [source, end] = GENERATE(
      Catch::Generators::table<const char*, const char*>({{"{% if a %}", "endif"},
                                                          {"{% for a in b %}", "endfor"},
                                                          {"{% set a %}", "endset"},
                                                          {"{% macro a() %}", "endmacro"},
                                                          {"{% call a() %}", "endcall"},
                                                          {"{% filter upper %}", "endfilter"},
                                                          {"{% with a = 1 %}", "endwith"},
                                                          {"{% block a %}", "endblock"},
                                                          {"{% generation %}", "endgeneration"}}));
  CAPTURE(source);
  const std::string fault = rendered(source);
  CHECK(testing::is_fault(fault));
  CHECK(fault.find(end) != std::string::npos);
}

TEST_CASE("a sentence that is none is a fault on its line", "[text]") {
  for (const char* source :
       {"{{ 1 + }}", "{{ a b }}", "{{ [1 2] }}", "{{ {'a' 1} }}", "{{ a. }}", "{{ a[ }}",
        "{{ f(a=1, 2) }}", "{{ 1 if }}", "{{ a | }}", "{{ a is }}", "{% set 1 = 2 %}",
        "{% for 1 in a %}{% endfor %}", "{% endif %}", "{% else %}", "{% if a %}{% endfor %}",
        "{% macro %}{% endmacro %}", "{% if %}{% endif %}", "{% unknown %}"}) {
    CAPTURE(source);
    const std::string fault = rendered(std::string("a\nb\n") + source);
    CHECK(fault.starts_with("fault: Line 3 of the chat template: "));
  }
}

TEST_CASE("a tree holds no more levels than the parser allows", "[text]") {
  const std::string shallow = "{{ " + std::string(20, '(') + "1" + std::string(20, ')') + " }}";
  CHECK(rendered(shallow) == "1");
  const std::string deep = "{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}";
  CHECK(testing::is_fault(rendered(deep)));
}

TEST_CASE("a block is its own text, with a scope of its own", "[text]") {
  const auto [source, expected] = GENERATE(Catch::Generators::table<const char*, const char*>(
      {{"{% block x %}B{% endblock %}", "B"},
       {"{% block x %}B{% endblock x %}", "B"},
       {"{% set a = 1 %}{% block x %}{{ a }}{% set a = 2 %}{% endblock %}{{ a }}", "11"},
       {"{% for m in [1, 2] %}{% block x scoped %}{{ m }}{% endblock %}{% endfor %}", "12"}}));
  CAPTURE(source);
  CHECK(rendered(source) == expected);
  for (const char* broken :
       {"{% block x %}{% endblock %}{% block x %}{% endblock %}", "{% block %}{% endblock %}",
        "{% block x %}{% endblock y %}", "{% block x required %}{% endblock %}",
        "{% for m in [1] %}{% block x %}{% endblock %}{% endfor %}",
        "{% for m in [1] %}{% block x scoped %}{% break %}{% endblock %}{% endfor %}"}) {
    CAPTURE(broken);
    CHECK(testing::is_fault(rendered(broken)));
  }
}
