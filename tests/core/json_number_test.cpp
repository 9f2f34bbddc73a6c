#include "src/core/json_number.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Through a text and back.
double read_back(const json::value& value) {
  return json::parse(json::serialize(value)).to_number<double>();
}

}  // namespace

TEST_CASE("a float is written as the shortest decimal that means it") {
  CHECK(read_back(json_number(0.9F)) == 0.9);
  CHECK(read_back(json_number(-0.1F)) == -0.1);
  CHECK(read_back(json_number(0.0F)) == 0.0);
  for (const float number : {1e-45F, 3.4028235e38F, -1.17549435e-38F, 0.333333343F, 16777216.0F})
    CHECK(static_cast<float>(read_back(json_number(number))) == number);
}

TEST_CASE("a double is written as it is") {
  for (const double number : {0.1, -2.5, 1e300, 5e-324})
    CHECK(read_back(json_number(number)) == number);
}

TEST_CASE("what JSON has no number for is null, and an impossible token has a log-probability") {
  for (const float number : {kInfinity, -kInfinity, std::nanf("")}) {
    CHECK(json_number(number).is_null());
    CHECK(json_number(static_cast<double>(number)).is_null());
    CHECK(json_logprob(number) == -9999.0);
  }
  CHECK(json_logprob(-0.5F) == -0.5);
}
