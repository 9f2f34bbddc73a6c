// Filters of strings and numbers where their input is unusual; what is written is what Jinja 3.1
// writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("filters of strings take other values as they are written", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"numbers and none", "{{ 1 | trim }}{{ none | trim }}{{ none | lower }}{{ 1 | upper }}",
       "1Nonenone1"},
      {"what is undefined is empty", "[{{ missing | trim }}{{ missing | upper }}]", "[]"},
      {"lists", "{{ [1,'a'] | string | length }}", "8"},
      {"digits are replaced", "{{ 123 | replace(2,'x') }}", "1x3"},
      {"no times", "{{ 'aaa' | replace('a','b',0) }}", "aaa"},
      {"a count by name", "{{ 'aaa' | replace('a','b',count=1) }}", "baa"},
      {"between all characters", "{{ 'abc' | replace('','-') }} {{ 'abc' | replace('','-',2) }}",
       "-a-b-c- -a-bc"},
      {"a set of characters", "{{ 'xyayx' | trim('xy') }}", "a"},
      {"the first character of a text",
       "{{ '' | capitalize }}{{ '\u00e9"
       "a \u00c9"
       "B' | capitalize }}",
       "\u00c9"
       "a \u00e9"
       "b"},
      {"words after signs", "{{ 'foo-bar (baz)' | title }}", "Foo-Bar (Baz)"},
      {"words between blanks",
       "{{ 'a b  c' | wordcount }}{{ '' | wordcount }}{{ '\u00e9 \u00fc' | wordcount }}", "302"},
      {"what is escaped is safe",
       "{{ ('<a>' | e) is escaped }} {{ ('<a>' | safe) is escaped }} {{ '<a>' is escaped }}",
       "True True False"},
      {"escaping by force", "{{ '<a>' | e | forceescape }}", "&amp;lt;a&amp;gt;"},
      {"a format of a list",
       "{{ '%s' | format([1]) }} {{ '%d%%' | format(5) }} {{ '%r' | format('a') }}", "[1] 5% 'a'"},
      {"a format of floats and truths", "{{ '%d' | format(3.7) }} {{ '%i' | format(true) }}",
       "3 1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("lines are indented from the second on, blank ones where asked for", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"by four", "{{ 'a\nb\nc' | indent }}", "a\n    b\n    c"},
      {"a line of blanks is not blank", "{{ 'a\n  \nb' | indent(2) }}|", "a\n    \n  b|"},
      {"the end of a line is no line", "{{ 'a\n\nb\n' | indent(2) }}|", "a\n\n  b\n|"},
      {"unless blank lines count", "{{ 'a\n' | indent(2, blank=true) }}|", "a\n  |"},
      {"an empty text has a first line", "{{ '' | indent(2, true) }}|", "  |"},
      {"by nothing", "{{ 'a\nb' | indent(0, true) }}|", "a\nb|"},
      {"a first line that is blank", "{{ '\na' | indent(2, true) }}|", "  \n  a|"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a text is cut to its length, at a word where there is one", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a little too long is let be", "{{ 'foo bar baz qux' | truncate(11) }}", "foo bar baz qux"},
      {"more than that is cut", "{{ 'foo bar baz qux' | truncate(9) }}", "foo..."},
      {"without leeway", "{{ 'foo bar baz qux' | truncate(11, false, '...', 0) }}", "foo bar..."},
      {"one word is cut within", "{{ 'foobarbazqux' | truncate(5, false, '...', 0) }}", "fo..."},
      {"only the end fits", "{{ 'foobarbazqux' | truncate(3, true, '...', 0) }}", "..."},
      {"no end", "{{ 'foobarbazqux' | truncate(5, true, '', 0) }}", "fooba"},
      {"another end", "{{ 'foobarbazqux' | truncate(5, end='>', leeway=0) }}", "foob>"},
      {"as long as asked for", "{{ 'foo' | truncate(3, leeway=0) }}", "foo"},
      {"one longer", "{{ 'fooo' | truncate(3, leeway=0) }} {{ 'fooo' | truncate(3) }}", "... fooo"},
      {"by names", "{{ 'foo bar' | truncate(length=6, leeway=0, killwords=true, end='!') }}",
       "foo b!"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("numbers are read from what is one, and the default stands for the rest", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"signs and blanks",
       "{{ '-42' | int }} {{ '+42' | int }} {{ ' 42\n' | int }} {{ '- 1' | int }}", "-42 42 42 0"},
      {"fractions and exponents are cut",
       "{{ '42.7' | int }} {{ '-42.7' | int }} {{ '1e3' | int }}", "42 -42 1000"},
      {"no digits",
       "{{ '' | int }} {{ 'abc' | int(-1) }} {{ 'abc' | int(default=7) }} {{ '++1' | int }}",
       "0 -1 7 0"},
      {"other kinds", "{{ none | int }} {{ none | int(3) }} {{ true | int }} {{ [] | int }}",
       "0 3 1 0"},
      {"what is no finite number", "{{ 'nan' | int }} {{ 'inf' | int(4) }}", "0 4"},
      {"bases",
       "{{ 'ff' | int(0,16) }} {{ '0XFF' | int(base=16) }} {{ '12' | int(base=8) }} {{ 'zz' | "
       "int(base=36) }}",
       "255 255 10 1295"},
      {"digits beyond a base", "{{ '9' | int(base=8) }} {{ '2' | int(5, 2) }}", "9 2"},
      {"floats", "{{ '-1.5' | float }} {{ ' 1.5 ' | float }} {{ '1e3' | float }} {{ '1' | float }}",
       "-1.5 1.5 1000.0 1.0"},
      {"floats with half a point", "{{ '.5' | float }} {{ '5.' | float }}", "0.5 5.0"},
      {"floats of other kinds",
       "{{ true | float }} {{ none | float }} {{ 'x' | float(default='a') }}", "1.0 0.0 a"},
      {"floats beyond all", "{{ 'inf' | float }} {{ 'nan' | float }}", "inf nan"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("halves are rounded to even, and by method up or down", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"halves", "{{ 0.5 | round }} {{ 1.5 | round }} {{ -2.5 | round }}", "0.0 2.0 -2.0"},
      {"digits", "{{ 1.25 | round(1) }} {{ 0.25 | round(1) }} {{ 2.344 | round(2) }}",
       "1.2 0.2 2.34"},
      {"tens", "{{ 1234.5 | round(-2) }}", "1200.0"},
      {"up", "{{ 42.55 | round(1, 'ceil') }} {{ -2.1 | round(0, 'ceil') }}", "42.6 -2.0"},
      {"down", "{{ 42.55 | round(1, 'floor') }} {{ -2.1 | round(0, 'floor') }}", "42.5 -3.0"},
      {"far beyond", "{{ 1e300 | round(2) }}", "1e+300"},
      {"then whole", "{{ 42.4 | round | int }}", "42"},
      {"truths have magnitudes", "{{ true | abs }}", "1"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("filters of strings refuse too few and too many values, and no number", "[text]") {
  for (const char* source :
       {"{{ '%s' | format }}", "{{ '%s %s' | format(1) }}", "{{ 'x' | format(1) }}",
        "{{ none | abs }}", "{{ '2.5' | round }}", "{{ 'a' | truncate('b') }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
