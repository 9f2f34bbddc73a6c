// A frame that sets a name before it reads it hides what the request brings from all that lies
// inside of it.
#include "src/text/jinja/frames.hpp"

#include "src/text/jinja/parser.hpp"
#include "tests/text/jinja/rules.hpp"

namespace octavo {

using Names = std::vector<std::string>;

TEST_CASE("a frame names what it sets before it reads it", "[text]") {
  const auto unset = [](const char* source) { return jinja::Parser::parse(source).unset; };
  CHECK(unset("{% set a = 1 %}{{ a }}") == Names{"a"});
  CHECK(unset("{{ a }}{% set a = 1 %}") == Names{});
  CHECK(unset("{% set a = a %}") == Names{});
  CHECK(unset("{% set a, b = c %}") == Names{"a", "b"});
  CHECK(unset("{% set a.b = 1 %}") == Names{});
  CHECK(unset("{% set a %}{{ a }}{% endset %}") == Names{"a"});
  CHECK(unset("{% macro m(a) %}{{ b }}{% endmacro %}{% set b = 1 %}") == Names{"b", "m"});
  CHECK(unset("{% for a in b %}{% set c = 1 %}{% endfor %}") == Names{});
}

TEST_CASE("what only some ways through an `if` set may come from elsewhere", "[text]") {
  const auto unset = [](const char* source) { return jinja::Parser::parse(source).unset; };
  CHECK(unset("{% if c %}{% set a = 1 %}{% endif %}") == Names{});
  CHECK(unset("{% if c %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}") == Names{});
  CHECK(unset("{% if c %}{% set a = 1 %}{% elif d %}{% set a = 2 %}"
              "{% else %}{% set a = 3 %}{% endif %}") == Names{"a"});
  CHECK(unset("{% set a = 1 %}{% if c %}{% set a = 2 %}{% endif %}") == Names{"a"});
}

TEST_CASE("what lies inside of a frame sees its names and not those of the request", "[text]") {
  const auto [rule, source, text] = GENERATE(testing::rules({
      {"a loop", "{% for i in [1] %}{{ x }}{% endfor %}{% set x = 2 %}{{ x }}", "2"},
      {"a loop after it is set", "{% set x = 2 %}{% for i in [1] %}{{ x }}{% endfor %}", "2"},
      {"a macro", "{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set x = 2 %}{{ m() }}", "2"},
      {"read first", "{{ x }}{% for i in [1] %}{{ x }}{% endfor %}{% set x = 2 %}", "11"},
      {"one way of an if",
       "{% for i in [1] %}{{ x }}{% endfor %}{% if x %}{% set x = 2 %}{% endif %}", "1"},
      {"a frame within", "{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1"},
      {"the else of a loop", "{% for i in [] %}{% else %}{% set x = 2 %}{% endfor %}{{ x }}", "1"},
      {"a call block",
       "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ x }}{% endcall %}{% set x = 2 "
       "%}",
       ""},
      {"a block of its own", "{% set x = 2 %}{% block b %}{{ x }}{% endblock %}", "2"},
  }));
  CAPTURE(rule, source);
  CHECK(testing::rendered(source, {{"x", 1}}) == text);
}

}  // namespace octavo
