#include "src/text/jinja/builtins.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using namespace octavo::jinja;

namespace {

Args arguments(std::vector<Value> positional,
               std::vector<std::pair<std::string, Value>> named = {}) {
  return {std::move(positional), std::move(named)};
}

}  // namespace

TEST_CASE("an argument is found by its place or by its name", "[text]") {
  const Args args = arguments({Value(std::int64_t{1})}, {{"c", Value(std::int64_t{3})}});
  const Bound bound(args, {"a", "b", "c"});
  CHECK(bound.need(0).as_int() == 1);
  CHECK(bound.get(1) == nullptr);
  CHECK(bound.need(2).as_int() == 3);
}

TEST_CASE("an absent argument has its default", "[text]") {
  const Args args = arguments({});
  const Bound bound(args, {"a", "b", "c"});
  CHECK(bound.flag(0, true));
  CHECK_FALSE(bound.flag(0, false));
  CHECK(bound.integer(1, 7) == 7);
  CHECK(bound.text(2, "x").bytes() == "x");
}

TEST_CASE("none is no integer, but for those arguments that may be none", "[text]") {
  const Args args = arguments({Value(nullptr), Value(1.5), Value(true)});
  const Bound bound(args, {"a", "b", "c"});
  CHECK(bound.integer_or_none(0, 7) == 7);
  CHECK_THROWS_AS(bound.integer(0, 7), TemplateFault);
  CHECK_THROWS_AS(bound.text(0, "x"), TemplateFault);
  CHECK_FALSE(bound.flag(0, true));
  CHECK_THROWS_AS(bound.integer(1, 7), TemplateFault);
  CHECK(bound.integer(2, 7) == 1);
}

TEST_CASE("an argument is given once, and by place where it has no name", "[text]") {
  const Args twice = arguments({Value(true)}, {{"a", Value(true)}});
  CHECK_THROWS_AS(Bound(twice, {"a", "b"}), TemplateFault);
  const Args named = arguments({}, {{"a", Value(true)}});
  CHECK(Bound(named, {"a"}).get(0) != nullptr);
  CHECK_THROWS_AS(Bound(named, {"a"}, Bound::By::kPlace), TemplateFault);
}

TEST_CASE("wrong arguments are faults that name them", "[text]") {
  const auto fault_of = [](const auto& action) {
    try {
      action();
    } catch (const TemplateFault& fault) {
      return fault.message;
    }
    return std::string("none");
  };
  const Args many = arguments({Value(true), Value(true)});
  CHECK(fault_of([&] { Bound(many, {"a"}); }).find("2 arguments where 1") != std::string::npos);
  const Args unknown = arguments({}, {{"z", Value(true)}});
  CHECK(fault_of([&] { Bound(unknown, {"a"}); }).find("'z'") != std::string::npos);
  const Args none = arguments({});
  CHECK(fault_of([&] { Bound(none, {"a"}).need(0); }).find("'a' is missing") != std::string::npos);
  const Args text = arguments({Value::text("x")});
  CHECK(fault_of([&] {
          static_cast<void>(Bound(text, {"a"}).integer(0, 1));
        }).find("'a' must be an integer") != std::string::npos);
}

TEST_CASE("what a loop goes over", "[text]") {
  CHECK(items_of(Value(Undefined{"x"})).empty());
  CHECK(items_of(Value::text("a\u00e9")).size() == 2);
  Dict dict;
  dict.set("k", Value(true));
  REQUIRE(items_of(Value(dict)).size() == 1);
  CHECK(items_of(Value(dict))[0].as_text().bytes() == "k");
  CHECK_THROWS_AS(items_of(Value(std::int64_t{3})), TemplateFault);
  CHECK_THROWS_AS(items_of(Value(nullptr)), TemplateFault);
}
