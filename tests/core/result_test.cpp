#include "src/core/result.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

const Error kFull{Errc::kQueueFull, "64 wait", "input"};

Result<std::string> answer(bool fails) {
  if (fails) return kFull;
  return std::string("done");
}

Result<void> check(bool fails) {
  if (fails) return kFull;
  return {};
}

}  // namespace

TEST_CASE("a result is its value or its error, and says which") {
  const auto done = answer(false);
  CHECK(done);
  CHECK(done.has_value());
  CHECK_FALSE(done.has_error());
  CHECK(*done == "done");
  const auto failed = answer(true);
  CHECK_FALSE(failed);
  REQUIRE(failed.has_error());
  CHECK(failed.error() == kFull);
}

TEST_CASE("a result without a value is a success or an error") {
  CHECK(check(false));
  CHECK_NOTHROW(check(false).value());
  REQUIRE(check(true).has_error());
  CHECK(check(true).error() == kFull);
  CHECK_THROWS_AS(check(true).value(), std::runtime_error);
}

TEST_CASE("the value of a result that failed without a detail throws the code's sentence") {
  const Result<int> failed = Error{Errc::kQueueFull, "", ""};
  CHECK_THROWS_WITH(failed.value(), std::string(describe(Errc::kQueueFull)));
}
