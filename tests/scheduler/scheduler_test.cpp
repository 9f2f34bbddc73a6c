#include "src/scheduler/scheduler.hpp"

#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

TEST_CASE("a sequence larger than the pool is rejected at admission") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 10, 30), kStart);
  auto rejected = events_of<RequestRejected>(scheduler.take_events());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].error.code == Errc::kContextLengthExceeded);
  CHECK(scheduler.is_idle());
}

TEST_CASE("a prompt as long as the context is rejected, one shorter is not") {
  SchedulerConfig config = small_config();
  config.num_blocks = 100;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 100, 1), kStart);
  scheduler.submit(request(2, 99, 1), kStart);
  auto rejected = events_of<RequestRejected>(scheduler.take_events());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].request == RequestId{1});
}

TEST_CASE("a full queue refuses with a code that says try again") {
  SchedulerConfig config = small_config();
  config.max_num_waiting = 1;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 2, 2), kStart);
  scheduler.submit(request(2, 2, 2), kStart);
  auto rejected = events_of<RequestRejected>(scheduler.take_events());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].error.code == Errc::kQueueFull);
}

TEST_CASE("a long prompt is cut into chunks of the budget and samples only at its end") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 23, 2), kStart);
  StepPlan first = *scheduler.plan(kStart);
  CHECK(first.starts.size() == 1);
  CHECK(first.scheduled == std::vector{ScheduledSequence{SequenceId{1}, 0, 10, false}});
  complete(scheduler, answers(first), kStart);
  StepPlan second = *scheduler.plan(kStart);
  CHECK(second.scheduled == std::vector{ScheduledSequence{SequenceId{1}, 10, 10, false}});
  complete(scheduler, answers(second), kStart);
  CHECK(scheduler.plan(kStart)->scheduled ==
        std::vector{ScheduledSequence{SequenceId{1}, 20, 3, true}});
}

TEST_CASE("decodes come before prompts in every step") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 8), kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.submit(request(2, 12, 2), kStart);
  StepPlan plan = *scheduler.plan(kStart);
  REQUIRE(plan.scheduled.size() == 2);
  CHECK(plan.scheduled[0] == ScheduledSequence{SequenceId{1}, 4, 1, true});
  CHECK(plan.scheduled[1] == ScheduledSequence{SequenceId{2}, 0, 9, false});
}

TEST_CASE("while streams run, a step takes no more prefill than its time allows") {
  SchedulerConfig config = small_config();
  config.num_blocks = 1000;
  config.max_model_len = 4000;
  config.max_num_batched_tokens = 1000;
  config.target_step_time = 100ms;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 100, 8), kStart);
  StepPlan first = *scheduler.plan(kStart);
  Answer result = answers(first);
  result.elapsed = 200ms;  // 2 ms a token
  complete(scheduler, result, kStart);
  scheduler.submit(request(2, 900, 8), kStart);
  StepPlan plan = *scheduler.plan(kStart);
  REQUIRE(plan.scheduled.size() == 2);
  CHECK(plan.scheduled[1].num_tokens == 49);
}

TEST_CASE("a batch full of decodes still lets a newcomer's prompt move") {
  SchedulerConfig config = small_config();
  config.num_blocks = 1000;
  config.max_model_len = 4000;
  config.max_num_seqs = 100;
  config.max_num_batched_tokens = 1000;
  config.target_step_time = 10ms;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  for (std::uint64_t id = 1; id <= 60; ++id) scheduler.submit(request(id, 2, 8), kStart);
  StepPlan first = *scheduler.plan(kStart);
  Answer result = answers(first);
  result.elapsed = 200ms;  // Ten milliseconds are less than a token.
  complete(scheduler, result, kStart);
  scheduler.submit(request(61, 100, 8), kStart);
  StepPlan plan = *scheduler.plan(kStart);
  REQUIRE(plan.scheduled.size() == 61);
  CHECK(plan.scheduled.back() == ScheduledSequence{SequenceId{61}, 0, 16, false});
}

