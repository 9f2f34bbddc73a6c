#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("attributes and items", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a point finds an entry", "{{ {'a': 1}.a }}", "1"},
      {"a point finds a method before an entry", "{{ {'get': 1}.get('get') }}", "1"},
      {"brackets find an entry before a method", "{{ {'items': 1}['items'] }}", "1"},
      {"brackets find a method where there is no entry", "{{ {'a': 1}['get']('a') }}", "1"},
      {"what is not there is undefined",
       "{{ {}.a is defined }} {{ [1][5] is defined }} {{ 'a'[3] is defined }}",
       "False False False"},
      {"indices from the end", "{{ [1, 2][-1] }} {{ 'ab'[-2] }}", "2 a"},
      {"an index counts characters",
       "{{ '\u00e9"
       "a'[1] }}",
       "a"},
      {"slices", "{{ [1, 2, 3, 4][1:3] }} {{ 'abcd'[::2] }} {{ [1, 2, 3][::-1] }} {{ 'abc'[-2:] }}",
       "[2, 3] ac [3, 2, 1] bc"},
      {"a slice goes beyond the ends", "{{ [1, 2][0:10] }} {{ 'ab'[5:] }}", "[1, 2] "},
      {"1, 1.0 and true are one key", "{{ {1: 'a'}[1.0] }} {{ {1: 'a'}[true] }}", "a a"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("methods of lists and dictionaries", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"get with and without a default",
       "{{ {'a': 1}.get('a') }} {{ {}.get('a') }} {{ {}.get('a', 2) }}", "1 None 2"},
      {"keys, values, items in the order of insertion",
       "{{ {'b': 1, 'a': 2}.keys() | list }} {{ {'b': 1}.values() | list }} {{ {'b': 1}.items() | "
       "list }}",
       "['b', 'a'] [1] [('b', 1)]"},
      {"copy", "{{ [1].copy() }} {{ {'a': 1}.copy() }}", "[1] {'a': 1}"},
      {"index and count of a list",
       "{{ [1, 2, 1].index(2) }} {{ [1, 2, 1].count(1) }} {{ (1, 1).count(1) }}", "1 2 2"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("no method changes a value of the template", "[text]") {
  for (const char* source :
       {"{{ [].append(1) }}", "{{ [].extend([1]) }}", "{{ [1].remove(1) }}", "{{ [1].sort() }}",
        "{{ [1].reverse() }}", "{{ [].insert(0, 1) }}", "{{ {}.update({}) }}",
        "{{ {'a': 1}.pop('a') }}", "{{ {}.setdefault('a', 1) }}", "{{ {'a': 1}.clear() }}"}) {
    CAPTURE(source);
    CHECK(rendered(source).find("templates may not") != std::string::npos);
  }
}

TEST_CASE("what is undefined has neither attributes nor items", "[text]") {
  CHECK(rendered("{{ missing.a }}").find("'missing' is undefined") != std::string::npos);
  CHECK(rendered("{{ missing['a'] }}").find("'missing' is undefined") != std::string::npos);
  CHECK(rendered("{{ {}.a.b }}").find("'a' is undefined") != std::string::npos);
}
