// Tests where their subject is unusual; what is written is what Jinja 3.1 writes.
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("each type is what its tests say and nothing else", "[text]") {
  const auto [subject, tests] = GENERATE(Catch::Generators::table<const char*, const char*>({
      {"none", "none"},
      {"true", "true boolean number"},
      {"false", "false boolean number"},
      {"7", "integer number"},
      {"7.0", "float number"},
      {"'a'", "string sequence iterable lower"},
      {"'A'", "string sequence iterable upper"},
      {"[]", "sequence iterable"},
      {"(1,)", "sequence iterable"},
      {"{}", "mapping sequence iterable"},
      {"range(3)", "sequence iterable"},
      {"dict", "callable"},
      {"{'a':1}.items", "callable"},
      {"namespace", "callable"},
  }));
  for (const char* test :
       {"none", "true", "false", "boolean", "integer", "float", "number", "string", "mapping",
        "sequence", "iterable", "callable", "lower", "upper", "undefined"}) {
    CAPTURE(subject, test);
    const std::string padded = " " + std::string(tests) + " ";
    const bool holds = padded.find(" " + std::string(test) + " ") != std::string::npos;
    // The letters of what is written for none, true and a function count as well.
    const bool is_case = test == std::string("lower") || test == std::string("upper");
    if (is_case && padded.find(" string ") == std::string::npos) continue;
    CHECK(rendered("{{ " + std::string(subject) + " is " + test + " }}") ==
          (holds ? "True" : "False"));
  }
}

TEST_CASE("tests of value by the rules of Python", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"what is undefined is an empty sequence",
       "{{ missing is sequence }} {{ missing is iterable }} {{ missing is none }}",
       "True True False"},
      {"an entry that is absent", "{{ {}.a is defined }} {{ none is undefined }}", "False False"},
      {"truths are odd or even", "{{ true is odd }} {{ 0 is even }} {{ -2 is even }}",
       "True True True"},
      {"whole floats are, too", "{{ 3.0 is odd }}", "True"},
      {"divisible below zero", "{{ -10 is divisibleby 5 }} {{ 0 is divisibleby 5 }}", "True True"},
      {"equal across types of numbers",
       "{{ 1 is eq 1.0 }} {{ {'a':1} is eq {'a':1.0} }} {{ (1,2) is eq [1,2] }}",
       "True True False"},
      {"not above and not below itself",
       "{{ 3 is gt 3 }} {{ 3 is lt 3 }} {{ 3 is le 3 }} {{ 3 is ge 3 }}", "False False True True"},
      {"orders of strings and lists", "{{ 'a' is lt 'b' }} {{ [1,2] is lt [1,3] }}", "True True"},
      {"in a tuple, not in a string, in nothing",
       "{{ 1 is in ((1,2)) }} {{ 'x' is not in 'abc' }} {{ 1 is in missing }}", "True True False"},
      {"the same is of one type",
       "{{ 1 is sameas 1.0 }} {{ none is sameas none }} {{ true is sameas true }}",
       "False True True"},
      {"a case needs a letter",
       "{{ '' is lower }} {{ '1' is lower }} {{ 'ab1' is lower }} {{ 'AB1' is upper }}",
       "False False True True"},
      {"a letter of any alphabet", "{{ '\u00c9' is upper }} {{ '\u00e9' is upper }}", "True False"},
      {"names of filters and tests",
       "{{ 'e' is filter }} {{ 'foo' is test }} {{ '==' is test }} {{ 1 is filter }}",
       "True False True False"},
      {"strings are no truths", "{{ 'true' is true }} {{ 0 is false }} {{ none is boolean }}",
       "False False False"},
      {"between or, and, not",
       "{{ 5 is none or 5 is number }} {{ 5 is not none and 5 is not string }}", "True True"},
      {"not binds looser than is", "{{ not 5 is none }}", "True"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("tests refuse what has no order, no remainder and no items", "[text]") {
  for (const char* source :
       {"{{ 1 is lt none }}", "{{ missing is lt 1 }}", "{{ none is odd }}", "{{ 1 is in 5 }}",
        "{{ 1 is in 'a' }}", "{{ 1 is eq }}", "{{ 1 is foo }}", "{{ 'a' is divisibleby 2 }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}
