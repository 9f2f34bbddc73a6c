// What a run's account says of time: waiting, latencies, rejections, and the fullest moment.
#include "src/replay/run/run_account.hpp"
#include "tests/replay/run/account_steps.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::finished;
using octavo::testing::four_requests;
using octavo::testing::Step;
using octavo::testing::ten_blocks;

TEST_CASE("memory is the bound while requests wait beside a step that computes no prompt") {
  struct Case {
    std::int32_t num_tokens;
    std::int64_t num_waiting;
    bool is_bound;
  };
  for (const Case& each : {Case{1, 0, false}, Case{1, 1, true}, Case{2, 1, false}}) {
    CAPTURE(each.num_tokens, each.num_waiting);
    const Trace trace = four_requests();
    RunAccount account(trace, ten_blocks());
    account.submitted(RequestId{7}, 0);
    account.run(Step(1).start(1, 7).compute(1, 0, each.num_tokens, {0}));
    account.elapse(1, each.num_waiting);
    CHECK(account.report().was_bound == each.is_bound);
  }
}

TEST_CASE("one prompt among decodes makes a step one for prompts") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.submitted(RequestId{8}, 1);
  account.run(Step(1).start(1, 7).start(2, 8).compute(1, 0, 4, {0}).compute(2, 0, 1, {1}));
  account.elapse(1, 5);
  CHECK_FALSE(account.report().was_bound);
  account.run(Step(2).compute(1, 4, 1, {0, 2}).compute(2, 1, 1, {1}));
  account.elapse(1, 5);
  const Outcome outcome = account.report();
  CHECK(outcome.was_bound);
  CHECK(outcome.window_start_s == 1);
  CHECK(outcome.window_end_s == 2);
}

TEST_CASE("time that nothing runs in passes without a step, and never backwards") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.idle_until(5, 0);
  CHECK(account.now_s() == 5);
  account.idle_until(4, 0);
  CHECK(account.now_s() == 5);
  account.elapse(0.5, 0);
  CHECK(account.now_s() == 5.5);
  CHECK(account.num_steps() == 1);
  CHECK(account.report().batched_mean == 0);
}

TEST_CASE("what ran before an idle time does not run in it") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 0);
  account.run(Step(1).start(1, 7).compute(1, 0, 4, {0}));
  account.elapse(1, 0);
  account.idle_until(4, 0);
  CHECK(account.report().batched_mean == Approx(0.25));
}

TEST_CASE("latency counts from the arrival, for each token of the true output") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  for (std::size_t i = 0; i < 4; ++i) account.submitted(RequestId{i + 1}, i);
  account.told(finished(1), 3);  // Arrived at 0, two tokens.
  account.told(finished(3), 3);  // Arrived at 2.
  const Outcome outcome = account.report();
  CHECK(outcome.num_requests == 2);
  CHECK(outcome.normalized_latency_s_mean == Approx((1.5 + 0.5) / 2));
  CHECK(outcome.normalized_latency_s_p99 == Approx(0.5));  // The lower of two.
}

TEST_CASE("the 99th percentile is the second largest of a hundred and one latencies") {
  Trace trace;
  for (int i = 0; i < 101; ++i) trace.requests.push_back({0, 1, 1, 0, 0});
  RunAccount account(trace, ten_blocks());
  for (std::size_t i = 0; i < 101; ++i) account.submitted(RequestId{i + 1}, i);
  for (std::uint64_t i = 101; i > 0; --i) account.told(finished(i), static_cast<double>(i));
  CHECK(account.report().normalized_latency_s_p99 == 100);
}

TEST_CASE("tokens and prefix hits are summed over the requests that finished") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  for (std::size_t i = 0; i < 4; ++i) account.submitted(RequestId{i + 1}, i);
  account.told(finished(1, {6, 2, 4}), 1);
  account.told(finished(2, {6, 1, 0}), 2);
  account.told(RequestAccepted{RequestId{3}}, 3);
  const Outcome outcome = account.report();
  CHECK(outcome.num_output_tokens == 3);
  CHECK(outcome.prefix_hit_fraction == Approx(4 / 12.0));
  CHECK(account.num_requests() == 2);
}

TEST_CASE("requests are rejected by the scheduler or before it, and have no latency") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{1}, 0);
  account.reject();
  account.told(RequestRejected{RequestId{1}, Error{Errc::kQueueFull, "", ""}}, 1);
  CHECK(account.num_rejected() == 2);
  CHECK(account.num_requests() == 0);
  CHECK(account.report().normalized_latency_s_mean == 0);
}

TEST_CASE("a request's number stands for its place in the trace, the latest if it is used again") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 3);
  CHECK(account.index_of(RequestId{7}) == 3);
  account.submitted(RequestId{7}, 1);
  CHECK(account.index_of(RequestId{7}) == 1);
}

TEST_CASE("the picture that is kept is the fullest of those that were taken") {
  const Trace trace = four_requests();
  RunAccount account(trace, ten_blocks());
  account.submitted(RequestId{7}, 2);
  account.take_picture();  // The first one is kept, even of an empty pool.
  CHECK(account.report().pool.blocks.size() == 10);
  account.run(Step(1).start(1, 7).compute(1, 0, 6, {0, 9}));
  account.elapse(2, 0);
  account.take_picture();
  account.run(Step(2).compute(1, 6, 1, {0, 9}));  // Fuller, but nobody looks.
  account.elapse(2, 0);
  account.leave({SequenceId{1}}, {});
  account.take_picture();
  const PoolPicture pool = account.report().pool;
  CHECK(pool.time_s == 2);
  CHECK(pool.num_requests == 1);
  CHECK(pool.memory.tokens == Approx(6 / 40.0));
  CHECK(pool.memory.reserved == Approx(1 / 40.0));
  CHECK(pool.memory.internal == Approx(1 / 40.0));
  CHECK(pool.memory.idle == Approx(32 / 40.0));
  CHECK(pool.blocks[9].request == 2);
  CHECK(pool.blocks[9].num_tokens == 2);
  CHECK(pool.blocks[9].num_later == 1);
  CHECK(pool.blocks[5].request == -1);
}
