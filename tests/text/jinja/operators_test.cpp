#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("arithmetic is Python's", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"/ gives a float", "{{ 4 / 2 }}", "2.0"},
      {"// rounds down", "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ -7 // -2 }}", "3 -4 -4 3"},
      {"% has the sign of the divisor", "{{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -7 % -3 }}",
       "1 2 -2 -1"},
      {"the same of floats", "{{ 7.5 // 2 }} {{ -7.5 % 2 }}", "3.0 0.5"},
      {"a float makes a float", "{{ 1 + 1.0 }} {{ 2 * 0.5 }}", "2.0 1.0"},
      {"a power of integers is one", "{{ 2 ** 10 }} {{ 0 ** 0 }}", "1024 1"},
      {"a negative exponent makes a float", "{{ 2 ** -1 }}", "0.5"},
      {"booleans count", "{{ true + true }} {{ true * 3 }}", "2 3"},
      {"signs", "{{ -1 }} {{ +1 }} {{ --1 }} {{ -true }}", "-1 1 1 -1"},
      {"the largest integer", "{{ 170141183460469231731687303715884105727 }}",
       "170141183460469231731687303715884105727"},
      {"the least integer", "{{ -170141183460469231731687303715884105727 - 1 }}",
       "-170141183460469231731687303715884105728"},
      {"beyond 64 bits",
       "{{ 9223372036854775807 + 1 }} {{ 2 ** 64 }} {{ 10 ** 20 // 7 }} {{ -(2 ** 70) % 1000 }}",
       "9223372036854775808 18446744073709551616 14285714285714285714 576"},
      {"large numbers are compared exactly",
       "{{ 2 ** 64 == 2 ** 64 + 1 }} {{ 2 ** 64 < 2 ** 64 + 1 }}", "False True"},
      {"the least by -1 leaves no rest",
       "{{ (-170141183460469231731687303715884105727 - 1) % -1 }}", "0"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("what does not fit 128 bits is a fault, never a wrong number", "[text]") {
  for (const char* source : {"{{ 170141183460469231731687303715884105727 + 1 }}",
                             "{{ -170141183460469231731687303715884105727 - 2 }}",
                             "{{ 170141183460469231731687303715884105727 * 2 }}", "{{ 3 ** 81 }}",
                             "{{ (-170141183460469231731687303715884105727 - 1) // -1 }}",
                             "{{ -(-170141183460469231731687303715884105727 - 1) }}",
                             "{{ (-170141183460469231731687303715884105727 - 1) | abs }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}

TEST_CASE("division by zero is a fault", "[text]") {
  for (const char* source : {"{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 1.0 / 0.0 }}",
                             "{{ 1.0 // 0 }}", "{{ 1 % 0.0 }}"}) {
    CAPTURE(source);
    CHECK(rendered(source).find("Division by zero") != std::string::npos);
  }
}

TEST_CASE("strings and lists add and repeat", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"strings add", "{{ 'a' + 'b' }}", "ab"},
      {"lists add", "{{ [1] + [2] }}", "[1, 2]"},
      {"tuples add", "{{ (1,) + (2,) }}", "(1, 2)"},
      {"a string repeats, on either side", "{{ 'ab' * 2 }} {{ 2 * 'ab' }}", "abab abab"},
      {"a list repeats", "{{ [1, 2] * 2 }}", "[1, 2, 1, 2]"},
      {"below one time is nothing", "{{ 'ab' * 0 }}{{ 'ab' * -1 }}{{ [1] * -1 }}", "[]"},
      {"~ joins anything", "{{ 1 ~ 'a' ~ none ~ [1] }}", "1aNone[1]"},
      {"% formats", "{{ '%s-%d' % ('a', 2) }}", "a-2"},
      {"a sum leaves its operands as they were", "{% set a = [1] %}{% set b = a + [2] %}{{ a }}",
       "[1]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("operands that do not go together are a fault that names both types", "[text]") {
  const auto [source, left, right] =
      GENERATE(Catch::Generators::table<const char*, const char*, const char*>(
          {{"{{ 'a' + 1 }}", "'str'", "'int'"},
           {"{{ 1 + 'a' }}", "'int'", "'str'"},
           {"{{ [1] + (2,) }}", "'list'", "'tuple'"},
           {"{{ none + 1 }}", "'NoneType'", "'int'"},
           {"{{ {} + {} }}", "'dict'", "'dict'"},
           {"{{ 'a' - 'b' }}", "'str'", "'str'"},
           {"{{ 'a' * 1.0 }}", "'str'", "'float'"}}));
  CAPTURE(source);
  const std::string fault = rendered(source);
  CHECK(fault.find(left) != std::string::npos);
  CHECK(fault.find(right) != std::string::npos);
  CHECK(rendered("{{ missing + 1 }}").find("'missing' is undefined") != std::string::npos);
}
