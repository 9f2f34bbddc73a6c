#include "src/replay/trace/trace.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("the tokens of a request are its prompt and its output, beyond 32 bits too") {
  TraceRequest request;
  CHECK(request.num_tokens() == 0);
  request.num_prompt = 7;
  request.num_output = 5;
  CHECK(request.num_tokens() == 12);
  request.num_prompt = std::numeric_limits<std::int32_t>::max();
  request.num_output = std::numeric_limits<std::int32_t>::max();
  CHECK(request.num_tokens() == 4294967294);
}

TEST_CASE("the longest request is the one with most tokens in both parts together") {
  Trace trace;
  CHECK(trace.longest() == 0);
  trace.requests = {{0, 10, 1, 0, 0}};
  CHECK(trace.longest() == 11);
  trace.requests = {{0, 10, 1, 0, 0}, {0, 6, 9, 0, 0}, {0, 1, 12, 0, 0}};
  CHECK(trace.longest() == 15);
  trace.requests = {{0, 6, 9, 0, 0}, {0, 10, 1, 0, 0}};
  CHECK(trace.longest() == 15);
}

TEST_CASE("a request is one choice without beams unless it says otherwise") {
  const TraceRequest request;
  CHECK(request.num_choices == 1);
  CHECK(request.beam_width == 0);
  CHECK(request.priority == 0);
  CHECK(request.num_hashes == 0);
}

TEST_CASE("a trace knows neither arrivals, hashes nor tokens before it is told them") {
  const Trace trace;
  CHECK_FALSE(trace.has_arrivals);
  CHECK(trace.hash_span == 0);
  CHECK(trace.hashes.empty());
  CHECK(trace.tokens.empty());
  CHECK(trace.num_unknown_outputs == 0);
}