TEST_CASE("two steps in flight plan the second before the first token is known") {
  SchedulerConfig config = small_config();
  config.max_steps_in_flight = 2;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 4), kStart);
  StepPlan start = *scheduler.plan(kStart);
  // What is cached of a sequence is known when its first step has come round.
  CHECK_FALSE(scheduler.plan(kStart).has_value());
  complete(scheduler, answers(start), kStart);
  StepPlan first = *scheduler.plan(kStart);
  StepPlan second = *scheduler.plan(kStart);
  CHECK(first.scheduled == std::vector{ScheduledSequence{SequenceId{1}, 4, 1, true}});
  CHECK(second.scheduled == std::vector{ScheduledSequence{SequenceId{1}, 5, 1, true}});
  CHECK_FALSE(scheduler.plan(kStart).has_value());
  complete(scheduler, answers(first), kStart);
  CHECK(scheduler.plan(kStart)->scheduled ==
        std::vector{ScheduledSequence{SequenceId{1}, 6, 1, true}});
}

TEST_CASE("no step is planned beyond max_tokens, whatever is in flight") {
  SchedulerConfig config = small_config();
  config.max_steps_in_flight = 2;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 1), kStart);
  StepPlan only = *scheduler.plan(kStart);
  CHECK_FALSE(scheduler.plan(kStart).has_value());
  complete(scheduler, answers(only), kStart);
  auto finished = events_of<RequestFinished>(scheduler.take_events());
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].reason == FinishReason::kLength);
  CHECK(finished[0].usage.num_completion_tokens == 1);
}

TEST_CASE("an EOS ends a sequence but not before min_tokens, nor when ignored") {
  SchedulerConfig config = small_config();
  config.eos_token_ids = {1};
  const auto tokens_until_end = [&](auto change) {
    Scheduler scheduler(config);
    Answers answers(scheduler);
    Request made = request(1, 4, 6);
    change(made.sampling);
    scheduler.submit(made, kStart);
    while (auto plan = scheduler.plan(kStart)) complete(scheduler, answers(*plan), kStart);
    return events_of<RequestFinished>(scheduler.take_events()).at(0).usage.num_completion_tokens;
  };
  CHECK(tokens_until_end([](SamplingParams&) {}) == 1);
  CHECK(tokens_until_end([](SamplingParams& s) { s.min_tokens = 3; }) == 4);
  CHECK(tokens_until_end([](SamplingParams& s) { s.ignore_eos = true; }) == 6);
  CHECK(tokens_until_end([](SamplingParams& s) { s.ignore_eos = true, s.stop_token_ids = {1}; }) ==
        1);
}

TEST_CASE("a cancelled request is released with the very next plan") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 8), kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.cancel(RequestId{1}, CancelReason::kClientGone, kStart);
  StepPlan plan = *scheduler.plan(kStart);
  CHECK(plan.released == std::vector{SequenceId{1}});
  CHECK(plan.scheduled.empty());
  complete(scheduler, answers(plan), kStart);
  CHECK(scheduler.is_idle());
  CHECK(scheduler.status().num_free_blocks == 8);
}

TEST_CASE("a cancel of an unknown or ended request does nothing") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.cancel(RequestId{7}, CancelReason::kClientGone, kStart);
  CHECK(scheduler.take_events().empty());
}

TEST_CASE("one choice of a group can stop while the others go on") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  Request made = request(1, 2, 3);
  made.sampling.n = 2;
  scheduler.submit(made, kStart);
  for (int i = 0; i < 2; ++i) complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.cancel(RequestId{1}, CancelReason::kStopMatched, kStart, 0);
  while (auto plan = scheduler.plan(kStart)) complete(scheduler, answers(*plan), kStart);
  auto events = scheduler.take_events();
  CHECK(events_of<RequestFinished>(events).at(0).usage.num_completion_tokens == 4);
  CHECK(events_of<TokensGenerated>(events).back().choice == 1);
}

TEST_CASE("a request past its deadline ends with that reason") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  Request made = request(1, 4, 8);
  made.deadline = kStart + 1s;
  scheduler.submit(made, kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.plan(kStart + 2s);
  CHECK(events_of<RequestFinished>(scheduler.take_events()).at(0).reason ==
        FinishReason::kDeadline);
}

