#include "src/core/step_sizes.hpp"

#include "tests/support/catch.hpp"

using octavo::StepSizes;

TEST_CASE("a step stands in the bucket of the first bound that it does not exceed") {
  StepSizes sizes;
  for (const std::int64_t num_tokens : {1, 2, 8, 9, 16384, 16385, 100000}) sizes.add(num_tokens);
  CHECK(sizes.num_of_size(0) == 1);
  CHECK(sizes.num_of_size(1) == 2);
  CHECK(sizes.num_of_size(2) == 1);
  CHECK(sizes.num_of_size(12) == 1);
  CHECK(sizes.num_of_size(13) == 2);
  CHECK(sizes.num_steps() == 7);
  CHECK(sizes.num_tokens() == 132789);
}
