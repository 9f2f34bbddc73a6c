#include "src/app/cli/flags/number.hpp"

#include <string>
#include <vector>

#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;

namespace {

constexpr auto kMax32 = std::numeric_limits<std::int32_t>::max();
constexpr auto kMax64 = std::numeric_limits<std::uint64_t>::max();

/// What `check` says of a text; empty: nothing.
std::string said(const CLI::Validator& check, std::string text) { return check(text); }

/// The value that a flag of that kind gets.
template <class Value>
Value value_of(const CLI::Validator& check, const std::string& text) {
  CLI::App app;
  Value value{};
  app.add_option("--flag", value)->transform(check);
  CHECK(fault_of(app, {"--flag=" + text}) == "");
  return value;
}

}  // namespace

TEST_CASE("an integer between its bounds is taken, and both belong to it") {
  CHECK(value_of<std::int32_t>(integer(-3, 7), "-3") == -3);
  CHECK(value_of<std::int32_t>(integer(-3, 7), "7") == 7);
  CHECK(value_of<std::int32_t>(integer(1), "2147483647") == kMax32);
  CHECK(value_of<std::uint64_t>(integer(0, kMax64), "18446744073709551615") == kMax64);
  CHECK(value_of<std::int64_t>(integer(std::numeric_limits<std::int64_t>::min()),
                               "-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("an integer is decimal whatever zeros it begins with") {
  CHECK(value_of<std::int32_t>(integer(1, 100), "010") == 10);
  CHECK(value_of<std::int32_t>(integer(1, 100), "08") == 8);
  CHECK(value_of<std::int32_t>(integer(-20, 100), "-010") == -10);
}

TEST_CASE("what is no integer or does not fit is refused with its range in words") {
  for (const std::string text : {"0",
                                 "65",
                                 "-1",
                                 "-0",
                                 "",
                                 " 1",
                                 "1 ",
                                 "+1",
                                 "1.0",
                                 "1e1",
                                 "0x10",
                                 "x",
                                 "1x",
                                 "1,2",
                                 "nan",
                                 "inf",
                                 "-inf",
                                 "64.5",
                                 "--1",
                                 "99999999999999999999",
                                 "-99999999999999999999"}) {
    CAPTURE(text);
    CHECK(said(integer(1, 64), text) ==
          "must be an integer between 1 and 64 (it is `" + text + "`)");
  }
}

TEST_CASE("a high end that is only the type's is told to whoever goes above it") {
  CHECK(said(integer(1), "0") == "must be an integer of 1 or more (it is `0`)");
  CHECK(said(integer(1), "ten") == "must be an integer of 1 or more (it is `ten`)");
  CHECK(said(integer(1), "2147483648") == "must be at most 2147483647 (it is `2147483648`)");
  CHECK(said(integer(0, kMax64), "-1") == "must be an integer of 0 or more (it is `-1`)");
  CHECK(said(integer(0, kMax64), "18446744073709551616") ==
        "must be at most 18446744073709551615 (it is `18446744073709551616`)");
}

TEST_CASE("a number between its bounds is taken, and a low end may be left out") {
  CHECK(value_of<double>(number(0, 2), "0") == 0);
  CHECK(value_of<double>(number(0, 2), "2") == 2);
  CHECK(value_of<double>(number(-2, 2), "-1.25e-1") == -0.125);
  CHECK(value_of<float>(number(0, 1, LowEnd::kExcluded), "0.5") == 0.5F);
  CHECK(said(number(0, 1, LowEnd::kExcluded), "0") ==
        "must be a number above 0 and at most 1 (it is `0`)");
  CHECK(said(number(0.01, 1), "0") == "must be a number between 0.01 and 1 (it is `0`)");
}

TEST_CASE("what is no finite number is refused, however it is spelled") {
  for (const std::string text :
       {"nan",   "NaN",   "-nan",   "nan(1)", "inf",  "-inf",  "INF", "infinity",
        "1e300", "1e999", "-1e999", "1e-999", "",     " 1",    "1 ",  "+1",
        "0x1p3", "1,5",   "1.5x",   "one",    "-0.1", "10.001"}) {
    CAPTURE(text);
    CHECK(said(number(0, 10), text) == "must be a number between 0 and 10 (it is `" + text + "`)");
  }
}

TEST_CASE("a text that is long or broken is quoted as a part of a line") {
  CHECK(said(integer(1, 2), std::string(1000, 'x')) ==
        "must be an integer between 1 and 2 (it is `" + std::string(40, 'x') + "`)");
  CHECK(said(integer(1, 2), "\xFF").find("\xEF\xBF\xBD") != std::string::npos);
}
