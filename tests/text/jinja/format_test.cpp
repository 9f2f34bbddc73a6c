#include "src/text/jinja/builtins.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

TEST_CASE("the percent sign formats", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a string of anything", "{{ '%s %s %s' % (1, none, [1]) }}", "1 None [1]"},
      {"a spelling", "{{ '%r' % 'a' }}", "'a'"},
      {"an integer, floats cut", "{{ '%d %i' % (1, 2.9) }}", "1 2"},
      {"a percent sign", "{{ '%d%%' % 50 }}", "50%"},
      {"one value needs no tuple", "{{ '%s' % 'a' }} {{ '%s' % [1, 2] }}", "a [1, 2]"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("braces format", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"by place", "{{ '{}{}'.format('a', 'b') }}", "ab"},
      {"by number", "{{ '{1}{0}'.format('a', 'b') }}", "ba"},
      {"by name", "{{ '{x}'.format(x=1) }}", "1"},
      {"doubled braces are braces", "{{ '{{}}'.format() }}", "{}"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("a format that does not fit its values is a fault", "[text]") {
  for (const char* source :
       {"{{ '%s %s' % 1 }}", "{{ '%s' % (1, 2) }}", "{{ '%d' % 'a' }}", "{{ '%x' % 1.5 }}",
        "{{ '%' % 1 }}", "{{ '{}'.format() }}", "{{ '{x}'.format(y=1) }}", "{{ '{'.format(1) }}",
        "{{ '}'.format(1) }}"}) {
    CAPTURE(source);
    CHECK(testing::is_fault(rendered(source)));
  }
}

TEST_CASE("a time is written as strftime writes it", "[text]") {
  const auto [now, format, expected] =
      GENERATE(Catch::Generators::table<const char*, const char*, const char*>(
          {{"2024-07-26T12:00:00", "%d %b %Y", "26 Jul 2024"},
           {"2024-02-29", "%A %j", "Thursday 060"},
           {"1999-12-31T23:59:59", "%H:%M:%S", "23:59:59"},
           {"2024-07-26T12:00:00", "", ""}}));
  CAPTURE(now, format);
  CHECK(jinja::format_time(now, format) == expected);
}

TEST_CASE("what is no time is a fault", "[text]") {
  for (const char* now : {"", "tomorrow", "2024-13-01", "2024-00-10", "2024-01-32",
                          "2024-01-01T24:00:00", "1800-01-01"}) {
    CAPTURE(now);
    CHECK_THROWS_AS(jinja::format_time(now, "%Y"), jinja::TemplateFault);
  }
  CHECK_THROWS_AS(jinja::format_time("2024-01-01", std::string(257, 'x')), jinja::TemplateFault);
}
