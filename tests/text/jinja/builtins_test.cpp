#include "src/text/jinja/builtins.hpp"

#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using namespace octavo::jinja;

namespace {

Value number(std::int64_t value) { return Value(value); }

std::string fault_of(const auto& action) {
  try {
    action();
  } catch (const TemplateFault& fault) {
    return fault.message;
  }
  return {};
}

std::string repr(const Value& value) { return to_repr(value).bytes(); }

/// What left OP right gives, or the fault.
std::string computed(std::string_view op, const Value& left, const Value& right,
                     std::int64_t num_steps = 1000) {
  Interpreter interpreter({num_steps, 1000, 10});
  Value result;
  const std::string fault =
      fault_of([&] { result = apply_operator(interpreter, op, left, right); });
  return fault.empty() ? repr(result) : fault;
}

}  // namespace

TEST_CASE("every filter of Jinja's manual is there, and no other", "[text]") {
  for (const char* name :
       {"abs",    "attr",       "batch",       "capitalize", "center",   "count",
        "d",      "default",    "dictsort",    "e",          "escape",   "filesizeformat",
        "first",  "float",      "forceescape", "format",     "groupby",  "indent",
        "int",    "items",      "join",        "last",       "length",   "list",
        "lower",  "map",        "max",         "min",        "pprint",   "random",
        "reject", "rejectattr", "replace",     "reverse",    "round",    "safe",
        "select", "selectattr", "slice",       "sort",       "string",   "striptags",
        "sum",    "title",      "tojson",      "trim",       "truncate", "unique",
        "upper",  "urlencode",  "urlize",      "wordcount",  "wordwrap", "xmlattr"}) {
    CAPTURE(name);
    CHECK(find_filter(name) != nullptr);
  }
  for (const char* name : {"", "Upper", "upper ", "first_or_none", "equalto", "range"}) {
    CAPTURE(name);
    CHECK(find_filter(name) == nullptr);
  }
}

TEST_CASE("tests have the names of Jinja's manual, signs are names too", "[text]") {
  for (const char* name :
       {"defined", "undefined",   "none",    "true",     "false",    "boolean",  "integer", "float",
        "number",  "string",      "mapping", "sequence", "iterable", "callable", "escaped", "odd",
        "even",    "divisibleby", "eq",      "ne",       "lt",       "le",       "gt",      "ge",
        "in",      "sameas",      "lower",   "upper",    "filter",   "test"}) {
    CAPTURE(name);
    CHECK(find_test(name) != nullptr);
  }
  const auto [sign, name] =
      GENERATE(Catch::Generators::table<const char*, const char*>({{"==", "eq"},
                                                                   {"equalto", "eq"},
                                                                   {"!=", "ne"},
                                                                   {"<", "lt"},
                                                                   {"lessthan", "lt"},
                                                                   {"<=", "le"},
                                                                   {">", "gt"},
                                                                   {"greaterthan", "gt"},
                                                                   {">=", "ge"}}));
  CAPTURE(sign);
  CHECK(find_test(sign) == find_test(name));
  CHECK(find_test("nothing") == nullptr);
}

TEST_CASE("functions are those six, and a clock only where there is a time", "[text]") {
  const auto names = [](std::string_view now) {
    std::vector<std::string> all;
    for (const auto& [name, function] : make_functions(now)) {
      CHECK(function.is_callable());
      all.push_back(name);
    }
    return all;
  };
  CHECK(names("") == std::vector<std::string>{"range", "dict", "namespace", "cycler", "joiner",
                                              "raise_exception"});
  for (const std::string& name : names("2024-07-26T12:00:00")) CHECK(is_function(name));
  CHECK_FALSE(is_function("open"));
  CHECK(names("2024-07-26T12:00:00").back() == "strftime_now");
}

TEST_CASE("a point prefers methods and brackets prefer entries", "[text]") {
  Dict dict;
  dict.set("items", number(1));
  dict.set("own", number(2));
  const Value value(dict);
  CHECK(get_attribute(value, "items").is_callable());
  CHECK(get_item(value, Value::text("items")).as_int() == 1);
  CHECK(get_attribute(value, "own").as_int() == 2);
  CHECK(get_item(value, Value::text("keys")).is_callable());
  CHECK(get_attribute(value, "absent").is_undefined());
  CHECK(get_item(value, number(3)).is_undefined());
}

TEST_CASE("what cannot be a key finds nothing and is no fault", "[text]") {
  Dict dict;
  dict.set("a", number(1));
  for (const Value& key : {Value(std::vector<Value>{}), Value(Dict()), Value()}) {
    CHECK(get_item(Value(dict), key).is_undefined());
  }
  CHECK(get_item(number(1), number(0)).is_undefined());
  CHECK(get_item(Value(nullptr), Value::text("a")).is_undefined());
  CHECK(fault_of([] { get_item(Value(Undefined{"gone"}), Value::text("a")); }) ==
        "'gone' is undefined.");
  CHECK(fault_of([] { get_attribute(Value(Undefined{"gone"}), "a"); }) == "'gone' is undefined.");
}

TEST_CASE("a loop goes over items, keys or characters, each as trusted as it came", "[text]") {
  Text text("a");
  text.append("\u00E9", false);
  const auto characters = items_of(Value(text));
  REQUIRE(characters.size() == 2);
  CHECK(characters[0].as_text().is_trusted());
  CHECK(characters[1].as_text().bytes() == "\u00E9");
  CHECK_FALSE(characters[1].as_text().is_trusted());
  Dict dict;
  dict.set("b", number(1));
  dict.set("a", number(2));
  CHECK(repr(Value(items_of(Value(dict)))) == "['b', 'a']");
  CHECK(items_of(Value()).empty());
  CHECK(fault_of([] { items_of(number(1)); }).find("'int'") != std::string::npos);
  CHECK(fault_of([] { items_of(Value(nullptr)); }).find("'NoneType'") != std::string::npos);
}

TEST_CASE("an operator takes from the budget what it makes", "[text]") {
  CHECK(computed("*", Value::text("ab"), number(3)) == "'ababab'");
  CHECK(computed("*", Value::text("ab"), number(11), 10) == "The template runs too long.");
  CHECK(computed("*", number(1'000'000'000), Value(std::vector<Value>{number(1)})) ==
        "The template runs too long.");
  // What makes nothing costs nothing, however often.
  CHECK(computed("*", Value::text(""), number(INT64_MAX), 0) == "''");
  CHECK(computed("*", Value(std::vector<Value>{}), number(INT64_MAX), 0) == "[]");
}

TEST_CASE("a sum of strings keeps who wrote which of them", "[text]") {
  Interpreter interpreter({100, 100, 10});
  const Value sum = apply_operator(interpreter, "+", Value::text("<a>"), Value(Text("<b>", false)));
  CHECK(sum.as_text().spans() == std::vector<TextSpan>{{"<a>", true}, {"<b>", false}});
}

TEST_CASE("a string is needed where one is needed", "[text]") {
  const Value text = Value::text("x");
  CHECK(need_text(text, "It").bytes() == "x");
  CHECK(fault_of([] { need_text(number(1), "It"); }) == "It must be a string, not 'int'.");
  CHECK(fault_of([] { need_text(Value(Undefined{"gone"}), "It"); }) == "'gone' is undefined.");
}
