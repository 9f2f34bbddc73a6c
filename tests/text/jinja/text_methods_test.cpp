#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("methods of strings are Python's", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"strip, lstrip, rstrip",
       "[{{ ' a '.strip() }}] [{{ ' a '.lstrip() }}] [{{ ' a '.rstrip() }}]", "[a] [a ] [ a]"},
      {"strip takes a set of characters", "{{ 'abcba'.strip('ab') }}", "c"},
      {"split by words", "{{ ' a  b '.split() }}", "['a', 'b']"},
      {"split by a separator keeps empty pieces", "{{ 'a,,b'.split(',') }}", "['a', '', 'b']"},
      {"split with a limit, from either side",
       "{{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }}", "['a', 'b,c'] ['a,b', 'c']"},
      {"splitlines", "{{ 'a\nb\r\nc\n'.splitlines() }}", "['a', 'b', 'c']"},
      {"splitlines that keeps the ends", "{{ 'a\nb'.splitlines(true) }}", "['a\\n', 'b']"},
      {"replace", "{{ 'aXbX'.replace('X', '-') }} {{ 'aXbX'.replace('X', '-', 1) }}", "a-b- a-bX"},
      {"startswith and endswith take several",
       "{{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.endswith('bc') }}", "True True"},
      {"removeprefix and removesuffix",
       "{{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('x') }}", "bc abc"},
      {"find counts characters",
       "{{ '\u00e9"
       "ab'.find('a') }} {{ 'ab'.find('x') }} {{ 'aba'.rfind('a') }}",
       "1 -1 2"},
      {"index", "{{ 'abc'.index('c') }}", "2"},
      {"count", "{{ 'banana'.count('an') }} {{ 'ab'.count('') }}", "2 3"},
      {"join", "{{ ', '.join(['a', 'b']) }}", "a, b"},
      {"cases",
       "{{ 'aB'.upper() }} {{ 'aB'.lower() }} {{ 'a b'.title() }} {{ 'aB'.capitalize() }} {{ "
       "'aB'.casefold() }}",
       "AB ab A B Ab ab"},
      {"isupper and islower need a letter",
       "{{ 'A1'.isupper() }} {{ '1'.isupper() }} {{ 'a'.islower() }}", "True False True"},
      {"isalpha, isdigit, isalnum, isspace",
       "{{ 'ab'.isalpha() }} {{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ ' \t'.isspace() }} {{ "
       "''.isalpha() }}",
       "True True True True False"},
      {"format", "{{ '{} {} {x}'.format('a', 'b', x='c') }}", "a b c"},
      {"a name that is no method is undefined", "{{ 'a'.nothing is defined }}", "False"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what a method of strings refuses", "[text]") {
  for (const char* source : {"{{ 'a'.split('') }}", "{{ 'a'.index('b') }}", "{{ ','.join([1]) }}",
                             "{{ 'a'.startswith(1) }}", "{{ 'a'.strip(x='a') }}",
                             "{{ 'a'.nothing() }}", "{{ 'a'.replace('a') }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
