// Methods of strings where their input is unusual; what is written is what Python writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("strings are cut at words and separators as Python cuts them", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"one cut", "{{ 'a b c'.split(' ', 1) }}", "['a', 'b c']"},
      {"two blanks are two separators", "{{ 'a  b'.split(' ') }}", "['a', '', 'b']"},
      {"an empty string has no word and one piece", "{{ ''.split() }} {{ ''.split(',') }}",
       "[] ['']"},
      {"a separator that is not there", "{{ 'abc'.split('x') }}", "['abc']"},
      {"no cut at all", "{{ 'a,b'.split(',', 0) }}", "['a,b']"},
      {"by name", "{{ 'a,b'.split(sep=',') }} {{ 'a,b,c'.rsplit(',', maxsplit=1) }}",
       "['a', 'b'] ['a,b', 'c']"},
      {"separators that overlap, from both sides",
       "{{ 'aaa'.split('aa') }} {{ 'aaa'.rsplit('aa') }}", "['', 'a'] ['a', '']"},
      {"all kinds of line ends", "{{ 'a\nb\rc\r\nd\n\ne'.splitlines() }}",
       "['a', 'b', 'c', 'd', '', 'e']"},
      {"ends of two characters are one end",
       "{{ 'a\\rb\\r\\nc\\r\\n'.splitlines() }} {{ 'a\\r\\nb\\r'.splitlines(true) }}",
       "['a', 'b', 'c'] ['a\\r\\n', 'b\\r']"},
      {"separators at the ends", "{{ ',,'.rsplit(',') }} {{ ',a,'.rsplit(',', 1) }}",
       "['', '', ''] [',a', '']"},
      {"the last end makes no line", "{{ 'a\n'.splitlines(keepends=true) }} {{ ''.splitlines() }}",
       "['a\\n'] []"},
      {"joined characters and keys",
       "{{ '-'.join('abc') }} {{ '-'.join({'a':1,'b':2}) }} [{{ '-'.join([]) }}]", "a-b-c a-b []"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("ends are stripped and compared, parts are found and counted", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"nothing is left", "[{{ 'xx'.strip('x') }}]", "[]"},
      {"none means blanks", "[{{ ' x '.strip(none) }}]", "[x]"},
      {"a set of characters from one side",
       "{{ 'abcabc'.lstrip('ab') }} {{ 'abcabc'.rstrip('bc') }}", "cabc abca"},
      {"an empty prefix", "{{ 'abc'.startswith('') }} {{ 'abc'.endswith('') }}", "True True"},
      {"one of several, or none", "{{ 'abc'.endswith(('x','c')) }} {{ 'abc'.endswith(()) }}",
       "True False"},
      {"affixes that are not there",
       "{{ 'abc'.removeprefix('bc') }} {{ 'abc'.removesuffix('ab') }}", "abc abc"},
      {"affixes of several characters",
       "{{ 'abc'.removeprefix('ab') }} {{ 'abc'.removesuffix('bc') }}", "c a"},
      {"the first and the last place",
       "{{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abcabc'.rindex('b') }}", "2 5 4"},
      {"an empty part", "{{ 'abc'.find('') }} {{ 'abc'.count('') }} {{ ''.count('') }}", "0 4 1"},
      {"parts that overlap count once", "{{ 'aaaa'.count('aa') }} {{ 'aaa'.count('aa') }}", "2 1"},
      {"replaced between all characters",
       "{{ 'aaa'.replace('','-') }} {{ 'aaa'.replace('a','b',2) }}", "-a-a-a- bba"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("letters, digits and cases are those of Unicode", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"sharp s becomes two letters", "{{ '\u00df'.upper() }}", "SS"},
      {"words after any sign", "{{ \"they're\".title() }} {{ 'a1b'.title() }}", "They'Re A1B"},
      {"letters of any alphabet",
       "{{ '\u00e9'.isalpha() }} {{ 'a1'.isalpha() }} {{ ''.isalpha() }}", "True False False"},
      {"digits of any script",
       "{{ '1\u0968'.isdigit() }} {{ '\u00bd'.isdigit() }} {{ ''.isdigit() }}", "True False False"},
      {"a line below is neither", "{{ 'a_1'.isalnum() }} {{ 'a1'.isalnum() }}", "False True"},
      {"blanks of any width", "{{ ' \u00a0\u3000'.isspace() }} {{ ''.isspace() }}", "True False"},
      {"cases need a letter and no other case",
       "{{ 'ABC1'.isupper() }} {{ 'aBC'.isupper() }} {{ ''.islower() }}", "True False False"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("formats take values by place, by number and by name", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"by number, in any order", "{{ '{1} {0} {1}'.format(1,2) }}", "2 1 2"},
      {"braces that are meant", "{{ '{{a}}'.format() }} {{ '{{{}}}'.format(1) }}", "{a} {1}"},
      {"values that are left over", "{{ '{}'.format(1, 2, a=3) }}", "1"},
      {"a percent sign", "{{ '%%' % () }} {{ '%s%%' % 5 }}", "% 5%"},
      {"a list is one value, a tuple several",
       "{{ '%s' % [1,2] }} {{ '%s-%s' % (1,2) }} {{ '%s' % ((1,2),) }}", "[1, 2] 1-2 (1, 2)"},
      {"numbers are cut", "{{ '%d' % 3.9 }} {{ '%d' % true }}", "3 1"},
      {"none and strings in quotes", "{{ '%s' % none }} {{ '%r' % 'a' }}", "None 'a'"},
      {"a format before it is joined", "{{ '%s' % 'x' ~ 'y' }}", "xy"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("methods of strings refuse what Python refuses", "[text]") {
  for (const char* source :
       {"{{ 'abc'.index('x') }}", "{{ 'abc'.rindex('x') }}", "{{ 'a'.split(',', 'x') }}",
        "{{ '-'.join([1]) }}", "{{ '{}'.format() }}", "{{ '{a}'.format(b=1) }}",
        "{{ '{'.format(1) }}", "{{ '}'.format(1) }}", "{{ '{1}'.format(1) }}",
        "{{ '%s%s' % (1,) }}", "{{ '%s' % () }}", "{{ 'a' % 1 }}", "{{ '%d' % 'a' }}",
        "{{ '%' % 1 }}", "{{ 'a'.upper.x.y }}", "{{ 'a'.count(1) }}",
        "{{ 'a'.replace('a', 1) }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}

TEST_CASE("a number at the end of its range is no trouble as a width or a bound", "[text]") {
  const std::string least = "(-9223372036854775807 - 1)";
  const std::string most = "9223372036854775807";
  for (const char* use : {"'-5'.zfill(N)",
                          "'a'.center(N)",
                          "'a'.ljust(N)",
                          "'a' | center(N)",
                          "'%*d' % (N, 1)",
                          "'%.*f' % (N, 1.5)",
                          "'a'.expandtabs(N)",
                          "'abc'.find('b', N)",
                          "'abc'.count('b', 0, N)",
                          "'abc'[N:]",
                          "'abc'[::N]",
                          "range(3)[::N]",
                          "range(0, 9, 2)[::N]",
                          "range(N, N)[:]",
                          "range(3)[N:]",
                          "[1][N]",
                          "[1].index(1, N)",
                          "'abc' | truncate(N)",
                          "1 | round(N)",
                          "1.5 | round(N)",
                          "'http://a.com' | urlize(N)",
                          "[1] | batch(N, 0) | list",
                          "[1] | slice(N) | list",
                          "'a b' | wordwrap(N)",
                          "'a' | indent(N)",
                          "N | filesizeformat",
                          "'{:{}}'.format(1, N)",
                          "'a b'.split(none, N)",
                          "'aa'.replace('a', 'b', N)",
                          "N | abs",
                          "range(3).index(N)",
                          "N.bit_length()",
                          "'%d' % N",
                          "'{:,}'.format(N)",
                          "'%c' % N"}) {
    for (const std::string& number : {least, most}) {
      std::string source = use;
      source.replace(source.find('N'), 1, number);
      for (std::size_t at = source.find('N'); at != std::string::npos; at = source.find('N'))
        source.replace(at, 1, number);
      CAPTURE(source);
      // A text or a fault, but always an answer.
      CHECK(rendered("{{ " + source + " }}|").size() > 0);
    }
  }
}
