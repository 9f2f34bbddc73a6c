// Filters of sequences where their input is unusual; what is written is what Jinja 3.1 writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("filters take every kind of sequence, and nothing for what is undefined", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"length of a tuple, a range, nothing",
       "{{ (1,2,3) | length }} {{ range(4) | count }} {{ missing | length }}", "3 4 0"},
      {"first and last of a dictionary are keys",
       "{{ {'a':1,'b':2} | first }}{{ {'a':1,'b':2} | last }}", "ab"},
      {"reverse of a tuple and of keys",
       "{{ (1,2) | reverse | list }} {{ {'a':1,'b':2} | reverse | list }}", "[2, 1] ['b', 'a']"},
      {"join of values of all kinds", "{{ ['a', 1, none, true, 1.5] | join('|') }}",
       "a|1|None|True|1.5"},
      {"join of characters and of keys", "{{ 'abc' | join(',') }} {{ {'a':1,'b':2} | join(',') }}",
       "a,b,c a,b"},
      {"join by what is no string", "{{ [1,2] | join(3) }}", "132"},
      {"join of nothing", "[{{ missing | join(',') }}{{ [] | join(',') }}]", "[]"},
      {"sum of lists from a list", "{{ [[1,2],[3]] | sum(start=[]) }}", "[1, 2, 3]"},
      {"sum of nothing is its start", "{{ [] | sum }} {{ [] | sum(start=5) }} {{ missing | sum }}",
       "0 5 0"},
      {"sum of floats", "{{ [1.5, 2] | sum }}", "3.5"},
      {"sort of characters and of keys", "{{ 'bca' | sort | join }} {{ {'b':1,'a':2} | sort }}",
       "abc ['a', 'b']"},
      {"max of characters, min of keys", "{{ 'bca' | max }} {{ {'b':1,'a':2} | min }}", "c a"},
      {"select of characters by a test", "{{ 'aBc' | select('upper') | list }}", "['B']"},
      {"batch of characters", "{{ 'abcde' | batch(3) | list }}", "[['a', 'b', 'c'], ['d', 'e']]"},
      {"batches larger than all, and of nothing",
       "{{ [1,2] | batch(5) | list }} {{ [] | batch(2) | list }}", "[[1, 2]] []"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("orders by attribute, by case and backwards keep equals as they came", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"case is no difference", "{{ ['b','B','a','A'] | sort }}", "['a', 'A', 'b', 'B']"},
      {"until it is asked for", "{{ ['b','B','a','A'] | sort(case_sensitive=true) }}",
       "['A', 'B', 'a', 'b']"},
      {"backwards by place", "{{ ['b','a','C'] | sort(true) }}", "['C', 'b', 'a']"},
      {"backwards by an attribute",
       "{{ [['a',1],['a',2],['b',0]] | sort(reverse=true, attribute=0) }}",
       "[['b', 0], ['a', 1], ['a', 2]]"},
      {"by a path",
       "{{ [{'a':{'b':2}},{'a':{'b':1}}] | sort(attribute='a.b') | map(attribute='a.b') | join }}",
       "12"},
      {"by an index in a string", "{{ [[2,'x'],[1,'y']] | sort(attribute='0') }}",
       "[[1, 'y'], [2, 'x']]"},
      {"the first of the largest", "{{ [['a',1],['A',2]] | max(attribute=0) }}", "['a', 1]"},
      {"the largest with and without case",
       "{{ ['a','B'] | max }}{{ ['a','B'] | max(case_sensitive=true) }}", "Ba"},
      {"the least with case", "{{ ['a','B'] | min(case_sensitive=true) }}", "B"},
      {"the least by an attribute", "{{ [{'a':2},{'a':1}] | min(attribute='a') }}", "{'a': 1}"},
      {"each once, with case", "{{ ['a','A','b'] | unique(case_sensitive=true) | list }}",
       "['a', 'A', 'b']"},
      {"each once, equal numbers are one", "{{ [1,1.0,true,2] | unique | list }}", "[1, 2]"},
      {"each once by an attribute",
       "{{ [{'a':1},{'a':1},{'a':2}] | unique(attribute='a') | list }}", "[{'a': 1}, {'a': 2}]"},
      {"entries with case", "{{ {'b':1,'A':2,'c':0} | dictsort(true) }}",
       "[('A', 2), ('b', 1), ('c', 0)]"},
      {"entries by value, by place", "{{ {'b':1,'A':2,'c':0} | dictsort(false, 'value') }}",
       "[('c', 0), ('b', 1), ('A', 2)]"},
      {"entries by value, backwards",
       "{{ {'b':1,'A':2,'c':0} | dictsort(by='value', reverse=true) }}",
       "[('A', 2), ('b', 1), ('c', 0)]"},
      {"entries by a value's letters without case",
       "{{ {'b':'X','A':'a'} | dictsort(by='value') }}", "[('A', 'a'), ('b', 'X')]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what is chosen and mapped goes through filters and tests with their arguments",
          "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a filter with arguments", "{{ ['a-b','c-d'] | map('replace', '-', '+') | list }}",
       "['a+b', 'c+d']"},
      {"a filter of sequences", "{{ [[1,2],[3]] | map('length') | list }}", "[2, 1]"},
      {"an index", "{{ [[1,2],[3,4]] | map(attribute=1) | list }}", "[2, 4]"},
      {"a default at the end of a path",
       "{{ [{'a':{'b':1}},{'a':{}}] | map(attribute='a.b', default='-') | list }}", "[1, '-']"},
      {"a test with an argument", "{{ [1,2,3,4] | select('divisibleby', 2) | list }}", "[2, 4]"},
      {"a test by its sign", "{{ [1,2,3,4] | select('>', 2) | list }}", "[3, 4]"},
      {"a test of membership", "{{ [1,2,3,4] | reject('in', [1,2]) | list }}", "[3, 4]"},
      {"all that is false", "{{ [0,'',none,[],{},1] | reject | list }}", "[0, '', None, [], {}]"},
      {"an absent attribute is false", "{{ [{'a':1},{'b':2}] | selectattr('a') | list }}",
       "[{'a': 1}]"},
      {"an attribute that is there", "{{ [{'a':0},{'b':2}] | selectattr('a','defined') | list }}",
       "[{'a': 0}]"},
      {"one that is not", "{{ [{'a':0},{'b':2}] | rejectattr('a','defined') | list }}",
       "[{'b': 2}]"},
      {"an index as attribute", "{{ [[1,2],[0,3]] | selectattr(0) | list }}", "[[1, 2]]"},
      {"nothing of what is undefined",
       "{{ missing | map('upper') | list }}{{ missing | select | list }}", "[][]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("filters of sequences refuse what has no items, no order and no name", "[text]") {
  for (const char* source :
       {"{{ none | length }}", "{{ 3 | length }}", "{{ none | items | list }}",
        "{{ [1] | items | list }}", "{{ [[1],[1]] | unique | list }}", "{{ [1] | map | list }}",
        "{{ [1] | map(attribute='a', x=1) | list }}", "{{ [1] | batch | list }}",
        "{{ [none, 1] | max }}", "{{ [1] | select(1) | list }}",
        "{{ {'a':1} | dictsort(false, 'both') }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