TEST_CASE("a failed step ends what the engine had begun and leaves the queue standing") {
  SchedulerConfig config = small_config();
  config.max_num_seqs = 1;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 8), kStart);
  scheduler.submit(request(2, 4, 2), kStart);
  StepPlan plan = *scheduler.plan(kStart);
  scheduler.fail(plan.id, Error{Errc::kEngineError, "broken", ""}, kStart);
  auto finished = events_of<RequestFinished>(scheduler.take_events());
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].error->detail == "broken");
  while (auto next = scheduler.plan(kStart)) complete(scheduler, answers(*next), kStart);
  CHECK(events_of<RequestFinished>(scheduler.take_events()).at(0).request == RequestId{2});
}

TEST_CASE("requests without a seed draw different ones, a given seed stays") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 2, 2), kStart);
  scheduler.submit(request(2, 2, 2), kStart);
  Request seeded = request(3, 2, 2);
  seeded.sampling.seed = 42;
  scheduler.submit(seeded, kStart);
  StepPlan plan = *scheduler.plan(kStart);
  REQUIRE(plan.starts.size() == 3);
  CHECK(plan.starts[0].sampling.seed != plan.starts[1].sampling.seed);
  CHECK(plan.starts[2].sampling.seed == 42);
}

TEST_CASE("a deadline that the prompts ahead leave no time for is refused with the reason") {
  SchedulerConfig config = small_config();
  config.num_blocks = 1000;
  config.max_model_len = 4000;
  config.max_num_batched_tokens = 100;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(request(1, 100, 8), kStart);
  Answer result = answers(*scheduler.plan(kStart));
  result.elapsed = 100ms;  // 1 ms a token
  complete(scheduler, result, kStart);
  scheduler.submit(request(2, 500, 8), kStart);
  scheduler.take_events();
  Request late = request(3, 10, 8);
  late.deadline = kStart + 100ms;
  scheduler.submit(late, kStart);
  auto rejected = events_of<RequestRejected>(scheduler.take_events());
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].error.code == Errc::kDeadlineExceeded);
  late.id = RequestId{4};
  late.deadline = kStart + 400ms;  // 510 tokens take 510 ms.
  scheduler.submit(late, kStart);
  CHECK(events_of<RequestRejected>(scheduler.take_events()).size() == 1);
  late.id = RequestId{5};
  late.deadline = kStart + 10s;
  scheduler.submit(late, kStart);
  CHECK(events_of<RequestRejected>(scheduler.take_events()).empty());
}

TEST_CASE("by priority the more urgent goes first, and fairly the one who was served less") {
  const auto order_of = [](QueuePolicyName policy) {
    SchedulerConfig config = small_config();
    config.num_blocks = 100;
    config.max_num_seqs = 1;
    config.queue_policy = policy;
    Scheduler scheduler(config);
    Answers answers(scheduler);
    for (std::uint64_t id = 1; id <= 4; ++id) {
      Request made = request(id, 6, 3);
      made.priority = id == 3 ? -1 : 0;
      made.tenant = id == 4 ? 2 : 1;  // Three of one tenant, then one of another.
      scheduler.submit(made, kStart);
    }
    std::vector<std::uint64_t> order;
    while (auto plan = scheduler.plan(kStart)) {
      for (const auto& start : plan->starts) order.push_back(start.request.value);
      complete(scheduler, answers(std::move(*plan)), kStart);
    }
    return order;
  };
  CHECK(order_of(QueuePolicyName::kFcfs) == std::vector<std::uint64_t>{1, 2, 3, 4});
  CHECK(order_of(QueuePolicyName::kPriority) == std::vector<std::uint64_t>{3, 1, 2, 4});
  CHECK(order_of(QueuePolicyName::kFair) == std::vector<std::uint64_t>{1, 4, 2, 3});
}

