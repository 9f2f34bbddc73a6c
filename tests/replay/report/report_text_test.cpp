#include "src/replay/report/report_text.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a decimal has exactly the digits that are asked for") {
  CHECK(decimal(0, 0) == "0");
  CHECK(decimal(0, 2) == "0.00");
  CHECK(decimal(1.25, 1) == "1.2");  // Halves go to the even digit.
  CHECK(decimal(1.75, 1) == "1.8");
  CHECK(decimal(-2.5, 3) == "-2.500");
  CHECK(decimal(1234567.5, 2) == "1234567.50");
  CHECK(decimal(1e-9, 4) == "0.0000");
}

TEST_CASE("thousands are grouped from the right, up to the largest number and down to the least") {
  CHECK(grouped(7) == "7");
  CHECK(grouped(-7) == "-7");
  CHECK(grouped(100) == "100");
  CHECK(grouped(-100) == "-100");
  CHECK(grouped(-1000) == "-1,000");
  CHECK(grouped(12345) == "12,345");
  CHECK(grouped(999999) == "999,999");
  CHECK(grouped(1000000) == "1,000,000");
  CHECK(grouped(std::numeric_limits<std::int64_t>::max()) == "9,223,372,036,854,775,807");
  CHECK(grouped(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
}

TEST_CASE("a duration has three digits and the unit that suits it") {
  CHECK(duration_text(0.00123) == "1.23 ms");
  CHECK(duration_text(1.234e-9) == "1.23 ns");
  CHECK(duration_text(0.0000123) == "12.3 us");
  CHECK(duration_text(0.000123) == "123 us");
  CHECK(duration_text(0.001) == "1.00 ms");
  CHECK(duration_text(0.01) == "10.0 ms");
  CHECK(duration_text(0.0999) == "99.9 ms");
  CHECK(duration_text(0.1) == "100 ms");
  CHECK(duration_text(0.999) == "999 ms");
  CHECK(duration_text(1) == "1.00 s");
  CHECK(duration_text(9.99) == "9.99 s");
  CHECK(duration_text(10) == "10.0 s");
  CHECK(duration_text(99.9) == "99.9 s");
  CHECK(duration_text(100) == "100 s");
  CHECK(duration_text(86400) == "86400 s");
}

TEST_CASE("a duration that is rounded up gets the unit of what it became") {
  CHECK(duration_text(0.9994) == "999 ms");
  CHECK(duration_text(0.9996) == "1.00 s");
  CHECK(duration_text(0.0009996) == "1.00 ms");
  CHECK(duration_text(0.00000099951) == "1.00 us");
  CHECK(duration_text(0.009996) == "10.0 ms");
  CHECK(duration_text(0.09996) == "100 ms");
  CHECK(duration_text(9.996) == "10.0 s");
  CHECK(duration_text(99.96) == "100 s");
  CHECK(duration_text(-0.9996) == "-1.00 s");
}

TEST_CASE("no time is none, and one that lies behind keeps its sign") {
  CHECK(duration_text(0) == "0.00 ms");
  CHECK(duration_text(1e-15) == "0.00 ns");
  CHECK(duration_text(-0.0123) == "-12.3 ms");
  CHECK(duration_text(-2.5) == "-2.50 s");
  CHECK(duration_text(-250) == "-250 s");
}
