// Who gives way when memory is short, how, and how they come back.
#include "src/scheduler/scheduler.hpp"
#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// Runs until there is nothing to plan. Answers how many plans that took; 100 when it did not end.
int run_to_rest(Scheduler& scheduler, Answers& answers) {
  int num_plans = 0;
  while (num_plans < 100) {
    auto plan = scheduler.plan(kStart);
    if (!plan) break;
    complete(scheduler, answers(std::move(*plan)), kStart);
    ++num_plans;
  }
  return num_plans;
}

/// Three choices, of which two fit the batch: the third has not started when the others have.
Request three_choices() {
  Request made = request(1, 6, 8);
  made.sampling.n = 3;
  made.sampling.ignore_eos = true;
  return made;
}

SchedulerConfig two_seats() {
  SchedulerConfig config = small_config();
  config.num_blocks = 20;
  config.num_host_blocks = 20;
  config.max_num_seqs = 2;
  config.preemption_mode = PreemptionMode::kSwap;
  return config;
}

void run_until_two_decode(Scheduler& scheduler, Answers& answers) {
  scheduler.submit(three_choices(), kStart);
  for (int step = 0; step < 3; ++step)
    complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  REQUIRE(scheduler.status().num_running == 2);
}

}  // namespace

TEST_CASE("choices that never started go on when all that was swapped out has been cancelled") {
  const bool ends_before_the_copy = GENERATE(true, false);
  Scheduler scheduler(two_seats());
  Answers answers(scheduler);
  run_until_two_decode(scheduler, answers);
  scheduler.preempt(RequestId{1}, PreemptionMode::kSwap);
  StepPlan out = *scheduler.plan(kStart);
  REQUIRE(out.preempted.size() == 2);
  const auto cancel_both = [&] {
    for (std::int32_t choice : {0, 1})
      scheduler.cancel(RequestId{1}, CancelReason::kStopMatched, kStart, choice);
  };
  if (ends_before_the_copy) cancel_both();
  complete(scheduler, answers(std::move(out)), kStart);
  if (!ends_before_the_copy) cancel_both();

  CHECK(scheduler.status().num_swapped == 0);
  CHECK(run_to_rest(scheduler, answers) < 100);
  CHECK(scheduler.is_idle());
  const auto events = scheduler.take_events();
  CHECK(events_of<RequestPreempted>(events).size() == 1);
  REQUIRE(events_of<RequestResumed>(events).size() == 1);
  CHECK(events_of<RequestResumed>(events).at(0).mode == PreemptionMode::kSwap);
  CHECK(events_of<RequestFinished>(events).at(0).reason == FinishReason::kLength);
}

TEST_CASE(
    "a choice that never started is told that it goes on when its siblings end on their way") {
  Scheduler scheduler(two_seats());
  Answers answers(scheduler);
  run_until_two_decode(scheduler, answers);
  scheduler.preempt(RequestId{1}, PreemptionMode::kSwap);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  StepPlan back = *scheduler.plan(kStart);
  REQUIRE(back.promotions.size() == 2);
  for (std::int32_t choice : {0, 1})
    scheduler.cancel(RequestId{1}, CancelReason::kClientCancelled, kStart, choice);
  complete(scheduler, answers(std::move(back)), kStart);

  CHECK(run_to_rest(scheduler, answers) < 100);
  CHECK(scheduler.is_idle());
  const auto events = scheduler.take_events();
  CHECK(events_of<RequestResumed>(events).size() == 1);
  CHECK(events_of<RequestFinished>(events).at(0).reason == FinishReason::kLength);
}

TEST_CASE("a request that is cancelled whole while it is swapped out leaves an idle scheduler") {
  Scheduler scheduler(two_seats());
  Answers answers(scheduler);
  run_until_two_decode(scheduler, answers);
  scheduler.preempt(RequestId{1}, PreemptionMode::kSwap);
  StepPlan out = *scheduler.plan(kStart);
  scheduler.cancel(RequestId{1}, CancelReason::kClientGone, kStart);
  CHECK_FALSE(scheduler.is_idle());  // The copy is under way.
  complete(scheduler, answers(std::move(out)), kStart);
  run_to_rest(scheduler, answers);
  CHECK(scheduler.is_idle());
  CHECK(scheduler.status().num_free_blocks == 20);
}

TEST_CASE("when blocks run out the latest arrival gives way and returns before anything new") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 10, 20), kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.submit(request(2, 10, 20), kStart);
  scheduler.submit(request(3, 10, 20), kStart);
  std::vector<SequenceId> preempted;
  std::vector<SequenceId> starts;
  while (auto plan = scheduler.plan(kStart)) {
    for (const auto& each : plan->preempted) preempted.push_back(each.id);
    for (const auto& start : plan->starts) starts.push_back(start.id);
    complete(scheduler, answers(*plan), kStart);
  }
  CHECK(preempted.at(0) == SequenceId{2});
  starts.resize(3);
  CHECK(starts == std::vector{SequenceId{2}, SequenceId{2}, SequenceId{3}});
  CHECK(events_of<RequestFinished>(scheduler.take_events()).size() == 3);
  CHECK(scheduler.status().num_free_blocks == 8);
}

