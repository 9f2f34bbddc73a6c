#include "src/scheduler/step_cost.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

TEST_CASE("the tokens within a time follow the measured rate") {
  StepCost cost;
  cost.observe(100, 100ms);
  CHECK(cost.tokens_within(250ms) == 250);
}

TEST_CASE("a step of a few tokens teaches nothing about prefill") {
  StepCost cost;
  cost.observe(100, 100ms);
  cost.observe(1, 100ms);
  CHECK(cost.tokens_within(250ms) == 250);
}

TEST_CASE("a prefill always moves, however slow the machine") {
  StepCost cost;
  cost.observe(100, 100s);
  CHECK(cost.tokens_within(1ms) == 16);
}
