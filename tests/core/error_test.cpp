#include "src/core/error.hpp"

#include "src/core/result.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("an error without a detail speaks with its code's sentence") {
  CHECK(Error{Errc::kQueueFull, "", ""}.message() == describe(Errc::kQueueFull));
  CHECK(Error{Errc::kQueueFull, "64 wait", ""}.message() == "64 wait");
}

TEST_CASE("every code has its wire name at its own place") {
  CHECK(wire_code(Errc::kInvalidJson) == "invalid_json");
  CHECK(wire_code(Errc::kPreviousResponseNotFound) == "previous_response_not_found");
  CHECK(wire_code(Errc::kOutOfMemory) == "out_of_memory");
}

TEST_CASE("the value of a failed result throws the error's message") {
  Result<int> failed = Error{Errc::kIo, "disk on fire", ""};
  CHECK_THROWS_WITH(failed.value(), "disk on fire");
}
