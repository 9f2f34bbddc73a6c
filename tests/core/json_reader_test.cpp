#include "src/core/json_reader.hpp"

#include <boost/json/parse.hpp>
#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

boost::json::object object_of(const char* text) { return boost::json::parse(text).as_object(); }

/// What a client's reader says of `{"x": value}` after `read` of a T.
template <class T>
std::string fault_of(const std::string& value) {
  const auto object = object_of(("{\"x\": " + value + "}").c_str());
  JsonReader reader(object);
  T out{};
  const bool was_read = reader.read("x", out);
  CHECK(was_read == !reader.error().has_value());
  return reader.error() ? reader.error()->detail : "";
}

}  // namespace

TEST_CASE("a member of the right kind is read, and one that is absent or null is left alone") {
  const auto object = object_of(R"({"text": "a", "flag": true, "ratio": 0.5, "count": -7,
                                    "big": 18446744073709551615, "none": null})");
  JsonReader reader(object);
  std::string text;
  bool flag = false;
  float ratio = 0;
  std::int32_t count = 0;
  std::uint64_t big = 0;
  CHECK(reader.read("text", text));
  CHECK(reader.read("flag", flag));
  CHECK(reader.read("ratio", ratio));
  CHECK(reader.read("count", count));
  CHECK(reader.read("big", big));
  CHECK(text == "a");
  CHECK(flag);
  CHECK(ratio == 0.5F);
  CHECK(count == -7);
  CHECK(big == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(reader.read("none", text));
  CHECK_FALSE(reader.read("absent", text));
  CHECK(text == "a");
  std::optional<std::string> maybe;
  CHECK_FALSE(reader.read("none", maybe));
  CHECK_FALSE(maybe);
  CHECK(reader.read("text", maybe));
  CHECK(maybe == "a");
  CHECK_FALSE(reader.error());
}

TEST_CASE("a member of the wrong kind is a fault that says what it must be") {
  CHECK(fault_of<std::string>("1") == "x must be a string");
  CHECK(fault_of<bool>("0") == "x must be true or false");
  CHECK(fault_of<float>("\"1\"") == "x must be a number");
  CHECK(fault_of<float>("1e39") == "x must be a finite number");
  CHECK(fault_of<std::int64_t>("1.5") == "x must be an integer");
  CHECK(fault_of<std::int64_t>("1e300") == "x must be an integer");
  CHECK(fault_of<std::int64_t>("true") == "x must be an integer");
  CHECK(fault_of<std::int32_t>("2147483648") == "x must be an integer of 32 bits");
  CHECK(fault_of<std::int32_t>("-2147483649") == "x must be an integer of 32 bits");
  CHECK(fault_of<std::uint64_t>("-1") == "x must be an integer of 64 bits, 0 or more");
  CHECK(fault_of<std::vector<std::string>>("\"a\"") == "x must be a list of strings");
  CHECK(fault_of<std::vector<std::string>>("[\"a\", 1]") == "x must be a list of strings");
  CHECK(fault_of<std::vector<TokenId>>("7") == "x must be a list of token ids");
  CHECK(fault_of<std::vector<TokenId>>("[7, 4294967296]") == "x must be a list of token ids");
}

TEST_CASE("what is just inside of a kind's range is read") {
  CHECK(fault_of<std::int32_t>("2147483647").empty());
  CHECK(fault_of<std::int32_t>("-2147483648").empty());
  CHECK(fault_of<std::int64_t>("-9223372036854775808").empty());
  CHECK(fault_of<std::int64_t>("4.0").empty());
  CHECK(fault_of<float>("-3.4e38").empty());
  CHECK(fault_of<std::vector<std::string>>("[]").empty());
  CHECK(fault_of<std::vector<TokenId>>("[7, 0, 2147483647]").empty());
}

TEST_CASE("a faulty list leaves what was there") {
  const auto object = object_of(R"({"stop": ["a", 1]})");
  JsonReader reader(object);
  std::vector<std::string> stop{"before"};
  CHECK_FALSE(reader.read("stop", stop));
  CHECK(stop == std::vector<std::string>{"before"});
}

TEST_CASE("a client's fault names the field, a file's fault names the file") {
  const auto object = object_of(R"({"size": 0})");
  JsonReader client(object);
  client.integer("size", 1, 8);
  CHECK(client.error() ==
        Error{Errc::kInvalidValue, "size must be an integer between 1 and 8", "size"});
  JsonReader file(object, "config.json");
  file.integer("size", 1, 8);
  CHECK(file.error() ==
        Error{Errc::kInvalidFile, "config.json: \"size\" must be an integer between 1 and 8", ""});
  JsonReader refused(object, "config.json");
  refused.unsupported("size", "\"size\" is not supported");
  CHECK(refused.error()->code == Errc::kUnsupportedModel);
  JsonReader parameter(object);
  parameter.unsupported("size", "size is not supported");
  CHECK(parameter.error() == Error{Errc::kUnsupportedParameter, "size is not supported", "size"});
}

TEST_CASE("the first fault is kept, whatever follows") {
  const auto object = object_of(R"({"a": 1, "b": 2})");
  JsonReader reader(object);
  std::string text;
  reader.read("a", text);
  reader.read("b", text);
  reader.missing("c");
  CHECK(reader.error()->param == "a");
}