TEST_CASE(
    "a prompt of a hundred thousand tokens holds a running stream up by no more than a step") {
  SchedulerConfig config = small_config();
  config.num_blocks = 40'000;
  config.max_model_len = 120'000;
  config.max_num_batched_tokens = 8192;
  config.target_step_time = 50ms;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  const auto step = [&](StepPlan plan) {
    std::int32_t num_tokens = 0;
    for (const ScheduledSequence& each : plan.scheduled) num_tokens += each.num_tokens;
    Answer result = answers(std::move(plan));
    result.elapsed = std::chrono::microseconds(100) * num_tokens;
    complete(scheduler, result, kStart);
    return num_tokens;
  };
  scheduler.submit(request(1, 4000, 300), kStart);
  step(*scheduler.plan(kStart));  // Measures the rate.
  scheduler.submit(request(2, 100'000, 2), kStart);
  std::int32_t num_prompt_tokens = 0;
  int num_steps = 0;
  while (num_prompt_tokens < 100'000) {
    StepPlan plan = *scheduler.plan(kStart);
    ++num_steps;
    REQUIRE(plan.scheduled.at(0).id == SequenceId{1});  // The stream is in every step,
    CHECK(plan.scheduled.at(0).num_tokens == 1);
    const std::int32_t num_tokens = step(std::move(plan));
    CHECK(num_tokens <= 550);  // and no step takes much more than 50 ms.
    num_prompt_tokens += num_tokens - 1;
  }
  CHECK(num_steps >= 100'000 / 550);
}

TEST_CASE("a sequence that could not be computed ends its own request and no other") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  scheduler.submit(request(1, 4, 8), kStart);
  scheduler.submit(request(2, 4, 8), kStart);
  Answer result = answers(*scheduler.plan(kStart));
  result.failed.push_back({SequenceId{2}, Error{Errc::kInvalidValue, "no such token", "input"}});
  complete(scheduler, result, kStart);
  const auto events = scheduler.take_events();
  const auto finished = events_of<RequestFinished>(events);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].request == RequestId{2});
  CHECK(finished[0].error->detail == "no such token");
  for (const auto& tokens : events_of<TokensGenerated>(events)) {
    if (tokens.request == RequestId{2}) CHECK(tokens.tokens.empty());
  }
  CHECK(scheduler.plan(kStart)->scheduled.size() == 1);
}

TEST_CASE("a deadline is over at its very moment") {
  Scheduler scheduler(small_config());
  Answers answers(scheduler);
  Request timed = request(1, 4, 8);
  timed.deadline = kStart + 10ms;
  scheduler.submit(timed, kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  scheduler.plan(kStart + 10ms);
  const auto finished = events_of<RequestFinished>(scheduler.take_events());
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].reason == FinishReason::kDeadline);
}

TEST_CASE("prompts that the cache mostly has are expected to take less time") {
  SchedulerConfig config = small_config();
  config.num_blocks = 1000;
  config.max_model_len = 4000;
  config.max_num_batched_tokens = 100;
  Scheduler scheduler(config);
  Answers answers(scheduler);
  const auto is_refused = [&](std::uint64_t id) {
    Request late = request(7, 90, 1);
    late.id = RequestId{id};
    late.deadline = kStart + 60ms;  // Without the cache its prompt takes 90 ms.
    scheduler.submit(late, kStart);
    const bool refused = !events_of<RequestRejected>(scheduler.take_events()).empty();
    while (auto plan = scheduler.plan(kStart)) {
      Answer answer = answers(std::move(*plan));
      answer.elapsed = 100ms;
      complete(scheduler, answer, kStart);
    }
    return refused;
  };
  const auto compute = [&](std::uint64_t id) {
    Request same = request(7, 90, 1);
    same.id = RequestId{id};
    scheduler.submit(same, kStart);
    while (auto plan = scheduler.plan(kStart)) {
      std::int32_t num_tokens = 0;
      for (const ScheduledSequence& each : plan->scheduled) num_tokens += each.num_tokens;
      Answer answer = answers(std::move(*plan));
      answer.elapsed = num_tokens * 1ms;
      complete(scheduler, answer, kStart);
    }
  };
  compute(1);
  CHECK(is_refused(100));
  for (std::uint64_t id = 2; id < 40; ++id) compute(id);  // Found in the cache but for its end.
  CHECK_FALSE(is_refused(200));
}
