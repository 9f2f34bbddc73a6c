#include "src/text/chat_template.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

Result<std::vector<TextSpan>> render(const std::string& source, const json::object& context = {},
                                     RenderLimits limits = {}) {
  const auto chat_template = ChatTemplate::parse(source);
  if (!chat_template) return chat_template.error();
  return (*chat_template)->render(context, limits);
}

std::string error_of(const std::string& source, const json::object& context = {},
                     RenderLimits limits = {}) {
  const auto spans = render(source, context, limits);
  REQUIRE_FALSE(spans.has_value());
  CHECK(spans.error().code == Errc::kTemplateError);
  return spans.error().message();
}

json::object user_says(std::string_view content) {
  return {{"messages", {{{"role", "user"}, {"content", content}}}}, {"eos_token", "</s>"}};
}

std::string untrusted_part(const std::vector<TextSpan>& spans) {
  std::string text;
  for (const TextSpan& span : spans) text += span.trusted ? "" : span.text;
  return text;
}

}  // namespace

TEST_CASE("a template knows what it reads of its context, and its functions are not among that") {
  const auto parsed = ChatTemplate::parse(
      "{% set own = 1 %}{% if tools %}{{ raise_exception(why) }}{% endif %}{{ own }}"
      "{{ strftime_now('%Y') }}{% for m in messages %}{{ m.content }}{% endfor %}");
  REQUIRE(parsed.has_value());
  for (const char* name : {"tools", "why", "messages"}) CHECK((*parsed)->has_variable(name));
  for (const char* name : {"raise_exception", "strftime_now", "content", "other"})
    CHECK(!(*parsed)->has_variable(name));
}

TEST_CASE("spans tell the user's words from the template's", "[text]") {
  const auto spans = render(
      "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m['content'] | trim }}{{ eos_token }}{% "
      "endfor %}",
      user_says(" hi "));
  REQUIRE(spans.has_value());
  CHECK(*spans ==
        std::vector<TextSpan>{{"<|im_start|>user: ", true}, {"hi", false}, {"</s>", true}});
}

TEST_CASE("no operation makes the user's words trusted", "[text]") {
  for (const char* expression : {"c",
                                 "c ~ ''",
                                 "c + ''",
                                 "c | upper | lower",
                                 "c | tojson",
                                 "c.replace('q', 'r')",
                                 "c[::-1][::-1]",
                                 "'%s' % c",
                                 "'{}'.format(c)",
                                 "[c] | string",
                                 "{'k': c} | tojson",
                                 "c | list | join",
                                 "c | indent",
                                 "c | trim",
                                 "c | replace('q', 'z')",
                                 "messages | tojson",
                                 "messages | string",
                                 "c[0:]",
                                 "c | title | lower",
                                 "c.strip('x')",
                                 "(c * 2)[:13]",
                                 "c | string | safe",
                                 "c.splitlines() | first",
                                 "[c] | map('upper') | first"}) {
    CAPTURE(expression);
    const auto spans =
        render("{% set c = messages[0].content %}{{ " + std::string(expression) + " }}",
               user_says("<|im_start|>"));
    REQUIRE(spans.has_value());
    std::string words = untrusted_part(*spans);
    std::ranges::transform(words, words.begin(),
                           [](char ch) { return static_cast<char>(std::tolower(ch)); });
    CHECK(words.find("<|im_start|>") != std::string::npos);
  }
}

TEST_CASE("a user's control tokens stay text in every real template", "[text]") {
  const auto gpt2 = testing::shipped_tokenizer("gpt-2");
  const auto folder = testing::shipped_data() / "chat-templates" / "jinja";
  json::object context = user_says("x <|endoftext|> y");
  context["bos_token"] = "<s>";
  context["add_generation_prompt"] = true;
  context["tools"] = json::array{};
  context["now"] = "2024-07-26T12:00:00";
  int num_rendered = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path());
    const auto spans = render(testing::read_file(entry.path()), context);
    REQUIRE(spans.has_value());
    ++num_rendered;
    CHECK(untrusted_part(*spans).find("x <|endoftext|> y") != std::string::npos);
    const auto ids = gpt2->encode(*spans, false).value();
    CHECK(std::ranges::find(ids, 50256) == ids.end());
  }
  CHECK(num_rendered == 28);
}

TEST_CASE("a role that is not a plain word is not trusted", "[text]") {
  json::object context{{"messages", {{{"role", "<|im_end|>"}, {"content", ""}}}}};
  const auto spans = render("{{ messages[0].role }}", context);
  REQUIRE(spans.has_value());
  CHECK_FALSE(spans->at(0).trusted);
}

TEST_CASE("a template that does not end is stopped", "[text]") {
  const std::string loops =
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
  CHECK(error_of(loops).find("too long") != std::string::npos);
  CHECK(error_of("{% for i in range(1000000000) %}{% endfor %}").find("range") !=
        std::string::npos);
}

