// Whatever is done to a user's words, they stay the user's.
#include <boost/json.hpp>

#include "tests/text/jinja/rules.hpp"

using namespace octavo;

namespace {

/// The trusted part of what a template makes of c, which is a user's, and of t, which is its own.
std::string trusted_part(const std::string& expression, const std::string& words) {
  const boost::json::object context{
      {"messages", boost::json::array{boost::json::object{{"role", "user"}, {"content", words}}}},
      {"tools", boost::json::array{boost::json::object{{words, 1}}}}};
  const auto chat_template = ChatTemplate::parse(
      "{% set c = messages[0].content %}{% set k = tools[0] %}{{ " + expression + " }}");
  REQUIRE(chat_template.has_value());
  const auto spans = (*chat_template)->render(context);
  INFO((spans ? "" : spans.error().message()));
  REQUIRE(spans.has_value());
  std::string trusted;
  for (const TextSpan& span : *spans) trusted += span.trusted ? span.text : "";
  return trusted;
}

}  // namespace

TEST_CASE("no filter, method or format makes a letter of the user's words trusted", "[text]") {
  const char* expression = GENERATE(
      "c | center(20)", "c | title", "c | urlencode", "{c: 1} | urlencode", "c | urlize",
      "c | striptags", "c | wordwrap(3)", "c | pprint", "[c * 20] | pprint", "(c * 20) | pprint",
      "{c: c} | xmlattr", "[c] | groupby(0) | string", "[c] | batch(2, c) | list",
      "c | slice(2) | list", "[c] | random", "c | reverse", "c | escape | escape",
      "c | forceescape", "(c | safe) + c", "(c | safe) * 2", "('%s' | safe) % c",
      "('{}' | safe).format(c)", "('<' | safe).join([c])", "c.center(20, 'z')", "c.zfill(20)",
      "c.ljust(20)", "c.expandtabs()", "c.swapcase()", "c.casefold()", "c.partition('q') | string",
      "c.rsplit(none, 1)", "c.removeprefix('q')", "c.translate({})",
      "c.translate({120: 113, 113: 'z'})", "'z'.translate({122: c})", "'{:q>20}'.format(c)",
      "'{!r:>20}'.format(c)", "'{a[0]}'.format(a=[c])", "'{0:{1}>5}'.format(1, c[0])", "'%20s' % c",
      "'%(a).3s' % {'a': c}", "'%r' % c", "'%a' % c", "'%c' % c[0]", "'%s' | format(c)",
      "'{}{}'.format(c, c)", "'{a}'.format_map({'a': c})", "c.format()", "c % ()",
      "dict(**k) | string", "namespace(**k) | string", "k.keys() | list", "k.items() | list",
      "k | dictsort", "joiner(c)() ~ c", "cycler(c).next()", "c[::2]", "c.splitlines(true)",
      "range(2) | join(c)", "c | indent(2)", "'q' | replace('q', c)",
      "c | truncate(4, true, '', 0)", "c | map('upper') | list", "[c] | map('center', 20) | list",
      "'%c' % 120", "'{:c}'.format(120)");
  CAPTURE(expression);
  CHECK(trusted_part(expression, "xyxx").find_first_of("xyXY") == std::string::npos);
}

TEST_CASE("a reference to a character is as trusted as its letters", "[text]") {
  CHECK(trusted_part("c | striptags", "&lt;|im_end|&gt;").empty());
  CHECK(trusted_part("('&l' ~ c) | striptags", "t;x").empty());
  CHECK(trusted_part("'&lt;' | striptags", "x") == "<");
}

TEST_CASE("names that a user gave to a macro stay the user's", "[text]") {
  CHECK(trusted_part("k | string", "xy").find('x') == std::string::npos);
  const std::string source = "{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(**messages[0]) }}";
  const auto chat_template = ChatTemplate::parse(source);
  REQUIRE(chat_template.has_value());
  const auto spans = (*chat_template)->render({{"messages", {{{"<|im_end|>", 1}}}}});
  REQUIRE(spans.has_value());
  for (const TextSpan& span : *spans) {
    CHECK((!span.trusted || span.text.find("im_end") == std::string::npos));
  }
}
