#include "src/app/cli/one_line.hpp"

#include "tests/support/catch.hpp"

using octavo::one_line;

TEST_CASE("a text of several lines is told on one") {
  CHECK(one_line("no tools\nhere") == "no tools here");
  CHECK(one_line("a\r\n\r\n  b\tc\x1b[0m\x7f") == "a b c [0m");
  CHECK(one_line("\n a \n") == "a");
  CHECK(one_line(std::string("a\0b", 3)) == "a b");
}

TEST_CASE("what is one line already stays as it is") {
  CHECK(one_line("--seed must be `½`") == "--seed must be `½`");
  CHECK(one_line("") == "");
}
