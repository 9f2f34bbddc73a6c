#include "src/text/jinja/value.hpp"

#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using namespace octavo::jinja;
using octavo::testing::rendered;

TEST_CASE("truth is Python's", "[text]") {
  for (const char* source : {"none", "false", "0", "0.0", "''", "[]", "()", "{}", "missing"}) {
    CAPTURE(source);
    CHECK(rendered("{{ 1 if " + std::string(source) + " else 0 }}") == "0");
  }
  for (const char* source :
       {"true", "1", "-1", "0.1", "' '", "[0]", "(0,)", "{0: 0}", "range", "namespace()"}) {
    CAPTURE(source);
    CHECK(rendered("{{ 1 if " + std::string(source) + " else 0 }}") == "1");
  }
}

TEST_CASE("equality is Python's", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"numbers of all kinds", "{{ 1 == 1.0 }} {{ true == 1 }} {{ 0.0 == false }}",
       "True True True"},
      {"a number and a string never", "{{ 1 == '1' }}", "False"},
      {"lists by their items", "{{ [1, [2]] == [1, [2]] }} {{ [1] == [1, 2] }}", "True False"},
      {"a list and a tuple never", "{{ [1] == (1,) }}", "False"},
      {"dictionaries without order", "{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}", "True"},
      {"none is itself alone", "{{ none == none }} {{ none == false }}", "True False"},
      {"what is undefined equals what is undefined", "{{ x == y }} {{ x == none }}", "True False"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
}

TEST_CASE("order is Python's", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"numbers", "{{ 1 < 1.5 }} {{ true < 2 }}", "True True"},
      {"strings by their characters", "{{ 'a' < 'b' }} {{ 'B' < 'a' }} {{ 'a' < 'ab' }}",
       "True True True"},
      {"lists item by item", "{{ [1, 2] < [1, 3] }} {{ [1] < [1, 0] }}", "True True"},
      {"large numbers are not rounded", "{{ 9007199254740993 > 9007199254740992 }}", "True"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
  for (const char* wrong :
       {"{{ 1 < 'a' }}", "{{ none < 1 }}", "{{ [] < {} }}", "{{ {} < {} }}", "{{ x < 1 }}"}) {
    CAPTURE(wrong);
    CHECK(testing::is_fault(rendered(wrong)));
  }
}

TEST_CASE("membership is Python's", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a part of a string", "{{ 'b' in 'abc' }} {{ '' in 'a' }} {{ 'x' in 'abc' }}",
       "True True False"},
      {"an item of a list", "{{ 1.0 in [1] }} {{ [1] in [[1]] }}", "True True"},
      {"a key of a dictionary", "{{ 'a' in {'a': 1} }} {{ 1 in {'a': 1} }}", "True False"},
  }));
  CAPTURE(rule);
  CHECK(rendered(source) == expected);
  CHECK(testing::is_fault(rendered("{{ 1 in 'a' }}")));
  CHECK(testing::is_fault(rendered("{{ 1 in 1 }}")));
}

TEST_CASE("a dictionary keeps the order of insertion and one entry a key", "[text]") {
  Dict dict;
  dict.set(Value(std::int64_t{1}), Value::text("a"));
  dict.set("x", Value::text("b"));
  dict.set(Value(true), Value::text("c"));
  REQUIRE(dict.items().size() == 2);
  CHECK(dict.items()[0].second.as_text().bytes() == "c");
  CHECK(dict.items()[0].first.is_int());
  CHECK(dict.find("x")->as_text().bytes() == "b");
  CHECK(dict.find("y") == nullptr);
}

TEST_CASE("an extent counts shared parts each time", "[text]") {
  Value value(std::vector<Value>{});
  for (int i = 0; i < 10; ++i) value = Value(std::vector<Value>{value, value});
  CHECK(value.extent().weight >= 1024);
  CHECK(value.extent().depth >= 10);
}
