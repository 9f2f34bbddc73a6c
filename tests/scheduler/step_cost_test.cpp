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

TEST_CASE("before anything is learnt a step is guessed at, prompts cost nothing, and swaps win") {
  const StepCost cost;
  CHECK(cost.tokens_within(1h) == 64);
  CHECK(cost.prefill_time(1'000'000) == 0ns);
  CHECK(cost.swaps_faster(1000, 1));
}

TEST_CASE("a step of 24 tokens teaches, one of 23 does not, nor one that took no time") {
  StepCost cost;
  cost.observe(23, 23ms);
  cost.observe(100, 0ns);
  cost.observe(100, -1ms);
  CHECK(cost.prefill_time(1) == 0ns);
  cost.observe(24, 24ms);
  CHECK(cost.prefill_time(1) == 1ms);
}

TEST_CASE("a new rate counts a quarter, what is known three") {
  StepCost cost;
  cost.observe(100, 100ms);
  cost.observe(100, 500ms);
  CHECK(cost.prefill_time(10) == 20ms);
  cost.observe(100, 600ms);
  CHECK(cost.prefill_time(10) == 30ms);
}

TEST_CASE("no step is thought to take more than a million tokens") {
  StepCost cost;
  cost.observe(1'000'000, 1ns);
  CHECK(cost.tokens_within(1h) == 1'000'000);
}

TEST_CASE("the part of late prompts that was cached is not expected to be computed") {
  StepCost cost;
  cost.observe(100, 100ms);
  cost.observe_prompt(10, 10);
  CHECK(cost.prefill_time(100) == 95ms);  // One prompt counts a twentieth.
  cost.observe_prompt(0, 10);
  CHECK(cost.prefill_time(1000) == 952ms);
  for (int i = 0; i < 1000; ++i) cost.observe_prompt(1, 2);
  CHECK(cost.prefill_time(100) >= 50ms);
  CHECK(cost.prefill_time(100) <= 51ms);
}

TEST_CASE("blocks are moved when out and back is quicker than to compute again") {
  StepCost cost;
  cost.observe(100, 100ms);  // A millisecond a token.
  cost.observe_transfer(0, 1h);
  cost.observe_transfer(10, 0ns);
  CHECK(cost.swaps_faster(1000, 1));  // Nothing is known of copies yet.
  cost.observe_transfer(10, 40ms);    // Eight milliseconds a block, out and back.
  CHECK(cost.swaps_faster(2, 17));
  CHECK_FALSE(cost.swaps_faster(2, 16));
  CHECK_FALSE(cost.swaps_faster(2, 0));
  cost.observe_transfer(10, 80ms);  // Ten, by now.
  CHECK_FALSE(cost.swaps_faster(2, 20));
  CHECK(cost.swaps_faster(2, 21));
}