TEST_CASE("a member with bounds takes both of them, and nothing beyond") {
  const auto object = object_of(R"({"low": 2, "high": 5, "below": 1, "above": 6, "half": 2.5})");
  JsonReader reader(object, "f");
  CHECK(reader.integer("low", 2, 5) == 2);
  CHECK(reader.integer("high", 2, 5) == 5);
  CHECK(reader.number("half", 2.5, 2.5) == 2.5);
  CHECK(reader.number("low", 2, 5) == 2.0);
  CHECK_FALSE(reader.error());
  const std::string_view name = GENERATE("below", "above", "half");
  CHECK(reader.integer(name, 2, 5) == 2);
  CHECK(reader.error()->detail == "f: " + quote(name) + " must be an integer between 2 and 5");
}

TEST_CASE("a number beyond either bound is a fault, and answered with the lower bound") {
  const auto object = object_of(R"({"below": 1.9, "above": 5.1, "text": "3"})");
  const std::string_view name = GENERATE("below", "above", "text");
  JsonReader reader(object, "f");
  CHECK(reader.number(name, 2, 5) == 2.0);
  REQUIRE(reader.error());
  CHECK(reader.error()->detail == "f: " + quote(name) + " must be a number between 2 and 5");
}

TEST_CASE("a missing member is its fallback, or a fault where there is none") {
  const auto object = object_of(R"({"null": null})");
  const std::string_view name = GENERATE("absent", "null");
  JsonReader lenient(object, "f");
  CHECK(lenient.integer(name, 1, 5, 9) == 9);
  CHECK(lenient.number(name, 1, 5, 0.5) == 0.5);
  CHECK(lenient.flag(name, true));
  CHECK(lenient.text(name, "else") == "else");
  CHECK_FALSE(lenient.error());
  const auto missing = [&](auto&& read) {
    JsonReader strict(object, "f");
    read(strict);
    REQUIRE(strict.error());
    CHECK(strict.error()->detail == "f: " + quote(name) + " is missing");
  };
  missing([&](JsonReader& reader) { CHECK(reader.integer(name, 1, 5) == 1); });
  missing([&](JsonReader& reader) { CHECK(reader.number(name, 1, 5) == 1.0); });
  missing([&](JsonReader& reader) { CHECK_FALSE(reader.flag(name)); });
  missing([&](JsonReader& reader) { CHECK(reader.text(name).empty()); });
  missing([&](JsonReader& reader) { CHECK(reader.array(name).empty()); });
  missing([&](JsonReader& reader) { CHECK(reader.object(name).empty()); });
}

TEST_CASE("an object inside of an object keeps its faults with the outer one, under both names") {
  const auto object = object_of(R"({"octavo": {"priority": "high", "deep": {"x": 1}}, "n": "1"})");
  JsonReader outer(object);
  std::int32_t priority = 0;
  std::int32_t n = 0;
  {
    JsonReader inner(outer.object("octavo"), outer, "octavo");
    JsonReader deep(inner.object("deep"), inner, "deep");
    deep.wrong("x", "a string");
    inner.read("priority", priority);
    CHECK(inner.error() == outer.error());
  }
  outer.read("n", n);
  CHECK(outer.error() ==
        Error{Errc::kInvalidValue, "octavo.deep.x must be a string", "octavo.deep.x"});
}

TEST_CASE("a reader that throws does so at the first fault, also of an inner object") {
  const auto object = object_of(R"({"model": {"vocab": []}})");
  JsonReader outer(object, "tokenizer.json", OnFault::kThrow);
  JsonReader model(outer.object("model"), outer, "model");
  try {
    model.object("vocab");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.detail == "tokenizer.json: model: \"vocab\" must be an object");
  }
}

TEST_CASE("a reader knows which members nobody asked for") {
  const auto object = object_of(R"({"a": 1, "b": null, "c": "x", "d": null})");
  JsonReader reader(object);
  std::int32_t number = 0;
  reader.read("a", number);
  CHECK_FALSE(reader.has("b"));
  CHECK(reader.not_asked_for() == std::vector<std::string_view>{"c", "d"});
}

TEST_CASE("elements are checked under the name of their member") {
  const auto object = object_of(R"({"list": [1, "a", [2], {"b": 3}]})");
  JsonReader reader(object, "f");
  const auto& list = reader.array("list");
  CHECK(reader.as_integer("list", list[0], 1, 1) == 1);
  CHECK(reader.as_text("list", list[1]) == "a");
  CHECK(reader.as_array("list", list[2]).size() == 1);
  CHECK(reader.as_object("list", list[3]).contains("b"));
  CHECK_FALSE(reader.error());
  SECTION("an integer") { CHECK(reader.as_integer("list", list[1], 3, 5) == 3); }
  SECTION("a text") { CHECK(reader.as_text("list", list[0]).empty()); }
  SECTION("a list") { CHECK(reader.as_array("list", list[0]).empty()); }
  SECTION("an object") { CHECK(reader.as_object("list", list[0]).empty()); }
  REQUIRE(reader.error());
  CHECK(reader.error()->detail.starts_with("f: \"list\" must be "));
}

TEST_CASE("what is quoted is cut after 64 bytes") {
  CHECK(quote("a") == "\"a\"");
  CHECK(quote(std::string(100, 'x')) == "\"" + std::string(64, 'x') + "\"");
}
