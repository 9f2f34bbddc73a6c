// What nobody has is refused when a model is loaded, not when a request renders.
#include "src/text/jinja/name_uses.hpp"

#include "tests/text/jinja/rules.hpp"

using namespace octavo;

TEST_CASE("a template that asks for what is nowhere does not load, even where it never runs",
          "[text]") {
  for (const char* asks :
       {"{{ x | nope }}", "{{ x is nope }}", "{{ nope() }}", "{{ x | map('nope') | list }}",
        "{{ x | select('nope') }}", "{{ x | reject('nope') }}", "{{ x | selectattr('a', 'nope') }}",
        "{{ x | rejectattr('a', 'nope') }}", "{% filter nope %}{% endfilter %}",
        "{% set x | nope %}{% endset %}", "{% call nope() %}{% endcall %}", "{{ nope(1).x }}",
        "{{ [nope()] }}", "{{ super() }}", "{{ _('a') }}", "{{ x.y | upper | nope }}",
        "{% macro m(a=nope()) %}{% endmacro %}", "{{ lipsum() }}", "{{ x is not nope }}"}) {
    CAPTURE(asks);
    CHECK_FALSE(ChatTemplate::parse(asks).has_value());
    CHECK_FALSE(ChatTemplate::parse("{% if false %}" + std::string(asks) + "{% endif %}"));
  }
}

TEST_CASE("what may be there when a request renders is waited for", "[text]") {
  for (const char* source :
       {"{% if f is defined %}{{ f() }}{% endif %}", "{% if f %}{{ f() }}{% endif %}",
        "{% macro m(f) %}{{ f() }}{% endmacro %}", "{% set f = range %}{{ f(1) }}",
        "{% for f in [range] %}{{ f(1) }}{% endfor %}", "{{ m() }}{% macro m() %}{% endmacro %}",
        "{{ x.nope() }}", "{{ x | map(name) }}", "{% with f = range %}{{ f(2) }}{% endwith %}",
        "{{ strftime_now('%Y') }}", "{{ x | map(attribute='nope') }}"}) {
    CAPTURE(source);
    CHECK(ChatTemplate::parse(source).has_value());
  }
}

TEST_CASE("a name is read where it is not set before", "[text]") {
  jinja::NameUses names;
  names.read("a");
  names.set("b");
  names.read("b");
  CHECK(names.reads_since(0, "a"));
  CHECK_FALSE(names.reads_since(1, "a"));
  CHECK_FALSE(names.reads_since(0, "b"));
  CHECK(names.reads_since(2, "b"));
}
