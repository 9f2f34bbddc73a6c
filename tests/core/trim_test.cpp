#include "src/core/trim.hpp"

#include "tests/support/catch.hpp"

using octavo::trim;

TEST_CASE("only the named characters leave, and only at the ends") {
  CHECK(trim("  a b  ", " ") == "a b");
  CHECK(trim("\t a", " ") == "\t a");
  CHECK(trim("\t a", " \t") == "a");
  CHECK(trim("\"a\" ", " \"") == "a");
  CHECK(trim("a", "") == "a");
}

TEST_CASE("a text of nothing else is empty") {
  CHECK(trim("", " ").empty());
  CHECK(trim(" \t ", " \t").empty());
}
