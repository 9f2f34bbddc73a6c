#include "src/replay/trace/length_mix.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a mix has the means that it promises, and no length beyond its maximum") {
  for (const LengthMix& mix : {kShareGptMix, kAlpacaMix}) {
    const Trace trace = draw_mix(mix, 40000, 1);
    double input = 0, output = 0;
    for (const TraceRequest& request : trace.requests) {
      REQUIRE(request.num_prompt >= 1);
      REQUIRE(request.num_prompt <= mix.input.max);
      REQUIRE(request.num_output >= 1);
      REQUIRE(request.num_output <= mix.output.max);
      input += request.num_prompt / 40000.0;
      output += request.num_output / 40000.0;
    }
    CHECK(input == Approx(mix.input.mean).epsilon(0.02));
    CHECK(output == Approx(mix.output.mean).epsilon(0.02));
  }
}

TEST_CASE("the same seed draws the same requests, another seed others") {
  const Trace one = draw_mix(kShareGptMix, 100, 7);
  const Trace same = draw_mix(kShareGptMix, 100, 7);
  const Trace other = draw_mix(kShareGptMix, 100, 8);
  bool differs = false;
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(one.requests[i].num_prompt == same.requests[i].num_prompt);
    CHECK(one.requests[i].num_output == same.requests[i].num_output);
    differs = differs || one.requests[i].num_output != other.requests[i].num_output;
  }
  CHECK(differs);
}

TEST_CASE("a mix is asked for by name and number") {
  CHECK_FALSE(synthetic_trace("trace.csv", 1).has_value());
  CHECK(synthetic_trace("synthetic:alpaca:12", 1)->value().requests.size() == 12);
  CHECK(synthetic_trace("synthetic:sharegpt", 1)->value().requests.size() == 2000);
  for (const char* wrong :
       {"synthetic:", "synthetic:gpt", "synthetic:alpaca:0",
        "synthetic:alpaca:", "synthetic:alpaca:1e3", "synthetic:alpaca:99999999999"}) {
    INFO(wrong);
    REQUIRE(synthetic_trace(wrong, 1).has_value());
    CHECK(synthetic_trace(wrong, 1)->has_error());
  }
}
