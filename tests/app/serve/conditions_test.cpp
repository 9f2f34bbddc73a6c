#include "src/app/serve/conditions.hpp"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace http = boost::beast::http;

namespace {

/// Of something whose tag is "a".
Condition condition(const std::vector<std::pair<std::string, std::string>>& given) {
  http::fields fields;
  for (const auto& [name, value] : given) fields.insert(name, value);
  return condition_of(fields, "\"a\"");
}

}  // namespace

TEST_CASE("who knows what is there is told so, among whatever else it knows") {
  CHECK(condition({}) == Condition::kHolds);
  for (const char* known : {R"("a")", R"(W/"a")", "*", R"("b", "a")", R"("b" ,W/"a","c")",
                            R"(,, "a")", R"("x,y", "a")", R"("", "a")", " * "}) {
    INFO(known);
    CHECK(condition({{"If-None-Match", known}}) == Condition::kNotModified);
  }
  CHECK(condition({{"If-None-Match", R"("b")"}, {"If-None-Match", R"("a")"}}) ==
        Condition::kNotModified);
}

TEST_CASE("who knows something else, or says nothing that can be read, gets it") {
  for (const char* known : {R"("b")", "a", "\"A\"", "", ",", "\"a", "a\"", R"("b" "a")", R"(w/"a")",
                            R"(W/ "a")", "W/", "*, \"b\"", R"("b", a, "a")", R"("aa")"}) {
    INFO(known);
    CHECK(condition({{"If-None-Match", known}}) == Condition::kHolds);
  }
}

TEST_CASE("who wants what it knows and nothing else is refused anything else") {
  for (const char* known : {R"("a")", "*", R"("b", "a")"}) {
    INFO(known);
    CHECK(condition({{"If-Match", known}}) == Condition::kHolds);
  }
  for (const char* known : {R"("b")", R"(W/"a")", "", "a"}) {
    INFO(known);
    CHECK(condition({{"If-Match", known}}) == Condition::kFailed);
  }
}

TEST_CASE("If-Match goes before If-None-Match") {
  CHECK(condition({{"If-None-Match", R"("a")"}, {"If-Match", R"("b")"}}) == Condition::kFailed);
  CHECK(condition({{"If-None-Match", R"("a")"}, {"If-Match", R"("a")"}}) ==
        Condition::kNotModified);
}
