#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("filters of strings and numbers", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"trim takes white space or the given characters",
       "[{{ ' a ' | trim }}] [{{ 'xax' | trim('x') }}]", "[a] [a]"},
      {"replace, all or some", "{{ 'aaa' | replace('a', 'b') }} {{ 'aaa' | replace('a', 'b', 2) }}",
       "bbb bba"},
      {"indent leaves the first line and blank ones", "{{ 'a\n\nb' | indent(2) }}", "a\n\n  b"},
      {"indent of the first and of blank lines", "{{ 'a\n\nb' | indent(1, true, true) }}",
       " a\n \n b"},
      {"indent by a string", "{{ 'a\nb' | indent('> ') }}", "a\n> b"},
      {"truncate at a word", "{{ 'foo bar baz qux' | truncate(9, false, '...', 0) }}", "foo..."},
      {"truncate within a word", "{{ 'foo bar baz qux' | truncate(9, true, '...', 0) }}",
       "foo ba..."},
      {"truncate leaves what is a little longer", "{{ 'foo bar baz' | truncate(9) }}",
       "foo bar baz"},
      {"int of strings",
       "{{ '42' | int }} {{ ' -7 ' | int }} {{ '3.9' | int }} {{ 'x' | int }} {{ 'x' | int(5) }}",
       "42 -7 3 0 5"},
      {"int with a base", "{{ '0x1f' | int(0, 16) }} {{ '101' | int(base=2) }}", "31 5"},
      {"int cuts floats", "{{ 3.9 | int }} {{ -3.9 | int }}", "3 -3"},
      {"float of strings", "{{ '1.5' | float }} {{ 'x' | float }} {{ 2 | float }}", "1.5 0.0 2.0"},
      {"round to even, up and down",
       "{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.1 | round(0, 'ceil') }} {{ 2.9 | "
       "round(method='floor') }}",
       "2.0 4.0 3.0 2.0"},
      {"round to digits", "{{ 2.345 | round(1) }}", "2.3"},
      {"abs", "{{ 3 | abs }} {{ (-3) | abs }} {{ (-1.5) | abs }}", "3 3 1.5"},
      {"escape of what HTML reads", "{{ '<a href=\"x\">&\\'' | escape }}",
       "&lt;a href=&#34;x&#34;&gt;&amp;&#39;"},
      {"cases",
       "{{ 'aB' | upper }} {{ 'aB' | lower }} {{ 'hello world' | title }} {{ 'hELLO' | capitalize "
       "}}",
       "AB ab Hello World Hello"},
      {"wordcount", "{{ ' a  b\tc ' | wordcount }}", "3"},
      {"string", "{{ 1 | string ~ none | string }}", "1None"},
      {"format", "{{ '%s is %d' | format('a', 3) }}", "a is 3"},
      {"filters chain", "{{ ' Ab ' | trim | upper | replace('A', 'x') }}", "xB"},
      {"a filter block", "{% filter upper %}a{{ 'b' }}{% endfilter %}", "AB"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what a filter of strings refuses", "[text]") {
  for (const char* source : {"{{ 'a' | abs }}", "{{ 'abc' | truncate(2) }}", "{{ missing | int }}",
                             "{{ 'a' | replace('b') }}", "{{ 'a' | trim('b', 'c') }}",
                             "{{ 'a' | upper(x=1) | nothing }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
