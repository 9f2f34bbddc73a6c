#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("filters of sequences", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"length counts characters, items and keys",
       "{{ 'a\u00e9' | length }} {{ [1, 2] | count }} {{ {'a': 1} | length }}", "2 2 1"},
      {"default takes the place of what is undefined",
       "{{ x | default('a') }} {{ none | default('a') }}", "a None"},
      {"default of false values where asked for",
       "{{ '' | default('a', true) }} {{ 0 | d(5, boolean=true) }}", "a 5"},
      {"first and last", "{{ [1, 2, 3] | first }} {{ [1, 2, 3] | last }} {{ 'abc' | last }}",
       "1 3 c"},
      {"of nothing they are undefined", "{{ [] | first is defined }} {{ '' | last is defined }}",
       "False False"},
      {"reverse of a string is one", "{{ 'ab\u00e9' | reverse }} {{ [1, 2] | reverse | list }}",
       "\u00e9"
       "ba [2, 1]"},
      {"join with a separator and an attribute",
       "{{ [{'n': 1}, {'n': 2}] | join('-', attribute='n') }}", "1-2"},
      {"sort ignores case unless asked",
       "{{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }}",
       "['A', 'b', 'c'] ['A', 'b', 'c']"},
      {"sort keeps equals in their order",
       "{{ [[1, 'b'], [0, 'a'], [1, 'a']] | sort(attribute=0) | map(attribute=1) | join }}", "aba"},
      {"sort backwards", "{{ [1, 3, 2] | sort(reverse=true) }}", "[3, 2, 1]"},
      {"unique keeps the first of each, without case", "{{ ['a', 'A', 'b'] | unique | join(',') }}",
       "a,b"},
      {"min and max", "{{ [3, 1, 2] | min }} {{ [3, 1, 2] | max }} {{ ['b', 'A'] | min }}",
       "1 3 A"},
      {"min of nothing is undefined", "{{ [] | min is defined }}", "False"},
      {"sum with an attribute and a start",
       "{{ [{'n': 1}, {'n': 2}] | sum(attribute='n', start=10) }}", "13"},
      {"map takes an attribute or a filter",
       "{{ ['a', 'b'] | map('upper') | join }} {{ [{'n': 1}] | map(attribute='n') | list }}",
       "AB [1]"},
      {"map's default", "{{ [{'n': 1}, {}] | map(attribute='n', default=0) | list }}", "[1, 0]"},
      {"select by truth and by test",
       "{{ [0, 1, 2] | select | list }} {{ [1, 2, 3] | select('odd') | list }}", "[1, 2] [1, 3]"},
      {"reject is the rest", "{{ [1, 2, 3] | reject('odd') | list }}", "[2]"},
      {"selectattr by test",
       "{{ [{'r': 'a'}, {'r': 'b'}] | selectattr('r', 'equalto', 'b') | list }}", "[{'r': 'b'}]"},
      {"rejectattr by truth", "{{ [{'r': 1}, {'r': 0}] | rejectattr('r') | list }}", "[{'r': 0}]"},
      {"a path goes through levels", "{{ [{'f': {'n': 'x'}}] | map(attribute='f.n') | first }}",
       "x"},
      {"items of a dictionary", "{{ {'a': 1} | items | list }} {{ missing | items | list }}",
       "[('a', 1)] []"},
      {"dictsort by key and by value",
       "{{ {'b': 1, 'A': 2} | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }}",
       "[('A', 2), ('b', 1)] [('b', 1), ('a', 2)]"},
      {"batch", "{{ [1, 2, 3] | batch(2) | list }}", "[[1, 2], [3]]"},
      {"list of a string", "{{ 'ab' | list }}", "['a', 'b']"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what a filter of sequences refuses", "[text]") {
  for (const char* source :
       {"{{ [1, 'a'] | sort }}", "{{ 3 | list }}", "{{ [1] | map('nothing') }}",
        "{{ [1] | select('nothing') }}", "{{ [1] | slice(0) }}", "{{ [1] | dictsort }}",
        "{{ {'a': 1} | dictsort(by='x') }}", "{{ [1, 'a'] | sum }}", "{{ [1] | selectattr }}",
        "{{ none | join }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
