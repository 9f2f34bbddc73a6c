// A prompt that does not fit begins on what lies idle, and stands in nobody's way.
#include "src/scheduler/borrowing.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// 20 blocks of 4, of which one is the watermark.
SchedulerConfig twenty_blocks() {
  SchedulerConfig config = small_config();
  config.num_blocks = 20;
  return config;
}

/// A sequence that decodes runs, with one block and room for 19 tokens more: 5 blocks.
std::unique_ptr<SequenceGroup> run_one(Parts& parts, std::uint64_t id = 9) {
  auto group = make_group(id, 3);
  parts.run(*group);
  return group;
}

/// Needs all 20 blocks, so it does not fit beside anybody.
SequenceGroup& add_long_prompt(Parts& parts, std::uint64_t id = 1) {
  return parts.add(request(id, 77, 2));
}

StepPlan plan_entering(Parts& parts) {
  parts.planner.add_entering();
  return parts.take();
}

}  // namespace

TEST_CASE("the head of the queue begins on what those who run leave free") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  const StepPlan plan = plan_entering(parts);
  REQUIRE(plan.starts.size() == 1);
  CHECK(parts.queues.borrower() == &group);
  CHECK(group.first_scheduled.has_value());
  // 19 are free, and 5 are kept for the one that decodes.  CHECK(parts.credits.num_free() == 19 -
  // 14);
  CHECK(plan.starts[0].max_blocks == 14);
  CHECK(plan.scheduled == std::vector{ScheduledSequence{SequenceId{1}, 0, 10, false}});
}

TEST_CASE("nobody borrows") {
  SchedulerConfig config = twenty_blocks();
  Request asked = request(1, 77, 2);
  std::int32_t num_taken = 0;
  bool others_run = true;
  bool was_preempted = false;
  SECTION("where several choices share a prompt") { asked.sampling.n = 2; }
  SECTION("after a preemption, where nothing is kept of what it had computed") {
    was_preempted = true;
    config.enable_prefix_caching = false;
  }
  SECTION("without room for a chunk") { num_taken = 11; }
  SECTION("without a seat") { config.max_num_seqs = 1; }
  SECTION("where memory is contiguous") { config.kv_allocator = KvAllocator::kOrcaOracle; }
  SECTION("beside nobody, where there is nothing to wait for") { others_run = false; }
  Parts parts(config);
  std::unique_ptr<SequenceGroup> running;
  if (others_run) running = run_one(parts);
  parts.credits.promise(num_taken);
  SequenceGroup& group = parts.add(asked);
  group.num_preemptions = was_preempted ? 1 : 0;
  plan_entering(parts);
  CHECK(parts.queues.borrower() == nullptr);
}

TEST_CASE("one borrows at a time, and nobody passes it") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  add_long_prompt(parts);
  plan_entering(parts);
  add_long_prompt(parts, 2);
  parts.add(request(3, 4, 2));
  CHECK(plan_entering(parts).starts.empty());
  CHECK(parts.queues.num_waiting() == 2);
}

TEST_CASE("nobody borrows who has been answered something") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  group.sequences[0]->tokens.push_back(7);
  plan_entering(parts);
  CHECK(parts.queues.borrower() == nullptr);
}

TEST_CASE("each time that a prompt had to give way it leaves twice as much to grow into") {
  SchedulerConfig config = twenty_blocks();
  config.num_blocks = 200;
  Parts parts(config);
  auto running = make_group(9, 3);
  running->sequences[0]->sampling.max_tokens = 1000;
  parts.run(*running);  // Three of its first four slots are full.
  SequenceGroup& group = add_long_prompt(parts);
  const Borrowing borrowing(parts.config, parts.credits, parts.queues);
  CHECK(borrowing.room(group) == 199 - 16);
  group.num_preemptions = 1;
  CHECK(borrowing.room(group) == 199 - 32);
  group.num_preemptions = 2;
  CHECK(borrowing.room(group) == 199 - 64);
  group.num_preemptions = 1000;
  CHECK(borrowing.room(group) == 199 - 250);
}

TEST_CASE("a borrower goes on as far as there is room, and leaves what others need") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  plan_entering(parts);
  parts.credits.give_back(0);
  Sequence& sequence = *group.sequences[0];
  sequence.status = SequenceStatus::kRunning;
  sequence.num_blocks = 3;
  sequence.num_planned_tokens = 10;
  // 5 of the blocks it was promised are there for it.
  parts.credits.promise(-5);
  auto begun = make_group(8, 20);  // Needs five blocks and has two.
  parts.queues.add(*begun);
  parts.queues.run(*begun);
  let_run(*begun->sequences[0], 8);
  CHECK(Borrowing(parts.config, parts.credits, parts.queues).room(group) == 10 - 3 - 5);
  parts.builder.limit_prefill(100);
  parts.planner.add_prefills();
  const StepPlan plan = parts.take();
  REQUIRE(plan.scheduled.size() == 1);  // The budget of ten is the borrower's, who came first.
  CHECK(plan.scheduled[0] == ScheduledSequence{SequenceId{1}, 10, 10, false});
}

TEST_CASE("a borrower gives way before anybody else") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts, 9);
  SequenceGroup& group = add_long_prompt(parts);
  plan_entering(parts);
  const auto later = run_one(parts, 99);  // Last in the running order.
  CHECK(&parts.queues.victim() == &group);
  parts.queues.settle();
  CHECK(&parts.queues.victim() == later.get());
}

