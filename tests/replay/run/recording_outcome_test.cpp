#include "src/replay/run/recording_outcome.hpp"

#include "tests/replay/run/account_steps.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::finished;
using octavo::testing::four_requests;
using octavo::testing::Step;
using octavo::testing::ten_blocks;

namespace {

/// A recording that is told by hand; its clock began long before the first request.
class Told {
 public:
  Told() : trace_(four_requests()), heard_(trace_, ten_blocks()) {}

  void submit(std::uint64_t id, double at_s) {
    RecordedSubmission submission;
    submission.now = time(at_s);
    submission.request.id = RequestId{id};
    heard_.submitted(submission);
  }
  void plan(StepPlan plan, std::uint64_t id, double at_s) {
    plan.id = StepId{id};
    heard_.planned(plan, time(at_s));
  }
  void execute(const StepBatch& batch, double at_s, std::int64_t num_waiting = 0) {
    heard_.executed(batch, StepResult{}, time(at_s), num_waiting);
  }
  void finish(std::uint64_t id, double at_s) { heard_.told(finished(id, {6, 2, 3}), time(at_s)); }
  Outcome report() const { return heard_.report(); }

 private:
  static TimePoint time(double at_s) {
    return TimePoint(std::chrono::seconds(1000) + std::chrono::duration_cast<TimePoint::duration>(
                                                      std::chrono::duration<double>(at_s)));
  }

  Trace trace_;
  RecordingOutcome heard_;
};

}  // namespace

TEST_CASE("a recording of nothing is still labelled, and took no time") {
  const Outcome outcome = Told().report();
  CHECK(outcome.label == "recorded");
  CHECK(outcome.seconds == 0);
  CHECK(outcome.num_requests == 0);
}

TEST_CASE("time counts from the first submission") {
  Told told;
  told.submit(1, 0);
  told.submit(2, 1);
  told.plan({}, 1, 2);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 3);
  told.finish(1, 4);
  told.finish(2, 3);
  const Outcome outcome = told.report();
  CHECK(outcome.seconds == 3);
  CHECK(outcome.num_requests == 2);
  CHECK(outcome.num_output_tokens == 4);
  CHECK(outcome.prefix_hit_fraction == Approx(0.5));
  CHECK(outcome.normalized_latency_s_mean == Approx((4 / 2.0 + (3 - 1) / 2.0) / 2));
}

TEST_CASE("a step lasts from its plan to its end, and what lies before it is idle") {
  Told told;
  told.submit(1, 0);
  told.plan({}, 1, 2);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 5);
  const Outcome outcome = told.report();
  CHECK(outcome.seconds == 5);
  CHECK(outcome.batched_mean == Approx(3 / 5.0));
  CHECK(outcome.memory.tokens == Approx(4 / 40.0 * 3 / 5));
}

TEST_CASE("a step that was planned while another ran begins when that one ends") {
  Told told;
  told.submit(1, 0);
  told.plan({}, 1, 0);
  told.plan({}, 2, 1);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 3);
  told.execute(Step(2).compute(1, 4, 1, {0, 1}), 4);
  const Outcome outcome = told.report();
  CHECK(outcome.seconds == 4);
  CHECK(outcome.num_steps == 2);
  CHECK(outcome.batched_mean == 1);
  CHECK(outcome.memory.tokens == Approx((4 * 3 + 5 * 1) / 4.0 / 40));
}

TEST_CASE("what a plan releases or preempts leaves with its step, not when it is planned") {
  Told told;
  told.submit(1, 0);
  told.plan({}, 1, 0);
  StepPlan release;
  release.released = {SequenceId{1}};
  release.preempted = {{SequenceId{1}, PreemptionMode::kSwap}};
  told.plan(release, 2, 0);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 1);
  CHECK(told.report().memory.tokens == Approx(4 / 40.0));
  CHECK(told.report().num_preempted_by_swap == 0);
  told.execute(Step(2), 2);
  CHECK(told.report().memory.tokens == Approx(4 / 40.0 / 2));
  CHECK(told.report().num_preempted_by_swap == 1);
}

TEST_CASE("the plan of a step that failed takes effect with the next one that did not") {
  Told told;
  told.submit(1, 0);
  told.plan({}, 1, 0);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 1);
  StepPlan failed;
  failed.released = {SequenceId{1}};
  told.plan(failed, 2, 1);
  told.plan({}, 3, 2);
  told.execute(Step(3), 4);
  const Outcome outcome = told.report();
  CHECK(outcome.num_steps == 2);
  CHECK(outcome.seconds == 4);
  // Four slots of forty were held in the first of four seconds, and none since.
  CHECK(outcome.memory.tokens == Approx(4 * 1 / 4.0 / 40));
}

TEST_CASE("memory was the bound while sequences waited") {
  Told told;
  told.submit(1, 0);
  told.plan({}, 1, 0);
  told.execute(Step(1).start(1, 1).compute(1, 0, 4, {0}), 1, 3);
  CHECK_FALSE(told.report().was_bound);
  told.plan({}, 2, 1);
  told.execute(Step(2).compute(1, 4, 1, {0, 1}), 2, 3);
  CHECK(told.report().was_bound);
  CHECK(told.report().window_start_s == 1);
}