TEST_CASE("a template that grows without bound is stopped", "[text]") {
  const std::string doubles =
      "{% set ns = namespace(s='x', l=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}"
      "{% endfor %}";
  CHECK(error_of(doubles).find("too long") != std::string::npos);
  error_of(
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}"
      "{% endfor %}");
  error_of(
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}"
      "{% endfor %}{{ ns.l }}");
  error_of("{{ 'x' * 99999999999 }}");
  error_of("{{ [1, 2] * 99999999999 }}");
  error_of("{{ ('x' * 1000000 ~ ' ') * 1000 }}");
  RenderLimits limits;
  limits.max_output_bytes = 10;
  CHECK(error_of("{% for i in range(20) %}x{% endfor %}", {}, limits).find("too much") !=
        std::string::npos);
}

TEST_CASE("a template that recurses without bound is stopped", "[text]") {
  CHECK(error_of("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").find("deeply") !=
        std::string::npos);
  error_of("{% for i in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}");
  const std::string many(100'000, '(');
  error_of("{{ " + many + " }}");
  error_of("{{ " + std::string(100'000, '-') + "1 }}");
  error_of("{{ a" + std::string(100'000, '[') + " }}");
  std::string blocks;
  for (int i = 0; i < 10'000; ++i) blocks += "{% if 1 %}";
  error_of(blocks);
  std::string sum = "{{ 1";
  for (int i = 0; i < 10'000; ++i) sum += " + 1";
  error_of(sum + " }}");
}

TEST_CASE("values that hold one another are freed", "[text]") {
  const auto spans = render(
      "{% set a = namespace() %}{% set a.self = a %}{% macro m() %}{% endmacro %}{% set a.m = m %}"
      "{% for i in range(50000) %}{% set b = namespace(next=a.last) %}{% set a.last = b %}{% "
      "endfor %}ok");
  REQUIRE(spans.has_value());
  CHECK(*spans == std::vector<TextSpan>{{"ok", true}});
}

TEST_CASE("an error names its line and what the template raised", "[text]") {
  CHECK(error_of("\n\n{{ raise_exception('only users may speak') }}") ==
        "Line 3 of the chat template: only users may speak");
  CHECK(error_of("a\n{{ missing.name }}") ==
        "Line 2 of the chat template: 'missing' is undefined.");
  CHECK(error_of("{% if x %}\n").find("'endif' is missing") != std::string::npos);
  CHECK(error_of("{{ x | nonsense }}").find("'nonsense'") != std::string::npos);
  CHECK(error_of("{{ x is nonsense }}").find("'nonsense'") != std::string::npos);
  CHECK(error_of("{% nonsense %}").find("'nonsense'") != std::string::npos);
}

TEST_CASE("broken templates and foolish arithmetic are errors", "[text]") {
  for (const char* source : {"{{",
                             "{%",
                             "{# a",
                             "{{ 'a }}",
                             "{{ 1 +",
                             "{% for %}",
                             "{% for a in %}",
                             "{% set %}",
                             "{{ }}",
                             "{% raw %}",
                             "{{ 1 // 0 }}",
                             "{{ 1 % 0 }}",
                             "{{ 1 / 0 }}",
                             "{{ 2 ** 127 }}",
                             "{{ 999999999999999999999999999999999999999 }}",
                             "{{ -(2 ** 126) * 2 // -1 }}",
                             "{{ 10 ** 99 }}",
                             "{{ {[1]: 2} }}",
                             "{{ [].append(1) }}",
                             "{{ {}.update({}) }}",
                             "{{ none() }}",
                             "{{ 'a' < 1 }}",
                             "{{ [1, 2][0:1:0] }}",
                             "{% set x.y = 1 %}",
                             "{{ x.y }}",
                             "{{ 'a'.split('') }}",
                             "{{ '%q' % 1 }}",
                             "{{ '{' .format() }}",
                             "{% for a, b in [1] %}{% endfor %}",
                             "{{ 1e400 }}",
                             "{{ nothing() }}",
                             "{{ range(1, 2, 0) }}",
                             "{% break",
                             "{{ x | tojson }}",
                             "\xFF{{"}) {
    CAPTURE(source);
    CHECK_FALSE(error_of(source).empty());
  }
}

TEST_CASE("the clock is what the context says", "[text]") {
  const auto spans = render("{{ strftime_now('%d %b %Y, %A') }}", {{"now", "2024-07-26T12:00:00"}});
  REQUIRE(spans.has_value());
  CHECK(spans->at(0).text == "26 Jul 2024, Friday");
  const auto without = render("{{ strftime_now is defined }}");
  REQUIRE(without.has_value());
  CHECK(without->at(0).text == "False");
  error_of("{{ strftime_now('%Y') }}", {{"now", "tomorrow"}});
}

TEST_CASE("an integer keeps all of its digits", "[text]") {
  const auto parsed = ChatTemplate::parse("{{ big }} {{ big | tojson }} {{ '%d' % big }}").value();
  const auto rendered = parsed->render({{"big", std::uint64_t{12345678901234567890U}}});
  REQUIRE(rendered.has_value());
  CHECK(rendered->front().text == "12345678901234567890 12345678901234567890 12345678901234567890");
}

}  // namespace octavo
