#include "src/core/ids.hpp"

#include <type_traits>
#include <unordered_set>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("ids are values that are compared, ordered and kept in sets") {
  CHECK(StepId{} == StepId{0});
  CHECK(StepId{1} < StepId{2});
  CHECK(BlockId{-1} < BlockId{0});
  const std::unordered_set<SequenceId> ids{SequenceId{1}, SequenceId{2}, SequenceId{1}};
  CHECK(ids.size() == 2);
  CHECK(ids.count(SequenceId{2}) == 1);
  CHECK(ids.count(SequenceId{3}) == 0);
}

TEST_CASE("no id is taken for another, nor a number for an id") {
  CHECK_FALSE(std::is_convertible_v<SequenceId, RequestId>);
  CHECK_FALSE(std::is_constructible_v<SequenceId, RequestId>);
  CHECK_FALSE(std::is_convertible_v<std::uint64_t, SequenceId>);
  CHECK_FALSE(std::is_convertible_v<SequenceId, std::uint64_t>);
}