TEST_CASE("a borrower gives way as soon as what a prompt before it needs is no longer free") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  plan_entering(parts);
  auto begun = make_group(8, 24);  // Six blocks, and five are free.
  parts.queues.add(*begun);
  parts.queues.run(*begun);
  let_run(*begun->sequences[0], 0);
  CHECK(Borrowing(parts.config, parts.credits, parts.queues).is_called_in());
  parts.planner.add_prefills();
  CHECK(group.status == GroupStatus::kPreempted);
  CHECK(parts.queues.borrower() == nullptr);
}

TEST_CASE("it borrows no longer") {
  Parts parts(twenty_blocks());
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  plan_entering(parts);
  Borrowing borrowing(parts.config, parts.credits, parts.queues);
  borrowing.settle();
  REQUIRE(parts.queues.borrower() == &group);
  SECTION("when there is room for the rest of its prompt") {
    parts.credits.promise(-2);  // 14 of its 20 blocks are promised, and seven are free.
    borrowing.settle();
    CHECK(parts.queues.borrower() == nullptr);
  }
  SECTION("but not when that would take the watermark") {
    parts.credits.promise(-1);
    borrowing.settle();
    CHECK(parts.queues.borrower() == &group);
  }
  SECTION("when it is alone, with no watermark to keep") {
    parts.queues.remove(*running);
    parts.credits.promise(-1);
    borrowing.settle();
    CHECK(parts.queues.borrower() == nullptr);
  }
  SECTION("when all of its prompt is computed") {
    let_run(*group.sequences[0], 77);
    parts.credits.promise(parts.credits.num_free());
    borrowing.settle();
    CHECK(parts.queues.borrower() == nullptr);
  }
  SECTION("when it has ended") {
    parts.requests.end_request(group, FinishReason::kCancelled, kStart);
    CHECK(parts.queues.borrower() == nullptr);
  }
}

TEST_CASE("who is more urgent enters before a borrower, who gives way for it") {
  SchedulerConfig config = twenty_blocks();
  config.queue_policy = QueuePolicyName::kPriority;
  Parts parts(config);
  const auto running = run_one(parts);
  SequenceGroup& group = add_long_prompt(parts);
  plan_entering(parts);
  Request urgent = request(2, 16, 2);
  urgent.priority = -1;
  SECTION("when it fits into what was not lent") {
    const StepPlan plan = plan_entering((parts.add(urgent), parts));
    REQUIRE(plan.starts.size() == 1);
    CHECK(plan.starts[0].request == RequestId{2});
    CHECK(parts.queues.borrower() == &group);
  }
  SECTION("when it fits with what was lent: with the plan after") {
    urgent = request(2, 30, 2);
    urgent.priority = -1;
    parts.add(urgent);
    CHECK(plan_entering(parts).starts.empty());
    parts.planner.add_prefills();
    CHECK(group.status == GroupStatus::kPreempted);
  }
  SECTION("but not for one that would not fit even then") {
    urgent = request(2, 76, 2);
    urgent.priority = -1;
    parts.add(urgent);
    CHECK(plan_entering(parts).starts.empty());
    parts.planner.add_prefills();
    CHECK(parts.queues.borrower() == &group);
  }
}

namespace {

struct Run {
  std::int32_t num_steps = 0;
  std::int32_t num_preempted = 0;
  std::int32_t first_of_second = -1;  ///< The step that began the second prompt.
  std::int32_t end_of_first = -1;
};

/// Two requests through the whole ring, until both have ended.
Run run_two(const SchedulerConfig& config, const Request& first, const Request& second) {
  Scheduler scheduler(config);
  Answers answers(scheduler);
  scheduler.submit(first, kStart);
  scheduler.submit(second, kStart);
  Run run;
  while (!scheduler.is_idle()) {
    const auto plan = scheduler.plan(kStart);
    REQUIRE(plan.has_value());
    for (const SequenceStart& each : plan->starts) {
      if (each.request == second.id && run.first_of_second < 0) run.first_of_second = run.num_steps;
    }
    complete(scheduler, answers(*plan), kStart);
    ++run.num_steps;
    auto events = scheduler.take_events();
    run.num_preempted += static_cast<std::int32_t>(events_of<RequestPreempted>(events).size());
    for (const RequestFinished& each : events_of<RequestFinished>(std::move(events))) {
      CHECK(each.reason == FinishReason::kLength);
      if (each.request == first.id) run.end_of_first = run.num_steps;
    }
    REQUIRE(run.num_steps < 1000);
  }
  return run;
}

}  // namespace

TEST_CASE("the next prompt is computed while the one before it decodes, which is not slowed down") {
  SchedulerConfig config = twenty_blocks();
  const Request first = request(1, 20, 16);
  const Request second = request(2, 60, 4);  // 15 blocks, beside 5 that grow to 9.
  const Run alone = run_two(config, first, request(2, 1, 1));
  const Run both = run_two(config, first, second);
  CHECK(both.first_of_second < both.end_of_first);
  CHECK(both.end_of_first == alone.end_of_first);
  CHECK(both.num_preempted == 0);
}

TEST_CASE("one that outgrows what was kept for it takes the borrowed blocks back") {
  SchedulerConfig config = twenty_blocks();
  config.max_num_batched_tokens = 40;
  const Request first = request(1, 4, 75);  // Grows to the whole pool.
  const Request second = request(2, 76, 4);
  const Run both = run_two(config, first, second);
  const Run alone = run_two(config, first, request(2, 1, 1));
  CHECK(both.end_of_first - alone.end_of_first <= 2);  // A step, and the one that gives back.
  CHECK(both.num_preempted <= 1);
}
