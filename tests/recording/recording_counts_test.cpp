#include "src/recording/recording_counts.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

namespace {

RequestFinished finished(FinishReason reason, Usage usage = {}) {
  RequestFinished event;
  event.reason = reason;
  event.usage = usage;
  return event;
}

StepBatch batch_of(const std::vector<std::int32_t>& num_tokens) {
  StepBatch batch;
  for (std::int32_t each : num_tokens)
    batch.scheduled.push_back({SequenceId{1}, 0, each, true, -1});
  return batch;
}

}  // namespace

TEST_CASE("a run of nothing has means of zero") {
  const RecordingCounts counts;
  CHECK(counts.batch_mean() == 0.0);
  CHECK(counts.prefix_hit_fraction() == 0.0);
}

TEST_CASE("every request ends in one of the counts, by its reason") {
  struct Case {
    FinishReason reason;
    std::int64_t num_finished, num_cancelled, num_failed;
  };
  const auto each = GENERATE(values<Case>({{FinishReason::kStop, 1, 0, 0},
                                           {FinishReason::kLength, 1, 0, 0},
                                           {FinishReason::kSteered, 0, 1, 0},
                                           {FinishReason::kCancelled, 0, 1, 0},
                                           {FinishReason::kDeadline, 0, 1, 0},
                                           {FinishReason::kError, 0, 0, 1}}));
  RecordingCounts counts;
  counts.told(finished(each.reason), {});
  CHECK(counts.num_finished == each.num_finished);
  CHECK(counts.num_cancelled == each.num_cancelled);
  CHECK(counts.num_failed == each.num_failed);
  CHECK(counts.num_rejected == 0);
}

TEST_CASE("requests that are submitted, and those of them that are refused, are counted") {
  RecordingCounts counts;
  counts.submitted({});
  counts.submitted({});
  counts.told(RequestRejected{RequestId{1}, Error{}}, {});
  counts.told(RequestAccepted{RequestId{2}}, {});
  counts.told(TokensGenerated{}, {});
  CHECK(counts.num_requests == 2);
  CHECK(counts.num_rejected == 1);
  CHECK(counts.num_finished + counts.num_cancelled + counts.num_failed == 0);
}

TEST_CASE("tokens are summed over all that have ended, however they did") {
  RecordingCounts counts;
  counts.told(finished(FinishReason::kStop, {30, 5, 16}), {});
  counts.told(finished(FinishReason::kError, {10, 1, 4}), {});
  CHECK(counts.num_prompt_tokens == 40);
  CHECK(counts.num_output_tokens == 6);
  CHECK(counts.num_cached_tokens == 20);
  CHECK(counts.prefix_hit_fraction() == 0.5);
}

TEST_CASE("preempted sequences are counted by their mode") {
  RecordingCounts counts;
  StepPlan plan;
  plan.preempted = {{SequenceId{1}, PreemptionMode::kSwap},
                    {SequenceId{2}, PreemptionMode::kSwap},
                    {SequenceId{3}, PreemptionMode::kRecompute}};
  counts.planned(plan, {});
  CHECK(counts.num_preempted_by_swap == 2);
  CHECK(counts.num_preempted_by_recompute == 1);
}

TEST_CASE("a step that computes nothing is no batch, though the device may have worked") {
  RecordingCounts counts;
  StepResult result;
  result.elapsed = 250ms;
  counts.executed(batch_of({}), result, {}, 0);
  CHECK(counts.num_batches == 0);
  CHECK(counts.busy_seconds == 0.25);
  counts.executed(batch_of({3, 1, 0}), result, {}, 0);
  counts.executed(batch_of({5}), result, {}, 0);
  CHECK(counts.num_batches == 2);
  CHECK(counts.num_scheduled == 4);
  CHECK(counts.num_computed_tokens == 9);
  CHECK(counts.batch_mean() == 2.0);
  CHECK(counts.busy_seconds == 0.75);
}
