#include "src/replay/trace/arrivals.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

Trace trace_of(std::vector<double> arrivals_s) {
  Trace trace;
  for (const double arrival_s : arrivals_s) trace.requests.push_back({arrival_s, 10, 10, 0, 0});
  trace.has_arrivals = true;
  return trace;
}

}  // namespace

TEST_CASE("a rate stretches the trace's own arrivals and keeps their bursts") {
  Trace trace = trace_of({0, 1, 1, 8});
  CHECK(set_arrivals(trace, {ArrivalKind::kRate, 2.0}, 0, 1) == Approx(4.0));
  CHECK(mean_rate(trace) == Approx(2.0));
  CHECK(trace.requests[1].arrival_s == Approx(0.25));
  CHECK(trace.requests[2].arrival_s == Approx(0.25));
}

TEST_CASE("a rate draws a Poisson process where there are no arrivals") {
  Trace trace = trace_of(std::vector<double>(4000, 0.0));
  CHECK(set_arrivals(trace, {ArrivalKind::kRate, 5.0}, 0, 1) == 0);
  CHECK(mean_rate(trace) == Approx(5.0).epsilon(0.05));
  double squares = 0;
  for (std::size_t i = 1; i < 4000; ++i) {
    const double gap_s = trace.requests[i].arrival_s - trace.requests[i - 1].arrival_s;
    REQUIRE(gap_s >= 0);
    squares += gap_s * gap_s / 3999;
  }
  CHECK(squares * 25 ==
        Approx(2.0).epsilon(0.15));  // Exponential gaps have twice the mean's square.
}

TEST_CASE("to saturate, a slow trace is sped up and a fast one left alone") {
  Trace slow = trace_of({0, 1, 2, 3});
  CHECK(set_arrivals(slow, {}, 40.0, 1) == Approx(37.5));
  Trace fast = trace_of({0, 1, 2, 3});
  CHECK(set_arrivals(fast, {}, 0.5, 1) == 1);
  CHECK(fast.requests[3].arrival_s == 3);
}

TEST_CASE("at once is at once, and so is everything without arrivals") {
  Trace trace = trace_of({0, 5});
  CHECK(set_arrivals(trace, {ArrivalKind::kAtOnce, 0}, 10, 1) == 0);
  CHECK(trace.requests[1].arrival_s == 0);
  CHECK(set_arrivals(trace, {ArrivalKind::kTrace, 0}, 10, 1) == 0);
  CHECK(mean_rate(trace) == 0);
}

TEST_CASE("a rate is a number or a name") {
  CHECK(parse_arrivals("2.5")->rate == 2.5);
  CHECK(parse_arrivals("trace")->kind == ArrivalKind::kTrace);
  CHECK(parse_arrivals("inf")->kind == ArrivalKind::kAtOnce);
  CHECK(parse_arrivals("saturate")->kind == ArrivalKind::kSaturating);
  for (const char* wrong : {"", "0", "-1", "nan", "2 ", "fast", "1e30"}) {
    INFO(wrong);
    CHECK(parse_arrivals(wrong).has_error());
  }
}