TEST_CASE("a victim with room on the host is swapped, and comes back without a new start") {
  SchedulerConfig config = small_config();
  config.num_host_blocks = 8;
  config.preemption_mode = PreemptionMode::kSwap;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 10, 20), kStart);
  scheduler.submit(request(2, 10, 20), kStart);
  int num_starts = 0;
  std::vector<SequenceId> promoted;
  while (auto plan = scheduler.plan(kStart)) {
    num_starts += static_cast<int>(plan->starts.size());
    promoted.insert(promoted.end(), plan->promotions.begin(), plan->promotions.end());
    complete(scheduler, answers(std::move(*plan)), kStart);
  }
  CHECK(num_starts == 2);
  CHECK(promoted == std::vector{SequenceId{2}});
  CHECK(scheduler.status().num_preemptions_swap == 1);
  auto events = scheduler.take_events();
  CHECK(events_of<RequestPreempted>(events).at(0).mode == PreemptionMode::kSwap);
  CHECK(events_of<RequestResumed>(events).at(0).mode == PreemptionMode::kSwap);
  CHECK(events_of<RequestFinished>(events).size() == 2);
  CHECK(scheduler.is_idle());
}

TEST_CASE("the choices of a request give way together and come back together") {
  for (PreemptionMode mode : {PreemptionMode::kSwap, PreemptionMode::kRecompute}) {
    SchedulerConfig config = small_config();
    config.num_blocks = 10;
    config.num_host_blocks = 12;
    config.preemption_mode = mode;
    Scheduler scheduler(config);
    Answers answers(scheduler);
    scheduler.submit(request(1, 6, 30), kStart);
    Request three = request(2, 6, 8);
    three.sampling.n = 3;
    scheduler.submit(three, kStart);
    std::vector<std::size_t> gone;
    std::vector<std::size_t> promoted;
    while (auto plan = scheduler.plan(kStart)) {
      if (!plan->preempted.empty()) gone.push_back(plan->preempted.size());
      if (!plan->promotions.empty()) promoted.push_back(plan->promotions.size());
      for (const Preemption& each : plan->preempted) CHECK(each.mode == mode);
      complete(scheduler, answers(std::move(*plan)), kStart);
    }
    CHECK(gone == std::vector<std::size_t>{3});
    if (mode == PreemptionMode::kSwap) CHECK(promoted == std::vector<std::size_t>{3});
    const auto events = scheduler.take_events();
    CHECK(events_of<RequestPreempted>(events).size() == 1);
    CHECK(events_of<RequestResumed>(events).size() == 1);
    CHECK(events_of<RequestFinished>(events).size() == 2);
    CHECK(scheduler.is_idle());
  }
}

TEST_CASE("a beam search that stands still ends with the failed step that carried its tokens") {
  SchedulerConfig config = two_seats();
  config.num_blocks = 40;
  config.max_num_seqs = 4;
  config.max_steps_in_flight = 2;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  const auto answer = [&](StepPlan plan) {
    Answer made = answers(std::move(plan));
    for (SampledToken& each : made.sampled) each.top = {{1, -0.1F}, {2, -0.2F}, {4, -0.3F}};
    return made;
  };
  Request beams = request(1, 4, 20);
  beams.sampling.beam_width = 2;
  scheduler.submit(beams, kStart);
  scheduler.submit(request(2, 4, 20), kStart);
  StepPlan decodes;
  do {  // Until both decode, and the hypotheses of the first are in a step.
    decodes = *scheduler.plan(kStart);
    if (decodes.scheduled.size() < 3) complete(scheduler, answer(decodes), kStart);
  } while (decodes.scheduled.size() < 3);

  scheduler.preempt(RequestId{1}, PreemptionMode::kSwap);
  StepPlan swaps = *scheduler.plan(kStart);
  REQUIRE(swaps.preempted.size() == 2);
  complete(scheduler, answer(std::move(decodes)), kStart);
  Answer without_transfer = answer(std::move(swaps));
  without_transfer.transfers_finished.clear();
  complete(scheduler, without_transfer, kStart);

  const StepPlan carries = *scheduler.plan(kStart);
  REQUIRE(carries.appended.size() >= 2);
  scheduler.take_events();
  scheduler.fail(carries.id, Error{Errc::kEngineError, "the device fell over", ""}, kStart);
  CHECK(events_of<RequestFinished>(scheduler.take_events()).size() == 2);
}

TEST_CASE("a choice that had begun is no leader of twins when it computes its tokens again") {
  SchedulerConfig config = two_seats();
  config.max_num_batched_tokens = 5;
  config.enable_prefix_caching = false;  // All is computed again, in several steps.
  Scheduler scheduler(config);
  Answers answers(scheduler);
  Request three = request(1, 12, 8);
  three.sampling.n = 3;
  three.sampling.ignore_eos = true;
  scheduler.submit(three, kStart);
  bool was_preempted = false;
  int num_twins_after = 0;
  for (int step = 0; step < 60; ++step) {
    auto plan = scheduler.plan(kStart);
    if (!plan) break;
    for (const ScheduledSequence& each : plan->scheduled) {
      if (each.twin_of < 0) continue;
      CHECK(each.first_position == 12);  // Twins sample the first token after the prompt.
      num_twins_after += was_preempted ? 1 : 0;
    }
    complete(scheduler, answers(std::move(*plan)), kStart);
    if (step == 4) {
      scheduler.preempt(RequestId{1}, PreemptionMode::kRecompute);
      was_preempted = true;
    }
  }
  CHECK(num_twins_after == 0);
  CHECK(scheduler.is_idle());
  CHECK(events_of<RequestFinished>(scheduler.take_events()).size() == 1);
}
